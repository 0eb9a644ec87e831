/// Something for the audit log: who did what, with what outcome, and from where. Holds ids and names, never a PIN, a
/// key or the body of a request.
public struct AuditDraft: Hashable, Sendable {
  /// Who did it.
  public enum Author: Hashable, Sendable {
    /// Whoever asked.
    case caller(Caller.Identity)
    /// The gateway itself.
    case daemon
  }

  /// Who did it.
  public var author: Author
  /// The IP address, or the IPv6 network, that it came from; nil for the gateway itself and the unix socket.
  public var from: String?
  /// What: the path of a route, or a name with a dot, for example `daemon.started`.
  public var action: String
  /// `done`, or the type of the error.
  public var outcome: String
  /// The answer's `seam-request-id`; nil for what is no request.
  public var requestID: String?
  /// Ids of what was touched, by the name that the API has for them, for example `access_code_id`.
  public var subjects: [String: [String]] = [:]
  /// Whatever else should be known.
  public var details: [String: JSONValue] = [:]

  /// Describes something that was done.
  /// - Parameters:
  ///   - action: the path of a route, or a name with a dot.
  ///   - author: who did it.
  ///   - from: the IP address that it came from.
  ///   - outcome: `done`, or the type of the error.
  public init(_ action: String, by author: Author, from: String? = nil, outcome: String = "done") {
    (self.action, self.author, self.from, self.outcome) = (action, author, from, outcome)
  }

  /// The entry as it is stored and hashed.
  func document(sequence: Int64, at date: String) -> JSONValue {
    var members: [String: JSONValue] = [
      "sequence": .int(sequence), "at": .string(date), "by": self.author.json, "action": .string(self.action),
      "outcome": .string(self.outcome),
    ]
    members["from"] = self.from.map(JSONValue.string)
    members["request_id"] = self.requestID.map(JSONValue.string)
    let subjects = self.subjects.filter { !$0.value.isEmpty }
    if !subjects.isEmpty { members["subjects"] = .object(subjects.mapValues { .array($0.map(JSONValue.string)) }) }
    if !self.details.isEmpty { members["details"] = .object(self.details) }
    return .object(members)
  }
}

extension AuditDraft.Author {
  fileprivate var json: JSONValue {
    switch self {
    case .daemon: ["kind": "daemon"]
    case .caller(.key(let id, let name)): ["kind": "key", "api_key_id": .string(id), "name": .string(name)]
    case .caller(.localUser(let uid)): ["kind": "local_user", "uid": .int(Int64(uid))]
    case .caller(.nobody): ["kind": "nobody"]
    }
  }
}
