import Foundation
import Gateway
import LockCore
import LockDrivers
import LockSimulator
import LockTransport
import Sealing
import SyncEngine

/// A simulated Nuki lock of the demo. It is paired at the first start, by the same steps as a real one.
struct DemoNukiDoor {
  let name: String
  let nature: String
  let model: NukiLockModel
  let pin: String

  private static let account = "Simulated Bluetooth"

  /// One of the earlier generations, and one of the fifth.
  static let all = [
    DemoNukiDoor(
      name: "Wharf Gate", nature: "Nuki Smart Lock 3 with keypad, over simulated Bluetooth",
      model: NukiLockModel(.three, nukiID: 0x1A2B_3C01, name: "Wharf Gate"), pin: "4321"),
    DemoNukiDoor(
      name: "Sail Loft", nature: "Nuki Ultra with keypad, over simulated Bluetooth",
      model: NukiLockModel(.five, nukiID: 0x1A2B_3C05, name: "Sail Loft"), pin: "482915"),
  ]

  /// Starts the lock, pairs with it when that was never done, and puts its door on the site.
  func add(to site: inout SiteDefinition, folder memories: DemoFolder, reactor: Reactor) async throws {
    let folder = memories.url.appendingPathComponent("demo", isDirectory: true)
    let memory = LockMemoryFile<NukiLock.Memory>(of: self.name, in: memories)
    let runner = try NukiLockRunner(
      NukiLock(
        model: self.model, securityPIN: NukiSecurityPIN(self.pin), memory: memory.read() ?? NukiLock.Memory(),
        random: .system),
      on: reactor
    ) { memory.write($0) }
    let known = PairedNukiLock.all(in: folder, seal: memories.seal).locks.first { $0.name == self.name }
    let paired: PairedNukiLock
    if let known {
      paired = known
    } else {
      paired = try await self.pair(with: runner, folder: folder, seal: memories.seal, reactor: reactor)
    }

    if !site.accounts.contains(where: { $0.key == Self.account }) {
      site.accounts.append(.init(key: Self.account, kind: "Simulated Bluetooth radio"))
    }
    let connection = await SimulatedConnection(memory: .init(of: self.name, kind: "connection", in: memories)) {
      await runner.setReachable($0)
    }
    site.locks.append(
      .init(
        key: self.name, account: Self.account, deviceType: "nuki_lock", manufacturer: "Nuki",
        model: paired.authorization.model, capabilities: .nukiKeypad, isVisited: true,
        simulation: LockSimulation(
          type: { pin in await runner.act { $0.typed(pin.digits, at: $1) } },
          lockByHand: { await runner.act { $0.turnedByHand(toLocked: true, at: $1) } },
          changeConnection: { await connection.undergo($0) },
          addCode: { pin, name in await runner.add(pin, name: name) }),
        carrier: connection.carrier))
    // Nobody waits an hour for a demonstration, and no battery is drained.
    var policy = NukiPolicy()
    (policy.visitsPerDay, policy.logInterval, policy.newsGap) = (10_000, .seconds(10), .seconds(1))
    (policy.unheardTime, policy.retryGaps) = (.seconds(6), .seconds(1)...(.seconds(8)))
    site.links.append(
      .init(account: Self.account, onDemand: runner.way) { [policy, name] seed in
        let id = seed.lockIDs[name] ?? LockID(rawValue: name)
        return NukiLockDriver(
          lock: id, authorization: paired.authorization, memory: seed.memory(id), written: seed.written(id),
          policy: policy)
      })
  }

  private func pair(
    with runner: NukiLockRunner, folder: URL, seal: Seal, reactor: Reactor
  ) async throws -> PairedNukiLock {
    guard let pin = NukiSecurityPIN(self.pin), let address = runner.address,
      case .success(let link) = await runner.way.open(Reactor.uptime + .seconds(5), reactor)
    else { throw StartFault(.software, "the simulated lock \(self.name) takes no link") }
    await runner.act { lock, now in lock.pressedButton(at: now) }
    // As a bridge where that is possible: such a lock signals each entry at once.
    var pairing = NukiPairing(
      name: "Bitting", appID: UInt32.random(in: 1 ... .max), type: self.model.generation == .five ? .app : .bridge,
      pin: pin, address: address)
    switch await pairing.run(over: link, tell: { _ in }) {
    case .success(let authorization):
      let lock = PairedNukiLock(name: self.name, pairedAt: Date(), needsBond: false, authorization: authorization)
      try lock.write(to: folder, seal: seal)
      return lock
    case .failure(let fault): throw StartFault(.software, "the simulated lock \(self.name): \(fault.message)")
    }
  }
}
