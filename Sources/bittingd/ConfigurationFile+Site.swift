import Gateway
import LockCore
import LockDrivers
import LockTransport
import Logging
import OfflineCodes
import SyncEngine

extension ConfigurationFile {
  /// What is said of each door at the start.
  var described: [(name: String, nature: String)] {
    self.doors.map { door in
      let port = self.lines.first { $0.name == door.line }.map { "\($0.port)" } ?? ""
      return (door.name, "OSDP reader \(door.configuration.reader.address) on \(door.line), \(port)")
    }
  }

  /// The site that the file describes. Keys that the gateway chooses itself are made and kept in the store.
  func site(store: Store, logger: Logger) throws -> SiteDefinition {
    var site = SiteDefinition(name: self.siteName, timeZone: self.timeZone)
    site.backupPoolSize = self.backupPoolSize
    site.retention.events = .hours(24 * self.retention.eventDays)
    site.retention.audit = .hours(24 * self.retention.auditDays)
    site.retention.auditEntries = self.retention.auditEntries
    site.retention.attempts = .hours(24 * self.retention.attemptDays)
    site.retention.tenancies = .hours(24 * self.retention.slotHolderDays)
    let directory = PortDirectory.present()
    for line in self.lines {
      if let advice = directory.advice(on: line.port) { logger.warning("line \(line.name): \(advice)") }
      site.accounts.append(.init(key: line.name, kind: "OSDP line"))
      var devices: [OSDPBus.Device] = []
      for device in line.devices {
        let name = "\(line.name)/\(device.address)"
        if let serial = device.serial { try store.expect(serial: serial, of: name) }
        let known = try store.wireIdentity(of: name) ?? device.serial.map { WireIdentity(maker: nil, serial: $0) }
        devices.append(
          OSDPBus.Device(
            address: device.address, keyMode: try self.keyMode(of: device, on: line, store: store, logger: logger),
            identity: known))
      }
      let doors = self.doors.filter { $0.line == line.name }
      for door in doors {
        var lock = SiteDefinition.Lock(
          key: door.name, account: line.name, deviceType: "edge_lock", manufacturer: "Bitting", model: "OSDP door",
          capabilities: .osdpDoor(codeLengths: door.codeLengths, verifiesOfflineCodes: door.takesOfflineCodes))
        // A reader cannot tell how long codes are: without a word in the file, whoever knows may report it.
        if door.hasOpenLengths { lock.reportableCodeLengths = 4...12 }
        site.locks.append(lock)
      }
      var bus = OSDPBus.Configuration(devices: devices, baud: line.baud)
      for other in self.lines where other.name != line.name { bus.elsewhere.formUnion(other.devices.map(\.address)) }
      var link = SiteDefinition.Link(
        account: line.name, isBus: true,
        opener: .selected(line.port, SerialPort(path: line.port.description, baud: line.baud, rs485: line.rs485)),
        seeded: { [bus] seed in
          var offline: [LockID: OfflineVerifier] = [:]
          for id in seed.lockIDs.values { offline[id] = seed.offlineVerifier(of: id) }
          return OSDPDoorDriver(
            bus: bus,
            doors: doors.compactMap { door in
              seed.lockIDs[door.name].map { (lock: $0, configuration: door.configuration) }
            }, offline: offline)
        })
      link.basis = LineBasis(line: line, doors: doors)
      site.links.append(link)
    }
    return site
  }

  /// What a line and its driver depend on.
  private struct LineBasis: Equatable {
    var line: Line
    var doors: [Door]
  }

  private func keyMode(of device: Device, on line: Line, store: Store, logger: Logger) throws -> OSDPKeyMode {
    switch device.security {
    case .required(let key): return .secure(key)
    case .plain:
      logger.warning(
        "PINs pass in clear on this line, and anybody on it can open the door", metadata: ["device": "\(device.name)"])
      return .plain
    case .install:
      let kept = try store.deviceKey("\(line.name)/\(device.address)", at: Reactor.now.date, orElse: OSDPKey.drawn)
      guard let key = OSDPKey(kept.key) else {
        throw StartFault(.ioError, "the stored key of \(device.name) is damaged")
      }
      return kept.isInstalled ? .secure(key) : .install(key)
    }
  }
}

extension OSDPKey {
  /// 16 bytes from the system's generator.
  static func drawn() -> [UInt8] {
    var random = SystemRandomNumberGenerator()
    return (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }
}

extension LockCapabilities {
  /// A door whose codes the gateway holds.
  static func osdpDoor(codeLengths: [Int], verifiesOfflineCodes: Bool) -> LockCapabilities {
    var door = LockCapabilities(codeStore: .gateway, pins: PINPolicy(lengths: codeLengths), hasBattery: false)
    door.verifiesOfflineCodes = verifiesOfflineCodes
    return door
  }
}
