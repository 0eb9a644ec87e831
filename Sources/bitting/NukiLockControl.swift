import Foundation
import LockCore
import LockDrivers
import LockSimulator
import LockTransport

/// What a test has people do at a simulated Nuki lock, and what it asks of it: one JSON object in, one out.
enum NukiLockControl {
  /// Does what a request says.
  /// - Parameters:
  ///   - packet: a JSON object; `do` names the deed, the other members are the fields of ``Request``.
  ///   - runner: the lock.
  /// - Returns: `{"ok": ...}`, or `{"error": "..."}` for a request that makes no sense.
  static func answer(_ packet: [UInt8], of runner: NukiLockRunner) async -> [UInt8] {
    do {
      let request = try JSONDecoder().decode(Request.self, from: Data(packet))
      return Array(try await Self.perform(request, at: runner))
    } catch {
      return Array((try? JSONEncoder().encode(["error": "\(error)"])) ?? Data())
    }
  }

  /// One request.
  private struct Request: Decodable {
    var deed: String
    var action: String?
    var code: String?
    var name: String?
    var id: UInt16?
    var isJammed: Bool?
    var isCritical: Bool?
    /// Seconds.
    var offset: Int?
    var count: Int?
    var temperament: String?
    /// A command of the lock's protocol, four hexadecimal digits.
    var command: String?
    var fault: String?
    var times: Int?

    enum CodingKeys: String, CodingKey {
      case deed = "do"
      case isJammed = "jammed"
      case isCritical = "critical"
      case action, code, name, id, offset, count, temperament, command, fault, times
    }
  }

  /// A request that the lock cannot follow.
  private struct Nonsense: Error, CustomStringConvertible {
    var description: String
  }

  private static func perform(_ request: Request, at runner: NukiLockRunner) async throws -> Data {
    func need<Value>(_ value: Value?, _ name: String) throws -> Value {
      guard let value else { throw Nonsense(description: "\(request.deed) wants \(name)") }
      return value
    }
    switch request.deed {
    case "state": return try Self.ok(State(of: await runner.state, at: Reactor.now.date))
    case "press_button": await runner.act { lock, now in lock.pressedButton(at: now) }
    case "type":
      let code = try need(request.code, "code")
      let hasOpened = await runner.act { lock, now in
        let before = lock.uses
        let effects = lock.typed(code, at: now)
        return (lock.uses > before, effects)
      }
      return try Self.ok(["opened": hasOpened])
    case "turn":
      let isLocked = try need(request.action, "action") == "lock"
      await runner.act { lock, now in lock.turnedByHand(toLocked: isLocked, at: now) }
    case "jam":
      let isJammed = try need(request.isJammed, "jammed")
      await Self.change(runner) { $0.isMotorBlocked = isJammed }
    case "battery":
      let percent = try need(request.isCritical, "critical") ? 10 : 86
      await runner.act { lock, now in lock.setBattery(percent: percent, at: now) }
    case "keypad_battery":
      let isCritical = try need(request.isCritical, "critical")
      await runner.act { lock, now in lock.setBattery(percent: nil, isKeypadCritical: isCritical, at: now) }
    case "set_clock":
      let offset = Duration.seconds(try need(request.offset, "offset"))
      await runner.act { lock, now in lock.setClock(to: now.date + offset, at: now) }
    case "add_code":
      let pin = try need(PINCode(try need(request.code, "code")), "digits as code")
      let name = try need(request.name, "name")
      let id = await runner.act { lock, now in
        let added = lock.addForeignCode(pin, name: name, at: now)
        return (added.id, added.effects)
      }
      return try Self.ok(["id": try need(id, "a code that the lock takes")])
    case "remove_code":
      let id = try need(request.id, "id")
      await runner.act { lock, now in lock.removeForeignCode(id, at: now) }
    case "forget_owners": await runner.act { lock, now in lock.removeAuthorizations(at: now) }
    case "reset": await runner.act { lock, now in lock.factoryReset(at: now) }
    case "end_pairing": await runner.act { lock, now in lock.endedPairing(at: now) }
    case "forget_log":
      let count = try need(request.count, "count")
      await runner.act { lock, now in lock.forgotLog(oldest: count, at: now) }
    case "flood":
      let count = try need(request.count, "count")
      await runner.act { lock, now in lock.flooded(count: count, at: now) }
    case "behave":
      let temperament = try need(
        NukiLockTemperament.named[try need(request.temperament, "temperament")], "a temperament that is known")
      await Self.change(runner) {
        $0 = temperament
        $0.faultsLeft = request.times
      }
    case "fault":
      let command = try need(UInt16(try need(request.command, "command"), radix: 16), "four digits as command")
      let name = try need(request.fault, "fault")
      let fault = try need(
        Self.faults[name] ?? UInt8(name, radix: 16).map { .refused($0) }, "a fault that is known")
      await Self.change(runner) {
        $0.commandFaults = [command: fault]
        $0.faultsLeft = request.times ?? 1
      }
    default: throw Nonsense(description: "nobody can \(request.deed) a lock")
    }
    return try Self.ok(true)
  }

