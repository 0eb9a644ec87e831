import LockCore
import Testing

@testable import SeamAPI
@testable import SyncEngine
import struct SyncEngine.Issue

@Suite struct `Showing resources` {
  private static let start = Timestamp(milliseconds: 1_767_225_600_000)
  private static let window = TimeWindow(start: start, end: start + .hours(1))

  private static let code = AccessCodeView(
    id: AccessCodeID(rawValue: "c"), device: LockID(rawValue: "d"), isManaged: true, name: nil, pin: PINCode("0420"),
    window: nil, status: .setting, createdAt: start, isScheduledOnDevice: false, isExternalModificationAllowed: false,
    nameOnLock: nil, pendingMutations: [], errors: [], warnings: [])

  private static let device = DeviceView(
    id: LockID(rawValue: "d"), account: "a", name: "Front door", nickname: nil, deviceType: "edge_lock",
    manufacturer: "Acme Locks", model: "One", serial: nil, isOnline: true, simulation: nil,
    capabilities: LockCapabilities(
      codeStore: .slots(LockCapabilities.SlotStore(numbers: 1...20, scheduleGrain: .minutes(1), nameBytes: 14)),
      pins: PINPolicy(lengths: [6, 4], constraints: [.noZeros]), canLockRemotely: false),
    keepsBackups: false,
    state: LockState(isLocked: true, battery: 0.2), batteryStatus: .low, isKeypadMissing: false, isPrivate: false,
    timeZone: "Europe/Berlin", customMetadata: [:], createdAt: start,
    errors: [], warnings: [])

  /// Keys that the API's schema requires of a managed access code.
  @Test func `an ongoing access code has every member, null where there is nothing`() {
    let json = Self.code.json(workspace: "w")
    let expected: JSONValue = [
      "access_code_id": "c", "workspace_id": "w", "device_id": "d", "name": nil, "code": "0420", "type": "ongoing",
      "starts_at": nil, "ends_at": nil, "created_at": "2026-01-01T00:00:00.000Z", "is_managed": true,
      "status": "setting", "errors": [], "warnings": [], "common_code_key": nil, "is_scheduled_on_device": false,
      "is_waiting_for_code_assignment": false, "is_offline_access_code": false, "is_one_time_use": false,
      "is_backup": false, "is_backup_access_code_available": false, "pulled_backup_access_code_id": nil,
      "is_external_modification_allowed": false, "pending_mutations": [], "display_status": "Issuing",
      "appearance": nil,
    ]
    #expect(json == expected)
  }

  @Test func `a time-bound access code tells its times and its name on the lock`() {
    var code = Self.code
    (code.window, code.nameOnLock) = (Self.window, "Ann")
    let json = code.json(workspace: "w")
    #expect(json["type"] == "time_bound")
    #expect(json["starts_at"] == "2026-01-01T00:00:00.000Z")
    #expect(json["ends_at"] == "2026-01-01T01:00:00.000Z")
    #expect(json["appearance"] == ["name": "Ann", "first_name": nil, "last_name": nil])
  }

  @Test func `an unmanaged access code has no members of a managed one`() {
    var code = Self.code
    (code.isManaged, code.pin, code.status) = (false, nil, .set)
    let json = code.json(workspace: "w")
    #expect(json["is_managed"] == false)
    #expect(json["code"] == .null)
    #expect(json["pending_mutations"] == nil)
    #expect(json["is_external_modification_allowed"] == nil)
  }

  private static let statuses: [(status: AccessCodeStatus, isScheduled: Bool, pending: String?, shown: JSONValue)] = [
    (.set, false, nil, "Active"), (.removing, false, "deleting", "Removing"),
    (.unset, true, nil, "Scheduled"), (.unset, false, "deferring_creation", "Scheduled"),
    (.unset, false, nil, "Expired"), (.unset, false, "creating", "Inactive"), (.unknown, false, nil, "Unknown"),
  ]

