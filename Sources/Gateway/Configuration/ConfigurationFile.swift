package import Foundation
package import LockCore
package import LockDrivers
package import LockTransport

/// `bitting.yaml` as it was read: checked for form and for what refers to what; nothing is opened yet.
package struct ConfigurationFile {
  /// One serial line.
  package struct Line {
    package var name: String
    package var port: PortSelector
    package var baud: Int
    package var rs485: SerialPort.RS485?
    package var devices: [Device]
  }

  /// One device on a line.
  package struct Device {
    /// How its key is had.
    package enum Security {
      case required(OSDPKey)
      case install
      case plain
    }
    package var name: String
    package var address: UInt8
    package var security: Security
  }

  /// One door on a line.
  package struct Door {
    package var name: String
    package var line: String
    package var configuration: DoorConfiguration
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
    /// How clients reach this gateway; nil to use the host that each request names.
    package var baseURL: String?
    /// The origins whose pages may ask from a browser, in lower case.
    package var corsOrigins: Set<String> = []
    /// How many times the published limits a device may be asked; nil for without limits.
    package var rateLimitScale: Int? = 1
    /// How long a client may take to send the head of a request.
    package var requestTimeout = Duration.seconds(10)

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

  package var siteName: String
  package var timeZone: String
  package var api: API
  /// How many codes are kept ready on a lock whose backup pool is on.
  package var backupPoolSize: Int
  /// How many days events are kept.
  package var keepDays: Int
  package var bluetooth: Bluetooth
  package var lines: [Line]
  package var doors: [Door]

  /// Reads a file.
  package init(path: String) throws(StartFault) {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw StartFault(
        .configuration, "\(path):0: cannot be read; check that the file is there, is UTF-8 text and may be read")
    }
    do {
      try self.init(text, directory: URL(fileURLWithPath: path).deletingLastPathComponent())
    } catch {
      throw StartFault(.configuration, "\(path):\(error.line): \(error.message)")
    }
  }

  /// Reads a file's text; key files are looked for relative to `directory`.
  package init(_ text: String, directory: URL) throws(ConfigurationFault) {
    let root = try ConfigurationNode.parse(text).members([
      "site", "api", "access_codes", "events", "bluetooth", "lines", "doors",
    ])
    let site = try root.required("site", "add 'site:' with 'name:' and 'time_zone:'").members(["name", "time_zone"])
    self.siteName = try site.required("name", "add the name of the site").text()
    let zone = try site.required("time_zone", "add the site's IANA time zone, for example Europe/Berlin")
    self.timeZone = try zone.text()
    guard self.timeZone == "UTC" || TimeZone.knownTimeZoneIdentifiers.contains(self.timeZone) else {
      throw zone.fault("'\(self.timeZone)' is no IANA time zone; write for example Europe/Berlin")
    }
    self.api = try root["api"].map(Self.api) ?? API()
    let codes = try root["access_codes"]?.members(["backup_pool_size"])
    self.backupPoolSize = try codes?["backup_pool_size"]?.integer(in: 1...10) ?? 3
    // At least as long as a webhook's receiver is tried with an event.
    self.keepDays = try root["events"]?.members(["keep_days"])["keep_days"]?.integer(in: 2...3650) ?? 90
    self.bluetooth = try root["bluetooth"].map(Self.bluetooth) ?? Bluetooth()
    self.lines = []
    var devices: [String: (line: Int, address: UInt8)] = [:]
    for node in try root["lines"]?.elements() ?? [] {
      let line = try Self.line(node, directory: directory)
      guard !self.lines.contains(where: { $0.name == line.name }) else {
        throw node.fault("another line is called '\(line.name)' too; give each its own name")
      }
      guard !self.lines.contains(where: { $0.port == line.port }) else {
        throw node.fault("another line has the port \(line.port) too; put the devices of one port on one line")
      }
      for device in line.devices {
        guard devices[device.name] == nil else {
          throw node.fault("another device is called '\(device.name)' too; give each its own name")
        }
        devices[device.name] = (self.lines.count, device.address)
      }
      self.lines.append(line)
    }
    self.doors = []
    for node in try root["doors"]?.elements() ?? [] {
      let door = try Self.door(node, devices: devices, lines: self.lines)
      guard !self.doors.contains(where: { $0.name == door.name }) else {
        throw node.fault("another door is called '\(door.name)' too; give each its own name")
      }
      if let other = self.doors.first(where: { $0.sharesParts(with: door) }) {
        throw node.fault("door '\(other.name)' has the same reader or the same strike; each door needs its own")
      }
      self.doors.append(door)
    }
  }

  private static func line(_ node: ConfigurationNode, directory: URL) throws(ConfigurationFault) -> Line {
    let members = try node.members(["name", "port", "baud", "rs485", "protocol", "devices"])
    let protocolNode = try members.required("protocol", "add 'protocol: osdp'")
    _ = try protocolNode.choice(["osdp": ()])
    var devices: [Device] = []
    for node in try members.required("devices", "add the devices on the line").elements() {
      let device = try Self.device(node, directory: directory)
      guard !devices.contains(where: { $0.address == device.address }) else {
        throw node.fault("another device of this line has address \(device.address) too; give each its own")
      }
      devices.append(device)
    }
    return Line(
      name: try members.required("name", "add a name for the line").text(),
      port: try Self.port(
        try members.required("port", "add the serial device, for example { usb_serial: \"FT1234\" }")),
      baud: try members["baud"]?.integer(in: 300...4_000_000) ?? 9600,
      rs485: try members["rs485"].flatMap(Self.rs485), devices: devices)
  }

  /// Whether the port's own driver switches the direction of the line; USB adapters do that themselves.
  private static func rs485(_ node: ConfigurationNode) throws(ConfigurationFault) -> SerialPort.RS485? {
    if node.isScalar { return try node.flag() ? SerialPort.RS485() : nil }
    let members = try node.members(["rts_on_send", "delay_before_send", "delay_after_send"])
    func milliseconds(_ key: String) throws(ConfigurationFault) -> UInt32 {
      UInt32(try members[key]?.duration(in: .zero...(.milliseconds(100))).wholeMilliseconds ?? 0)
    }
    return SerialPort.RS485(
      rtsOnSend: try members["rts_on_send"]?.flag() ?? true, delayBeforeSend: try milliseconds("delay_before_send"),
      delayAfterSend: try milliseconds("delay_after_send"))
  }

  private static func device(_ node: ConfigurationNode, directory: URL) throws(ConfigurationFault) -> Device {
    let members = try node.members(["name", "address", "secure_channel", "key_file"])
    enum Mode { case required, install, plain }
    let mode =
      try members["secure_channel"]?.choice(["required": .required, "install": .install, "plain": .plain])
      ?? Mode.required
    let security: Device.Security
    switch mode {
    case .required:
      let file = try members.required(
        "key_file", "secure_channel 'required' needs the device's key; a new device gets one with 'install'")
      security = .required(try Self.key(file, directory: directory))
    case .install: security = .install
    case .plain: security = .plain
    }
    if mode != .required, let file = members["key_file"] {
      throw file.fault("goes with 'secure_channel: required' only; leave it out")
    }
    return Device(
      name: try members.required("name", "add a name for the device").text(),
      address: UInt8(try members.required("address", "add its address, 0 to 126").integer(in: 0...126)),
      security: security)
  }

  private static func key(_ node: ConfigurationNode, directory: URL) throws(ConfigurationFault) -> OSDPKey {
    let path = try node.text()
    // Said without the path: it is a key, and keys are never shown.
    guard path.count != 32 || !path.allSatisfy(\.isHexDigit) else {
      throw node.fault("this is a key itself; write it into a file and name that file here")
    }
    let url = URL(fileURLWithPath: path, relativeTo: directory)
    guard let text = try? String(contentsOf: url, encoding: .utf8) else {
      throw node.fault("'\(url.path)' cannot be read; put the device's key there, 32 hex digits")
    }
    let digits = text.filter { !$0.isWhitespace }
    var bytes: [UInt8] = []
    var rest = digits[...]
    while let byte = UInt8(rest.prefix(2), radix: 16), rest.count >= 2 {
      bytes.append(byte)
      rest = rest.dropFirst(2)
    }
    guard rest.isEmpty, bytes.count == 16 else {
      throw node.fault("'\(url.path)' does not hold a key; write 32 hex digits and nothing else into it")
    }
    guard let key = OSDPKey(bytes) else {
      throw node.fault("'\(url.path)' holds a key that everybody knows; make one with 'openssl rand -hex 16'")
    }
    return key
  }
}
