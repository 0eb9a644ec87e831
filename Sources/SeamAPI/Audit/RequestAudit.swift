import LockCore
import SyncEngine
import Synchronization

/// What of all requests goes into the audit log, and what comes of wrong keys. Safe from any task.
final class RequestAudit: Sendable {
  private struct State {
    var reveals = RevealLog()
    var refusals = RefusalLog()
    var failures = FailedKeys()
  }

  private let engine: SyncEngine
  private let state = Mutex(State())

  /// Makes the audit of a site's requests.
  init(of engine: SyncEngine) { self.engine = engine }

  /// The request as it is put down, when it is of those that always are: what changes something, and what only an
  /// administrator may.
  func request(_ route: Route, by caller: Caller, _ input: Input, id: String) -> AuditedRequest? {
    guard route.isAudited else { return nil }
    var draft = AuditDraft(route.path, by: .caller(caller.identity), from: caller.address)
    (draft.requestID, draft.subjects) = (id, input.subjects)
    return AuditedRequest(draft, at: self.engine.date)
  }

  /// The answer as its reader may see it. PINs go out once it is put down who gets them.
  /// - Parameter request: the entry of the request; it stands for the PINs of the access codes in it.
  /// - Throws: ``RequestFault/storeUnavailable(_:)``; then nobody is to see the PINs.
  func answer(
    _ answer: JSONValue, to caller: Caller, on route: Route, _ request: AuditedRequest?, id: String
  ) async throws(RequestFault) -> JSONValue {
    if let request, !request.isRecorded { try await self.engine.record(request) }
    guard caller.scopes.isSuperset(of: .reveal) else { return answer.withoutPINs }
    let pins = answer.shownPINs.filter { !(request?.recorded("access_code_id").contains($0.key) ?? false) }
    if pins.isEmpty { return answer }
    let codes = self.state.withLock { $0.reveals.due(pins, to: caller, at: .now) }
    if codes.isEmpty { return answer }
    var draft = AuditDraft(route.path, by: .caller(caller.identity), from: caller.address, outcome: "pins_shown")
    (draft.requestID, draft.subjects) = (id, ["access_code_id": codes])
    try await self.engine.record(draft)
    self.state.withLock { $0.reveals.recorded(codes, of: pins, to: caller, at: .now) }
    return answer
  }

  /// A request of somebody known was refused.
  func refused(_ fault: APIFault, to caller: Caller, on route: Route, id: String) async {
    guard route.isAudited || fault.status == 403 else { return }
    let untold = self.state.withLock { $0.refusals.refused(route.path, outcome: fault.type, to: caller, at: .now) }
    guard let untold else { return }
    var draft = AuditDraft(route.path, by: .caller(caller.identity), from: caller.address, outcome: fault.type)
    draft.requestID = id
    if untold > 0 { draft.details["refused_before"] = .int(Int64(untold)) }
    // Nothing was changed or shown: the refusal stands without an entry.
    try? await self.engine.record(draft)
  }

  /// A key came that is not known, or no longer.
  /// - Returns: what the client is told.
  func wrongKey(from address: String?) async -> APIFault {
    let verdict = self.state.withLock { $0.failures.failed(from: address, at: .now) }
    if let count = verdict.told {
      var draft = AuditDraft("keys.refused", by: .caller(.nobody), from: verdict.source, outcome: "unauthorized")
      draft.details = ["count": .int(Int64(count))]
      try? await self.engine.record(draft)
    }
    return verdict.retryAfter.map { .tooManyWrongKeys(retryAfter: $0) } ?? .unauthorized
  }
}

extension Route {
  /// True when every request is put down.
  var isAudited: Bool {
    if self.needs.isEmpty { return false }
    if case .read = self.kind { return self.needs.isSuperset(of: .admin) }
    return true
  }
}

extension Input {
  /// The ids in here, by the names that the API has for one of them.
  var subjects: [String: [String]] {
    self.values.reduce(into: [:]) { subjects, member in
      let (name, value) = member
      if name.hasSuffix("_id"), let id = value.string, id.isUUID {
        subjects[name, default: []].append(id.lowercased())
      } else if name.hasSuffix("_ids"), let ids = value.array {
        subjects[String(name.dropLast()), default: []] += ids.compactMap(\.string).filter(\.isUUID).map {
          $0.lowercased()
        }
      }
    }
  }
}

extension String {
  /// True for 36 characters in the form of a UUID: nothing else that a client sends gets into the log.
  fileprivate var isUUID: Bool {
    let characters = Array(self.utf8)
    guard characters.count == 36 else { return false }
    return characters.enumerated().allSatisfy { index, character in
      [8, 13, 18, 23].contains(index)
        ? character == UInt8(ascii: "-") : Character(UnicodeScalar(character)).isHexDigit
    }
  }
}