  @Test(arguments: statuses)
  func `the status for people says why a code is not active`(
    status: AccessCodeStatus, isScheduled: Bool, pending: String?, shown: JSONValue
  ) {
    var code = Self.code
    (code.window, code.status, code.isScheduledOnDevice) = (Self.window, status, isScheduled)
    code.pendingMutations =
      pending.map {
        [PendingMutation(code: $0, createdAt: Self.start, message: "m", members: ["scheduled_at": "t"])]
      } ?? []
    #expect(code.json(workspace: "w")["display_status"] == shown)
  }

  private static let scopes: [(scope: Issue.Scope, flags: [String: JSONValue])] = [
    (.accessCode, ["is_access_code_error": true]),
    (.device, ["is_device_error": true]),
    (.account, ["is_connected_account_error": true, "is_device_error": false]),
  ]

  @Test(arguments: scopes)
  func `an error says what it is about`(scope: Issue.Scope, flags: [String: JSONValue]) {
    let issue = Issue(
      code: "x", message: "m", createdAt: Self.start, scope: scope, members: ["change_type": "removed"])
    var warning: [String: JSONValue] = [
      "message": "m", "created_at": "2026-01-01T00:00:00.000Z", "change_type": "removed",
    ]
    var error = warning.merging(flags) { $1 }
    error["error_code"] = "x"
    warning["warning_code"] = "x"
    #expect(issue.errorJSON == .object(error))
    #expect(issue.warningJSON == .object(warning))
  }

  @Test func `a device tells what it can do and what its codes must be`() {
    let json = Self.device.json(workspace: "w")
    #expect(json["display_name"] == "Front door")
    #expect(json["capabilities_supported"] == ["access_code", "lock", "battery"])
    #expect(json["can_program_online_access_codes"] == true)
    #expect(json["can_remotely_unlock"] == true)
    #expect(json["can_remotely_lock"] == nil)
    #expect(json["nickname"] == nil)
    let properties = json["properties"]
    #expect(properties?["locked"] == true)
    #expect(properties?["battery"] == ["level": .double(0.2), "status": "low"])
    #expect(properties?["manufacturer"] == "acme_locks")
    #expect(properties?["supported_code_lengths"] == [4, 6])
    #expect(properties?["max_active_codes_supported"] == 20)
    #expect(
      properties?["code_constraints"]
        == [["constraint_type": "no_zeros"], ["constraint_type": "name_length", "max_length": 14]])
    for key in [
      "device_id", "device_type", "space_ids", "properties", "connected_account_id", "workspace_id", "errors",
      "warnings", "created_at", "is_managed", "custom_metadata", "location",
    ] { #expect(json[key] != nil) }
  }

  @Test func `a device out of reach hides what it last told, and keeps taking codes`() {
    var device = Self.device
    (device.isOnline, device.nickname) = (false, "Porch")
    let json = device.json(workspace: "w")
    #expect(json["display_name"] == "Porch")
    #expect(json["properties"]?["appearance"] == ["name": "Front door"])
    #expect(json["can_remotely_unlock"] == false)
    #expect(json["can_program_online_access_codes"] == true)
    #expect(json["can_unlock_with_code"] == true)
    for key in ["locked", "battery", "battery_level", "door_open"] { #expect(json["properties"]?[key] == nil) }
  }

  private static let attempts: [(status: ActionAttempt.Status, text: JSONValue, result: JSONValue, error: JSONValue)] =
    [
      (.pending, "pending", .null, .null),
      (.success(["was_confirmed_by_device": true]), "success", ["was_confirmed_by_device": true], .null),
      (.error(type: "device_offline", message: "m"), "error", .null, ["type": "device_offline", "message": "m"]),
    ]

  @Test(arguments: attempts)
  func `an action attempt always has its five members`(
    status: ActionAttempt.Status, text: JSONValue, result: JSONValue, error: JSONValue
  ) {
    let attempt = ActionAttempt(
      id: "x", kind: "LOCK_DOOR", device: LockID(rawValue: "d"), createdAt: Self.start, status: status)
    #expect(
      attempt.json
        == ["action_attempt_id": "x", "action_type": "LOCK_DOOR", "status": text, "result": result, "error": error])
  }
}
