import Gateway
import SyncEngine

extension GatewayClient {
  /// Every lock that is managed here, as the API shows it, by name.
  func locks() async throws -> [JSONValue] {
    let answer = try await self.ask("/devices/list", ["limit": 300_000])
    return (answer["devices"]?.array ?? []).sorted { $0.displayName.lowercased() < $1.displayName.lowercased() }
  }

  /// The lock that an operator means, of all that there are.
  func lock(_ name: String) async throws -> JSONValue {
    let locks = try await self.locks()
    return try Self.lock(name, of: locks)
  }

  /// The lock that an operator means.
  static func lock(_ name: String, of locks: [JSONValue]) throws(StartFault) -> JSONValue {
    let candidates = locks.map { lock in
      Naming.Candidate(
        id: lock.deviceID,
        names: [lock.displayName, lock["properties"]?["appearance"]?["name"]?.string ?? lock.displayName],
        label: lock.displayName)
    }
    let found = try Naming(kind: "lock", candidates: candidates, listing: "bitting locks").find(name)
    return locks.first { $0.deviceID == found.id } ?? .null
  }

  /// The attempt once it is no longer pending, with what is waited for shown meanwhile.
  /// - Parameters:
  ///   - attempt: the attempt as it stands.
  ///   - title: what is being waited for.
  ///   - limit: how long it may take.
  /// - Throws: a fault when it failed, or is not over in time.
  func finish(_ attempt: JSONValue?, title: String, within limit: Duration) async throws -> JSONValue {
    var attempt = attempt ?? .null
    var progress = Progress()
    defer { progress.end() }
    let deadline = ContinuousClock.now + limit
    while attempt["status"]?.string == "pending" {
      guard ContinuousClock.now < deadline else {
        throw StartFault(
          .temporaryFailure, "\(title): not done within \(limit.words); the daemon goes on with it, see: bitting events"
        )
      }
      progress.show(title)
      try await Task.sleep(for: .milliseconds(200))
      let id = attempt["action_attempt_id"] ?? .null
      attempt = try await self.ask("/action_attempts/get", ["action_attempt_id": id])["action_attempt"] ?? .null
    }
    guard attempt["status"]?.string == "success" else {
      throw StartFault(.refused, attempt["error"]?["message"]?.string ?? "\(title): it failed")
    }
    return attempt
  }
}

extension JSONValue {
  /// The id of a device, or of what belongs to one.
  var deviceID: String { self["device_id"]?.string ?? "" }
  /// The name of a device as it is shown.
  var displayName: String { self["display_name"]?.string ?? "" }
  /// What is wrong and what should be known, worst first.
  var issues: [(isError: Bool, code: String, message: String, since: JSONValue?)] {
    [("errors", "error_code"), ("warnings", "warning_code")].flatMap { list, code in
      (self[list]?.array ?? []).map {
        (list == "errors", $0[code]?.string ?? "", $0["message"]?.string ?? "", $0["created_at"])
      }
    }
  }
}
