import LockCore
import SyncEngine

extension WorkspaceView {
  /// The resource `workspace`.
  var json: JSONValue {
    [
      "workspace_id": .string(self.id),
      "name": .string(self.name),
      "company_name": .string(self.name),
      "connect_partner_name": nil,
      "organization_id": nil,
      "is_sandbox": .bool(self.isSandbox),
      "is_suspended": false,
      "is_publishable_key_auth_enabled": false,
      "connect_webview_customization": [:],
    ]
  }
}

extension AccountView {
  /// The resource `connected_account`: a bus or an adapter.
  var json: JSONValue {
    [
      "connected_account_id": .string(self.id),
      "account_type": .string(self.kind),
      "account_type_display_name": .string(self.kind),
      "display_name": .string(self.name),
      "created_at": self.createdAt.json,
      "errors": .array(self.errors.map(\.accountErrorJSON)),
      "warnings": [],
      "custom_metadata": [:],
      "automatically_manage_new_devices": true,
      "accepted_capabilities": ["lock"],
    ]
  }
}

extension ActionAttempt {
  /// The resource `action_attempt`.
  var json: JSONValue {
    var members: [String: JSONValue] = [
      "action_attempt_id": .string(self.id), "action_type": .string(self.kind), "result": nil, "error": nil,
    ]
    switch self.status {
    case .pending: members["status"] = "pending"
    case .success(let result):
      members["status"] = "success"
      members["result"] = result
    case .error(let type, let message):
      members["status"] = "error"
      members["error"] = ["type": .string(type), "message": .string(message)]
    }
    return .object(members)
  }
}
