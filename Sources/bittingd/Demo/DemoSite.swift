import Foundation
import Gateway
import LockCore
import LockDrivers
import LockSimulator
import LockTransport
import OfflineCodes
import SyncEngine

/// Simulated doors that differ where it matters. They keep their codes in the data directory, as real locks keep
/// theirs while the gateway is off.
struct DemoSite {
  /// What the daemon runs.
  private(set) var site = SiteDefinition(name: "Demo site", timeZone: "Europe/Berlin")
  /// What is said of each door at the start.
  private(set) var doors: [(name: String, nature: String)] = []
  private let line: VirtualLineRunner
  private let terminal: Pseudoterminal

  private static let readerAddress: UInt8 = 5

  /// Sets the doors up.
  init(directory: DataDirectory, store: Store, reactor: Reactor) async throws {
    let folder = DemoFolder(url: directory.url, seal: store.seal)
    let name = "Harbour Entrance"
    let kept = try store.deviceKey("demo/\(name)", at: Reactor.now.date, orElse: OSDPKey.drawn)
    guard let key = OSDPKey(kept.key) else { throw StartFault(.ioError, "the stored key of \(name) is damaged") }
    self.terminal = try Pseudoterminal(on: reactor)
    let line = VirtualLineRunner(
      VirtualLine([VirtualReader(address: Self.readerAddress, security: .key(key), seed: UInt64.random(in: 1 ... .max))]
      ),
      on: self.terminal.link)
    self.line = line

    self.site.accounts = [.init(key: "Simulated radio", kind: "Simulated radio")]
    var native = VirtualLockModel()
    native.identity = LockIdentity(model: "Virtual Keypad Lock N", serial: "VKL-N-1", firmware: "1.0")
    await self.addLock(
      "Front Door", "stores codes and keeps their times itself; takes offline codes", model: native,
      temperament: .native, offlineKey: try store.offlineKey(ofLock: "Front Door", at: Reactor.now.date), in: folder)
    var plain = VirtualLockModel()
    plain.identity = LockIdentity(model: "Virtual Keypad Lock J", serial: "VKL-J-1", firmware: "1.0")
    plain.pins = PINPolicy(lengths: [4, 6])
    await self.addLock(
      "Studio", "stores codes without times: programmed just in time", model: plain, temperament: .justInTime,
      in: folder)
    var masked = VirtualLockModel()
    masked.identity = LockIdentity(model: "Virtual Keypad Lock M", serial: "VKL-M-1", firmware: "1.0")
    masked.pins = PINPolicy(lengths: [6], constraints: [.noAllSameDigits])
    await self.addLock("Garden Gate", "masks PINs when read back", model: masked, temperament: .masked, in: folder)
    await self.addReader(name, key: key, in: folder)
    var slow = VirtualLockModel()
    slow.identity = LockIdentity(model: "Virtual Keypad Lock S", serial: "VKL-S-1", firmware: "1.0")
    slow.pins = PINPolicy(lengths: [6], constraints: [.noZeros, .cannotStartWith12])
    slow.slotCount = 12
    var temperament = VirtualLockTemperament.native
    (temperament.replyDelay, temperament.outages, temperament.lostReplies) = (.milliseconds(700), 2, 3)
    await self.addLock(
      "Boathouse", "slow, and out of reach now and then", model: slow, temperament: temperament, in: folder)
    for door in DemoNukiDoor.all {
      try await door.add(to: &self.site, folder: folder, reactor: reactor)
      self.doors.append((door.name, door.nature))
    }
  }

  /// Plays the far end of the serial line until the task is cancelled.
  func run() async { await self.line.run() }

  private mutating func addLock(
    _ name: String, _ nature: String, model: VirtualLockModel, temperament: VirtualLockTemperament,
    offlineKey: OfflineDoorKey? = nil, in folder: DemoFolder
  ) async {
    let memory = LockMemoryFile<VirtualLock.Memory>(of: name, in: folder)
    let lock = VirtualLock(
      model: model, temperament: temperament, memory: memory.read() ?? VirtualLock.Memory(),
      seed: UInt64.random(in: 1 ... .max), offlineKey: offlineKey)
    let runner = VirtualLockRunner(lock) { memory.write($0) }
    let connection = await SimulatedConnection(memory: .init(of: name, kind: "connection", in: folder)) {
      await runner.setReachable($0)
    }
    self.doors.append((name, nature))
    self.site.locks.append(
      .init(
        key: name, account: "Simulated radio", deviceType: "edge_lock", manufacturer: "Bitting",
        model: model.identity.model ?? name, capabilities: lock.capabilities,
        simulation: LockSimulation(
          type: { pin in await runner.act { $0.typed(pin.digits, at: $1) } },
          lockByHand: { await runner.act { $0.lockedByHand(at: $1) } },
          changeConnection: { await connection.undergo($0) },
          addCode: { pin, name in await runner.add(pin, name: name) }),
        carrier: connection.carrier))
    self.site.links.append(
      .init(account: "Simulated radio", isBus: false, opener: runner.opener) { ids in
        VirtualLockDriver(lock: ids[name] ?? LockID(rawValue: name))
      })
  }

  private mutating func addReader(_ name: String, key: OSDPKey, in folder: DemoFolder) async {
    let line = self.line
    let connection = await SimulatedConnection(memory: .init(of: name, kind: "connection", in: folder)) { isUp in
      await line.act(at: Self.readerAddress) { $0.faults.cutUntil = isUp ? nil : .hours(24 * 36_500) }
    }
    let door = DoorConfiguration(
      reader: .init(address: Self.readerAddress), strike: .init(address: Self.readerAddress, time: .seconds(3)),
      contact: .init(address: Self.readerAddress), exitButton: .init(address: Self.readerAddress))
    self.doors.append((name, "OSDP reader with secure channel, on \(self.terminal.path); takes offline codes"))
    self.site.accounts.append(.init(key: "Simulated RS-485 line", kind: "OSDP line"))
    var lock = SiteDefinition.Lock(
      key: name, account: "Simulated RS-485 line", deviceType: "edge_lock", manufacturer: "Bitting",
      model: "OSDP door", capabilities: .osdpDoor(codeLengths: [4, 5, 6, 7, 8], verifiesOfflineCodes: true),
      simulation: LockSimulation(
        type: { pin in await line.act(at: Self.readerAddress) { $0.pressed("\(pin.digits)#") } },
        changeConnection: { await connection.undergo($0) }),
      carrier: connection.carrier)
    lock.reportableCodeLengths = 4...12
    self.site.locks.append(lock)
    self.site.links.append(
      .init(
        account: "Simulated RS-485 line", isBus: true,
        opener: .serial(SerialPort(path: self.terminal.path, baud: 115_200)),
        seeded: { seed in
          let id = seed.lockIDs[name] ?? LockID(rawValue: name)
          return OSDPDoorDriver(
            bus: .init(devices: [.init(address: Self.readerAddress, keyMode: .secure(key))], baud: 115_200),
            doors: [(lock: id, configuration: door)],
            offline: [id: seed.offlineVerifier(of: id)].compactMapValues { $0 })
        }))
  }
}
