import Foundation
import LockCore
import LockDrivers
import LockSimulator
import LockTransport
import Logging
import Seeded
import Testing

@testable import SyncEngine

/// Two lines whose adapters are plugged in crosswise, again and again, while both doors are being opened. Real
/// sessions on a real reactor; each reader is behind a pseudoterminal, and the configuration names bare paths.
@Suite(.timeLimit(.minutes(2))) struct SwappedPortsTests {
  /// A reader and what was done to it.
  private actor PluggedReader {
    let number: UInt8
    private var line: VirtualLine
    private(set) var openings = 0
    /// What reached it that was meant for the other: another output, another light.
    private(set) var wrong = 0
    private var serving: Task<Void, Never>?

    init(_ number: UInt8) {
      self.number = number
      var reader = VirtualReader(address: 5, security: .plain)
      reader.identity.serial = 0x0A00_0000 | UInt32(number)
      self.line = VirtualLine([reader])
    }

    /// Plugs it in: it was without power, and is at the end of this link now.
    func serve(_ link: Link) {
      _ = self.line.restarted(5)
      self.serving = Task {
        for await event in link.events {
          switch event {
          case .bytes(let bytes): self.perform(self.line.received(bytes, at: Reactor.uptime), on: link)
          case .deadlinePassed: self.perform(self.line.deadlinePassed(at: Reactor.uptime), on: link)
          case .closed: return
          }
        }
      }
    }

    /// Returns once nothing that was sent on the last link is still to be worked in.
    func rest() async { await self.serving?.value }

    private func perform(_ effects: [VirtualLine.Effect], on link: Link) {
      for effect in effects {
        switch effect {
        case .write(let bytes): link.write(bytes)
        case .happened(_, .relay(let output, let isOn)):
          if output != self.number { self.wrong += 1 } else if isOn { self.openings += 1 }
        case .happened(_, .light(let light)): if light.number != self.number { self.wrong += 1 }
        case .happened(_, .keyStored): self.wrong += 1
        case .happened: break
        }
      }
      link.setDeadline(self.line.deadline)
    }
  }

  private static let names = ["front", "back"]

  /// Door and reader number: 0 for the front door, 1 for the back door.
  private static func definition(_ directory: URL) -> SiteDefinition {
    var site = SiteDefinition(name: "Test", timeZone: "Europe/Berlin")
    for (number, name) in Self.names.enumerated() {
      let number = UInt8(number)
      site.accounts.append(.init(key: name, kind: "OSDP line"))
      site.locks.append(
        .init(
          key: name, account: name, deviceType: "edge_lock", manufacturer: "Bitting", model: "OSDP door",
          capabilities: VirtualSite.doorCapabilities))
      var bus = OSDPBus.Configuration(
        devices: [
          .init(address: 5, keyMode: .plain, identity: WireIdentity(maker: 0x5E, serial: 0x0A00_0000 | UInt32(number)))
        ], baud: 1_000_000, pollInterval: .milliseconds(5))
      bus.elsewhere = [5]
      var reader = DoorConfiguration.Reader(address: 5)
      reader.led = number
      let door = DoorConfiguration(
        reader: reader, strike: .init(address: 5, output: number, time: .milliseconds(100)))
      let path = directory.appending(path: "tty\(number)").path
      site.links.append(
        .init(
          account: name, isBus: true,
          opener: .selected(.path(path), SerialPort(path: path, baud: 1_000_000))
        ) { [bus] ids in
          OSDPDoorDriver(bus: bus, doors: [(lock: ids[name] ?? LockID(rawValue: name), configuration: door)])
        })
    }
    return site
  }

  @Test func `P18 adapters swapped 1,000 times during traffic: no command reaches the wrong reader, each door opens`()
    async throws
  {
    let directory = FileManager.default.temporaryDirectory.appending(path: "bitting-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let reactor = try Reactor()
    defer { reactor.shutDown() }
    let store = try Store()
    for (number, name) in Self.names.enumerated() {
      try store.keep(
        WireIdentity(maker: 0x5E, serial: 0x0A00_0000 | UInt32(number)), of: "\(name)/5",
        at: Timestamp(milliseconds: 1_800_000_000_000))
    }
    let engine = try await SyncEngine(
      store: store, definition: Self.definition(directory), reactor: reactor,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let running = Task { await engine.run() }
    let devices = await engine.devices()
    let doors = try Self.names.map { name in try #require(devices.first { $0.name == name }).id }
    let readers = [PluggedReader(0), PluggedReader(1)]
    var random = SeededRandom(seed: 18)
    var terminals: [Pseudoterminal] = []
    var opened = [0, 0]

    for round in 0..<1000 {
      for terminal in terminals { terminal.link.close() }
      for reader in readers { await reader.rest() }
      terminals = []
      for (place, reader) in (round.isMultiple(of: 2) ? readers : readers.reversed()).enumerated() {
        let terminal = try Pseudoterminal(on: reactor)
        await reader.serve(terminal.link)
        terminals.append(terminal)
        let link = directory.appending(path: "tty\(place)")
        let draft = directory.appending(path: "new\(place)")
        try FileManager.default.createSymbolicLink(atPath: draft.path, withDestinationPath: terminal.path)
        let isRenamed = unsafe rename(draft.path, link.path) == 0
        #expect(isRenamed)
      }
      // Traffic all the time, and now and then until it has worked.
      let patience: Duration = round % 10 == 9 ? .seconds(20) : .milliseconds(Int.random(in: 0..<20, using: &random))
      for (index, door) in doors.enumerated() {
        let end = Reactor.uptime + patience
        repeat {
          let attempt = try await engine.unlockDoor(door)
          if case .success = try await engine.finished(attempt.id, patience: .seconds(2)).status {
            opened[index] += 1
            break
          }
          await Task.yield()
        } while Reactor.uptime < end
      }
    }
    for (index, reader) in readers.enumerated() {
      #expect(await reader.wrong == 0)
      // Each success opened the right door; what was not confirmed may have, too.
      #expect(await reader.openings >= opened[index])
      #expect(opened[index] >= 100)
    }
    running.cancel()
    await running.value
    for terminal in terminals { terminal.link.close() }
  }
}
