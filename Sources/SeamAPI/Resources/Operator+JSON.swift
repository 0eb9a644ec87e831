import LockCore
import SyncEngine

extension StatusView {
  /// The object `status`.
  func json(version: String) -> JSONValue {
    let states: [AccessCodeStatus] = [.set, .setting, .unset, .removing, .unknown]
    var codes: [String: JSONValue] = [
      "total": .int(Int64(self.codes.values.reduce(0, +))), "failed": .int(Int64(self.failedCodes)),
    ]
    for state in states { codes[state.rawValue] = .int(Int64(self.codes[state] ?? 0)) }
    return [
      "version": .string(version), "workspace": self.workspace.json, "time_zone": .optional(self.timeZone),
      "now": self.now.json, "uptime_seconds": .int(self.uptime.components.seconds),
      "clock": ["is_trusted": .bool(self.isClockTrusted), "is_held": .bool(self.isClockHeld)],
      "store": ["is_healthy": .bool(self.storeFault == nil), "problem": .optional(self.storeFault)],
      "devices": [
        "total": .int(Int64(self.locks)), "online": .int(Int64(self.onlineLocks)),
        "offline": .int(Int64(self.locks - self.onlineLocks)),
      ],
      "connected_accounts": .array(self.lines.map(\.json)), "access_codes": .object(codes),
      "exposure": ["total": .int(Int64(self.exposures)), "excess": .int(Int64(self.excessExposures))],
      "issues": .array(self.issues.map(\.json)),
    ]
  }
}

extension StatusView.Line {
  fileprivate var json: JSONValue {
    [
      "connected_account_id": .string(self.account.id), "display_name": .string(self.account.name),
      "account_type": .string(self.account.kind), "device_count": .int(Int64(self.locks)),
      "online_device_count": .int(Int64(self.onlineLocks)),
      "errors": .array(self.account.errors.map(\.accountErrorJSON)),
    ]
  }
}

extension StatusView.LockIssue {
  fileprivate var json: JSONValue {
    let members = (self.isError ? self.issue.errorJSON : self.issue.warningJSON).object ?? [:]
    return .object(
      members.merging(["device_id": .string(self.lock.rawValue), "display_name": .string(self.name)]) { own, _ in own })
  }
}

extension ExposureView {
  /// An element of `exposures`.
  var json: JSONValue {
    [
      "access_code_id": .string(self.exposure.code.rawValue), "device_id": .string(self.lock.rawValue),
      "device_name": .string(self.lockName), "name": .optional(self.name), "is_managed": .bool(self.isManaged),
      "slot": .int(Int64(self.exposure.slot)), "reason": .string(self.exposure.reason.rawValue),
      "is_excess": .bool(self.exposure.isExcess), "opens_from": self.exposure.opensFrom?.json ?? .null,
      "opens_until": self.exposure.opensUntil?.json ?? .null,
      "should_end_at": self.exposure.shouldEndAt?.json ?? .null,
      "observed_at": self.exposure.observedAt?.json ?? .null,
    ]
  }
}

extension ExplanationView {
  /// The object `explanation`.
  func json(workspace: String) -> JSONValue {
    [
      "access_code": self.accessCode.json(workspace: workspace), "device_name": .string(self.deviceName),
      "is_device_online": .bool(self.isDeviceOnline), "device_offline_since": self.offlineSince?.json ?? .null,
      "is_clock_held": .bool(self.isClockHeld), "wanted": self.wanted?.json ?? .null,
      "slot": self.slot.map { .int(Int64($0)) } ?? .null, "last_write": .optional(self.write),
      "observed": self.observed?.json ?? .null, "last_attempt": self.attempt?.json ?? .null, "next": self.next.json,
    ]
  }
}

extension ExplanationView.Wanted {
  fileprivate var json: JSONValue {
    [
      "is_on_lock": .bool(self.isOnLock), "from": self.from?.json ?? .null,
      "removal_due_at": self.removalDue?.json ?? .null, "is_end_kept_by_lock": .bool(self.isEndKeptByLock),
    ]
  }
}

extension ExplanationView.Observed {
  fileprivate var json: JSONValue {
    ["contents": .string(self.contents), "proof": .optional(self.proof), "observed_at": self.date.json]
  }
}

extension ExplanationView.Attempt {
  fileprivate var json: JSONValue {
    let problem = self.problem.map { problem -> JSONValue in
      [
        "error_code": .string(problem.code), "message": .string(problem.message), "created_at": problem.since.json,
      ]
    }
    return [
      "is_to_set": .bool(self.isToSet), "count": .int(Int64(self.count)), "error": problem ?? .null,
      "retry_at": self.retryAt?.json ?? .null,
    ]
  }
}

extension ExplanationView.Next {
  fileprivate var json: JSONValue {
    [
      "step": .string(self.step), "waits_for": .optional(self.waitsFor), "not_before": self.notBefore?.json ?? .null,
      "access_code_id": .optional(self.otherCode?.rawValue), "message": .string(self.message),
    ]
  }
}
