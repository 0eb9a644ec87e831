import Gateway
import SyncEngine

extension GatewayClient {
  /// Access codes as the API shows them, with their locks, oldest first.
  /// - Parameters:
  ///   - locks: the locks whose codes are wanted.
  ///   - isManaged: those made here, or those of others.
  func accessCodes(on locks: [JSONValue], isManaged: Bool = true) async throws -> [(code: JSONValue, lock: JSONValue)] {
    var found: [(code: JSONValue, lock: JSONValue)] = []
    for lock in locks {
      let answer = try await self.ask(
        isManaged ? "/access_codes/list" : "/access_codes/unmanaged/list",
        ["device_id": .string(lock.deviceID), "limit": 300_000])
      found += (answer["access_codes"]?.array ?? []).map { ($0, lock) }
    }
    return found
  }

  /// The access code that an operator means, of those on all locks or on one.
  /// - Parameters:
  ///   - text: an id, a name, or the beginning of either.
  ///   - lock: the lock that it is on; nil for any.
  ///   - withOthers: codes that others put on locks can be meant too.
  func accessCode(
    _ text: String, on lock: String?, withOthers: Bool = true
  ) async throws -> (code: JSONValue, lock: JSONValue) {
    let all = try await self.locks()
    let locks = try lock.map { [try Self.lock($0, of: all)] } ?? all
    var codes = try await self.accessCodes(on: locks)
    if withOthers { codes += try await self.accessCodes(on: locks, isManaged: false) }
    let candidates = codes.map { code, lock in
      let name = code["name"]?.string
      return Naming.Candidate(
        id: code.codeID, names: name.map { [$0] } ?? [], label: "\(name ?? code.codeID.short) on \(lock.displayName)")
    }
    let isOneOfMany = lock == nil && Set(candidates.flatMap(\.names)).count < candidates.flatMap(\.names).count
    let naming = Naming(
      kind: "code", candidates: candidates,
      listing: "bitting codes" + (isOneOfMany ? "; codes of one lock are told apart with --on LOCK" : ""))
    let found = try naming.find(text)
    return codes.first { $0.code.codeID == found.id } ?? (.null, .null)
  }

  /// Why a code is in its state, and what happens next.
  func explanation(of id: String) async throws(GatewayFault) -> JSONValue {
    try await self.ask("/bitting/access_codes/explain", ["access_code_id": .string(id)])["explanation"] ?? .null
  }

  /// Waits until there is nothing more to do for a code, with what it waits for shown meanwhile.
  /// - Parameters:
  ///   - id: the code.
  ///   - title: what is being waited for.
  ///   - limit: how long it may take.
  /// - Returns: the explanation then; nil once there is no such code any more.
  /// - Throws: a fault when the lock refuses it for good, or when it is not over in time.
  func settle(_ id: String, title: String, within limit: Duration) async throws -> JSONValue? {
    var progress = Progress()
    defer { progress.end() }
    let deadline = ContinuousClock.now + limit
    while true {
      let explanation: JSONValue
      do {
        explanation = try await self.explanation(of: id)
      } catch {
        if error.refusal?.type == "access_code_not_found" { return nil }
        throw error
      }
      let next = explanation["next"] ?? .null
      let message = next["message"]?.string ?? ""
      switch (next["step"]?.string, next["waits_for"]?.string) {
      case ("nothing", _), (_, "time"): return explanation
      case (_, "request"):
        throw StartFault(.refused, "\(title): \(explanation["last_attempt"]?["error"]?["message"]?.string ?? message)")
      default: break
      }
      guard ContinuousClock.now < deadline else {
        throw StartFault(
          .temporaryFailure,
          "\(title): not done within \(limit.words). \(message) The daemon goes on with it; see: bitting codes explain \(id.short)"
        )
      }
      progress.show("\(title): \(message)")
      try await Task.sleep(for: .milliseconds(200))
    }
  }
}

extension JSONValue {
  /// The id of an access code, or of what belongs to one.
  var codeID: String { self["access_code_id"]?.string ?? "" }

  /// The document as it is, or with null in place of every PIN.
  func showingPINs(_ isShown: Bool) -> JSONValue { isShown ? self : self.withoutPINs }

  private var withoutPINs: JSONValue {
    switch self {
    case .array(let elements): return .array(elements.map(\.withoutPINs))
    case .object(let members):
      // What changed is told as its name with two values.
      let isChange = ["field", "property"].contains { members[$0]?.string == "code" }
      return .object(
        members.reduce(into: [:]) { shown, member in
          let isPIN = member.key == "code" || (isChange && ["from", "to"].contains(member.key))
          shown[member.key] = isPIN ? .null : member.value.withoutPINs
        })
    case .null, .bool, .int, .double, .string: return self
    }
  }
}

extension String {
  /// The beginning of an id, enough to name it among some thousand.
  var short: String { String(self.prefix(8)) }
}
