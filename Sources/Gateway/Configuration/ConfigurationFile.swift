import Foundation
package import LockCore
package import LockDrivers
package import LockTransport

/// `bitting.yaml` as it was read: checked for form and for what refers to what; nothing is opened yet.
package struct ConfigurationFile {
  /// One serial line.
  package struct Line: Equatable, Sendable {
    /// Its name; identity for good.
    package var name: String
    /// Which serial port it is on.
    package var port: PortSelector
    /// Bits a second.
    package var baud: Int
    /// How the port's own driver switches the direction of the line; nil when it does not.
    package var rs485: SerialPort.RS485?
    /// What hangs on it.
    package var devices: [Device]
  }

  /// One device on a line.
  package struct Device: Equatable, Sendable {
    /// How its key is had.
    package enum Security: Equatable, Sendable {
      /// It has this key.
      case required(OSDPKey)
      /// It gets one from the gateway.
      case install
      /// It needs none: everything is said in clear.
      case plain
    }
    /// The name by which doors refer to it.
    package var name: String
    /// Its address on the line, 0 to 126.
    package var address: UInt8
    /// How its key is had.
    package var security: Security
    /// The file with its key, as the configuration names it; nil for none.
    package var keyFile: String?
    /// The serial number that it has; nil for whichever it first turns out to have.
    package var serial: UInt32?
  }

  /// One door on a line.
  package struct Door: Equatable, Sendable {
    /// Its name; identity for good.
    package var name: String
    /// Name of its line.
    package var line: String
    /// Its parts, and how they behave.
    package var configuration: DoorConfiguration
    /// How long PINs may be.
    package var codeLengths: [Int]
    /// True when the file leaves the lengths open.
    package var hasOpenLengths: Bool
    /// True when codes open that the door was not told of.
    package var takesOfflineCodes: Bool

    /// True when a PIN at one of the two would count at the other, or one would open the other.
    package func sharesParts(with other: Door) -> Bool {
      let (mine, theirs) = (self.configuration, other.configuration)
      return self.line == other.line
        && ((mine.reader.address, mine.reader.number) == (theirs.reader.address, theirs.reader.number)
          || (mine.strike.address, mine.strike.output) == (theirs.strike.address, theirs.strike.output))
    }
  }

  /// How the API is served.
  package struct API {
    /// Where it listens, `HOST:PORT` each.
    package var listen = ["127.0.0.1:8471"]
    /// Path of its unix socket, or `none`; nil for the usual place.
    package var socket: String?
    /// How clients reach this gateway; nil to use the host that each request names.
    package var baseURL: String?
    /// The origins whose pages may ask from a browser, in lower case.
    package var corsOrigins: Set<String> = []
    /// How many times the published limits a device may be asked; nil for without limits.
    package var rateLimitScale: Int? = 1
    /// How long a client may take to send the head of a request.
    package var requestTimeout = Duration.seconds(10)
    /// Shown to clients over TCP; nil for plain HTTP.
    package var tls: TLS?
    /// True when other machines may ask without TLS.
    package var allowsPlainHTTP = false

    /// The published limits, no origin, links to the host that was asked.
    package init() {}
  }

  /// The radio and how much of the locks' batteries it may use.
  package struct Bluetooth {
    /// The adapters to use; empty for any.
    package var adapters: [BluetoothAddress] = []
    /// The most links held at once by an adapter.
    package var maximumLinks = 5
    /// The most visits a day that nobody asked for, a lock.
    package var idleVisitsPerDay = 24

    /// Any adapter, five links, a visit an hour.
    package init() {}
  }

  /// Name of the workspace.
  package var siteName: String
  /// IANA name of the site's zone.
  package var timeZone: String
  /// How much is logged; the name of a level.
  package var logLevel: String
  /// How the API is served.
  package var api: API
  /// The file of the authorities that receivers of webhooks may have their certificates from, besides the system's.
  package var webhookAuthorities: String?
  /// How many codes are kept ready on a lock whose backup pool is on.
  package var backupPoolSize: Int
  /// How long what is over is remembered.
  package var retention: Retention
  /// The radio.
  package var bluetooth: Bluetooth
  /// The serial lines.
  package var lines: [Line]
  /// The doors at the lines.
  package var doors: [Door]
  /// What works and should be mended all the same.
  package var warnings: [ConfigurationFault]

  /// Where the configuration of an installed gateway stands.
  package static let standardPath = "/etc/bitting/bitting.yaml"

  /// Reads a file, and nothing on top of it.
  package init(path: String) throws(StartFault) {
    do {
      self = try ConfigurationSource(path: path, overlay: ConfigurationOverlay()).file()
    } catch {
      throw error.startFault(file: path)
    }
  }

  /// Reads what a configuration says; key files are looked for relative to `directory`.
  /// - Throws: every mistake that is found, in the order of the lines.
  init(_ root: ConfigurationNode, directory: URL) throws(ConfigurationFaults) {
    let findings = ConfigurationValues.Findings()
    findings.faults = Self.schema.faults(of: root)
    let values = ConfigurationValues(node: root, findings: findings)
    let site = values.section(RootKeys.site)
    self.siteName = site[SiteKeys.name]
    self.timeZone = site[SiteKeys.timeZone]
    self.logLevel = values.section(RootKeys.log)[LogKeys.level]
    self.api = Self.api(values.section(RootKeys.api), directory: directory)
    self.webhookAuthorities = values.section(RootKeys.webhooks).given(WebhookKeys.authorities)
      .map { Self.place(of: $0, from: directory) }
    self.backupPoolSize = values.section(RootKeys.accessCodes)[AccessCodeKeys.backupPoolSize]
    self.retention = Self.retention(values.section(RootKeys.retention))
    self.bluetooth = Self.bluetooth(values.section(RootKeys.bluetooth))
    (self.lines, self.doors, self.warnings) = ([], [], [])
    let devices = self.readLines(values.sections(RootKeys.lines), directory: directory)
    for part in values.sections(RootKeys.doors) {
      let door = Self.door(part, devices: devices, lines: self.lines)
      if !door.name.isEmpty, self.doors.contains(where: { $0.name == door.name }) {
        part.fault(DoorKeys.name, "another door is called '\(door.name)' too; give each its own name")
      }
      if !door.line.isEmpty, let other = self.doors.first(where: { $0.sharesParts(with: door) }) {
        part.fault("door '\(other.name)' has the same reader or the same strike; each door needs its own")
      }
      self.doors.append(door)
    }
    guard findings.faults.isEmpty else { throw ConfigurationFaults(findings.faults) }
    self.warnings = findings.warnings
  }

  /// - Returns: where each device hangs, by its name.
  private mutating func readLines(
    _ parts: [ConfigurationValues], directory: URL
  ) -> [String: (line: Int, address: UInt8)] {
    var devices: [String: (line: Int, address: UInt8)] = [:]
    for part in parts {
      let line = Self.line(part, directory: directory)
      if !line.name.isEmpty, self.lines.contains(where: { $0.name == line.name }) {
        part.fault(LineKeys.name, "another line is called '\(line.name)' too; give each its own name")
      }
      if line.port != .path(""), self.lines.contains(where: { $0.port == line.port }) {
        part.fault(
          LineKeys.port, "another line has the port \(line.port) too; put the devices of one port on one line")
      }
      for (device, part) in zip(line.devices, part.sections(LineKeys.devices)) where !device.name.isEmpty {
        if devices[device.name] != nil {
          part.fault(DeviceKeys.name, "another device is called '\(device.name)' too; give each its own name")
        }
        devices[device.name] = (self.lines.count, device.address)
      }
      self.lines.append(line)
    }
    return devices
  }
}
