import LockCore
import SyncEngine

extension AccessCodeView {
  /// The resource `access_code`, or `unmanaged_access_code` for a code that others put on the lock.
  func json(workspace: String) -> JSONValue {
    var members: [String: JSONValue] = [
      "access_code_id": .string(self.id.rawValue),
      "workspace_id": .string(workspace),
      "device_id": .string(self.device.rawValue),
      "name": .optional(self.name),
      "code": .optional(self.pin?.digits),
      "type": self.window == nil ? "ongoing" : "time_bound",
      "starts_at": self.window.flatMap { $0.start > .distantPast ? $0.start.json : nil } ?? .null,
      "ends_at": self.window.flatMap { $0.end < .distantFuture ? $0.end.json : nil } ?? .null,
      "created_at": self.createdAt.json,
      "is_managed": .bool(self.isManaged),
      "status": .string(self.status.rawValue),
      "errors": .array(self.errors.map(\.errorJSON)),
      "warnings": .array(self.warnings.map(\.warningJSON)),
    ]
    if self.isManaged { members.merge(self.managedMembers) { _, own in own } }
    // True or left out: the API has no false for these.
    if !self.canBeManaged { members["cannot_be_managed"] = true }
    if !self.canBeDeleted { members["cannot_delete_unmanaged_access_code"] = true }
    return .object(members)
  }

  private var managedMembers: [String: JSONValue] {
    [
      "common_code_key": .optional(self.commonCodeKey),
      "is_scheduled_on_device": .bool(self.isScheduledOnDevice),
      "is_waiting_for_code_assignment": .bool(self.pin == nil),
      "is_offline_access_code": .bool(self.isOffline),
      "is_one_time_use": .bool(self.isOneTimeUse),
      "is_backup": .bool(self.isBackup),
      "is_backup_access_code_available": .bool(self.isBackupAvailable),
      "pulled_backup_access_code_id": .optional(self.pulledBackup?.rawValue),
      "is_external_modification_allowed": .bool(self.isExternalModificationAllowed),
      "pending_mutations": .array(self.pendingMutations.map(\.json)),
      "display_status": .string(self.displayStatus),
      "appearance": self.nameOnLock.map { ["name": .string($0), "first_name": nil, "last_name": nil] } ?? .null,
    ]
  }

  /// The status for people, who want to know why a code is not active.
  private var displayStatus: String {
    switch self.status {
    case .set: "Active"
    case .setting: "Issuing"
    case .removing: "Removing"
    case .unknown: "Unknown"
    case .unset:
      if self.isScheduledOnDevice || self.pendingMutations.contains(where: { $0.code == "deferring_creation" }) {
        "Scheduled"
      } else {
        self.window == nil || !self.pendingMutations.isEmpty ? "Inactive" : "Expired"
      }
    }
  }
}

extension PendingMutation {
  /// As an element of `pending_mutations`.
  var json: JSONValue {
    .object(
      self.members.merging([
        "mutation_code": .string(self.code), "created_at": self.createdAt.json, "message": .string(self.message),
      ]) { _, own in own })
  }
}
