internal import LockCore

/// Whether a lock can be reached, and why not. Derived from the last word of its driver, its carrier and its adapter,
/// in whatever order they spoke.
extension Site {
  /// Draws the conclusions for one lock, and tells what has changed.
  func settleConnection(of door: inout Door, at now: Timestamp, into draft: inout Draft) {
    let isReachable = door.answers && door.carrier.passesOn && !door.ledger.isAdapterGone
    if isReachable, !door.ledger.isReachable { door.ledger.becameReachable(slotChanges: nil, newestRecord: nil) }
    if !isReachable, door.ledger.isReachable { door.ledger.becameUnreachable() }
    // What the lock told is old news now; the bolt may stand anywhere.
    if !isReachable { (door.state.isLocked, door.state.isDoorOpen) = (nil, nil) }

    if door.carrier.isEnrolled == door.told.isRemoved {
      door.told.isRemoved.toggle()
      if door.told.isRemoved {
        draft.note("\(door.displayName): \(DeviceIssue.removed.message)", .error, .lockSilent, of: door)
        draft.add(door.event(.deviceRemoved, at: now))
        // That it is gone says that it does not answer.
        (door.told.isConnected, door.told.disconnectedAt) = (false, now)
      }
    }
    self.tellReachability(of: &door, at: now, into: &draft)
    self.tellSubscription(of: &door, at: now, into: &draft)
    if door.told.steadiness.settled(at: now) == .stabilized {
      draft.add(door.event(.deviceConnectionStabilized, at: now))
    }
    door.told.fullSince = door.ledger.isFull ? door.told.fullSince ?? now : nil
  }

  private func tellReachability(of door: inout Door, at now: Timestamp, into draft: inout Draft) {
    if door.ledger.isReachable {
      guard door.told.isConnected != true else { return }
      (door.told.isConnected, door.told.disconnectedAt) = (true, nil)
      door.told.steadiness.regained(at: now)
      draft.add(door.event(.deviceConnected, at: now))
      draft.note("\(door.displayName): it answers", .notice, .lockAnswers, of: door)
    } else if let reason = door.lossCode, door.told.isConnected != false, door.isLossDue(at: now) {
      let wasConnected = door.told.isConnected == true
      (door.told.isConnected, door.told.disconnectedAt) = (false, now)
      let urgency: Note.Urgency = door.loss == .notAuthorized ? .error : .warning
      draft.note("\(door.displayName): \(door.silence?.message ?? reason)", urgency, .lockSilent, of: door)
      draft.add(
        door.event(
          .deviceDisconnected, at: now,
          self.issueMembers(of: door).merging(["error_code": .string(reason)]) { $1 }))
      guard wasConnected, door.told.steadiness.lost(at: now) == .becameFlaky else { return }
      draft.note("\(door.displayName): \(DeviceIssue.flaky.message)", .warning, .lockAlarm, of: door)
      draft.add(door.event(.deviceConnectionBecameFlaky, at: now, self.issueMembers(of: door)))
    }
  }

  private func tellSubscription(of door: inout Door, at now: Timestamp, into draft: inout Draft) {
    guard door.carrier.isSubscribed != (door.told.unpaidSince == nil) else { return }
    if door.carrier.isSubscribed {
      door.told.unpaidSince = nil
      draft.add(door.event(.deviceSubscriptionRequiredResolved, at: now))
    } else {
      door.told.unpaidSince = now
      draft.add(door.event(.deviceSubscriptionRequired, at: now, self.issueMembers(of: door)))
    }
  }

  /// The arrays of errors and warnings that some events about a lock carry.
  func issueMembers(of door: Door, code: AccessCodeView? = nil) -> [String: JSONValue] {
    func list(_ issues: [Issue], _ key: String) -> JSONValue {
      .array(
        issues.map {
          [key: .string($0.code), "message": .string($0.message), "created_at": .string($0.createdAt.iso8601)]
        })
    }
    let errors = self.errors(of: door)
    var members: [String: JSONValue] = [
      "device_errors": list(errors.filter { $0.scope == .device }, "error_code"),
      "device_warnings": list(self.warnings(of: door), "warning_code"),
      "connected_account_errors": list(errors.filter { $0.scope == .account }, "error_code"),
      "connected_account_warnings": [],
    ]
    if let code {
      members["access_code_errors"] = list(code.errors.filter { $0.scope == .accessCode }, "error_code")
      members["access_code_warnings"] = list(code.warnings.filter { $0.scope == .accessCode }, "warning_code")
    }
    return members
  }

  // MARK: What happened

  /// The carrier of a lock's link told how things stand.
  mutating func carrierChanged(_ lock: LockID, to carrier: LockCarrier, at now: Timestamp) -> [Effect] {
    guard let door = self.doors[lock], door.carrier != carrier else { return [] }
    return self.change(lock, .carrierChanged(carrier), at: now)
  }
}

extension Door {
  /// Why the lock cannot be reached, by the API's code; nil while it can, or while nothing is known yet.
  var lossCode: String? {
    if self.ledger.isReachable { return nil }
    if self.ledger.isAdapterGone { return "account_disconnected" }
    if !self.carrier.isHubConnected { return "hub_disconnected" }
    if self.loss != nil || !self.carrier.passesOn { return "device_disconnected" }
    return nil
  }

  /// False while its adapter is gone for so short a time that it is not told yet.
  func isLossDue(at now: Timestamp) -> Bool {
    // One that seems far away was put down before the clock was set back.
    self.adapterLossDue.map { now >= $0 || $0 - now > Adapter.radioPatience } ?? true
  }

  /// When there may be something new to tell of it by time alone; nil for never.
  var healthLookAgain: Timestamp? {
    [self.told.steadiness.settlesAt, self.told.isConnected == false ? nil : self.adapterLossDue].compactMap(\.self)
      .min()
  }

  /// The same as an error of the lock; nil also while its adapter is gone, whose own error says it.
  var silence: Issue? {
    if self.ledger.isReachable || self.ledger.isAdapterGone { return nil }
    let since = self.told.disconnectedAt ?? self.loadedAt
    if !self.carrier.isEnrolled { return Issue(.removed, since: since) }
    if !self.carrier.isHubConnected { return Issue(.hubGone, since: since) }
    switch self.loss {
    case .notAuthorized: return Issue(self.definition.isVisited ? .unpaired : .keyRefused, as: .silent, since: since)
    case .otherDevice(let found, let expected, let address):
      return Issue(
        code: DeviceIssue.silent.code,
        message:
          "Another device answers at address \(address) of its line: \(found) instead of \(expected). Nothing is sent to it. If it took the old one's place, write serial: \"\(found.serialDigits)\" at that device in bitting.yaml and restart bittingd; if not, put the plugs right.",
        createdAt: since, scope: .device)
    case nil where self.carrier.passesOn: return Issue(.neverHeard, since: since)
    default: return Issue(self.definition.isVisited ? .outOfReach : .silent, since: since)
    }
  }
}

extension Issue {
  /// The reason of one issue under the code of another.
  fileprivate init(_ issue: DeviceIssue, as other: DeviceIssue, since date: Timestamp) {
    self.init(code: other.code, message: issue.message, createdAt: date, scope: .device)
  }
}
