import LockCore
import SyncEngine

extension Issue {
  /// As an element of `errors` of a device or an access code.
  var errorJSON: JSONValue {
    var members = self.errorMembers
    if self.scope == .account { members["is_device_error"] = false }
    return .object(members)
  }

  /// As an element of `errors` of the connected account, where it is not said whose it is not.
  var accountErrorJSON: JSONValue { .object(self.errorMembers) }

  private var errorMembers: [String: JSONValue] {
    var members = self.members
    members["error_code"] = .string(self.code)
    members["message"] = .string(self.message)
    members["created_at"] = .string(self.createdAt.iso8601)
    switch self.scope {
    case .accessCode: members["is_access_code_error"] = true
    case .device: members["is_device_error"] = true
    case .account: members["is_connected_account_error"] = true
    }
    return members
  }

  /// As an element of `warnings`.
  var warningJSON: JSONValue {
    var members = self.members
    members["warning_code"] = .string(self.code)
    members["message"] = .string(self.message)
    members["created_at"] = .string(self.createdAt.iso8601)
    return .object(members)
  }
}

extension Timestamp {
  /// As the API writes it.
  var json: JSONValue { .string(self.iso8601) }
}