  /// What may become of a command and its answer, by name; two hexadecimal digits are the error that refuses it.
  private static let faults: [String: NukiLockTemperament.CommandFault] = [
    "lost": .lost, "link_dropped_before": .linkDroppedBefore, "link_dropped": .linkDropped(after: 0),
    "cut_short": .cutShort, "wrong_crc": .wrongCRC, "damaged": .damaged,
  ]

  private static func change(
    _ runner: NukiLockRunner, _ change: @Sendable (inout NukiLockTemperament) -> Void
  ) async {
    await runner.act { lock, _ in
      change(&lock.temperament)
      return []
    }
  }

  private static func ok(_ value: some Encodable) throws -> Data { try JSONEncoder().encode(["ok": value]) }

  /// A lock as a test sees it.
  private struct State: Encodable {
    struct Code: Encodable {
      var id: UInt16
      var code: String
      var name: String
      var enabled: Bool
      var from: String?
      var until: String?
    }

    var codes: [Code]
    var lock_state: String
    var log_entries: Int
    var newest_record: UInt32
    /// Seconds that its clock is ahead.
    var clock_offset: Double
    var authorizations: Int
    var pairing: Bool
    var links: Int
    /// How often each command was understood, by four hexadecimal digits.
    var requests: [String: Int]

    init(of lock: NukiLock, at date: Timestamp) {
      let memory = lock.memory
      self.codes = memory.codes.values.sorted { $0.id < $1.id }.map {
        Code(
          id: $0.id, code: $0.pin.digits, name: $0.name, enabled: $0.isEnabled, from: $0.schedule?.from?.iso8601,
          until: $0.schedule?.until?.iso8601)
      }
      self.lock_state =
        switch lock.boltState {
        case .locked: "locked"
        case .unlocked: "unlocked"
        case .locking: "locking"
        case .unlocking: "unlocking"
        default: "other"
        }
      self.log_entries = memory.log.count
      self.newest_record = memory.newestRecord
      self.clock_offset = Double((lock.clock(at: date) - date).wholeMilliseconds) / 1000
      self.authorizations = memory.authorizations.count
      self.pairing = lock.isPairing
      self.links = lock.openLinks.count
      self.requests = Dictionary(
        uniqueKeysWithValues: lock.counts.commands.map { command, count in
          let digits = String(command, radix: 16, uppercase: true)
          return (String(repeating: "0", count: max(0, 4 - digits.count)) + digits, count)
        })
    }
  }
}

extension NukiLock {
  /// How often any code opened the door.
  fileprivate var uses: Int { self.memory.codes.values.reduce(0) { $0 + Int($1.uses) } }
}
