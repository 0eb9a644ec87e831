internal import LockCore

/// Why a code is in its state: the ledger's own explanation, in words.
extension Site {
  func explanation(of id: AccessCodeID, isClockHeld: Bool, at now: Timestamp) throws(RequestFault) -> ExplanationView {
    if let (door, record) = self.offlineCode(id) {
      return self.explanation(of: record, door: door, isClockHeld: isClockHeld, at: now)
    }
    if let (door, code) = try? self.find(id) {
      return Self.explanation(
        door.ledger.explanation(of: code, at: now), of: code, self.view(of: code, door: door, at: now), door: door,
        isClockHeld: isClockHeld, at: now)
    }
    let (door, stranger) = try self.findStranger(id)
    return self.explanation(of: stranger, door: door, isClockHeld: isClockHeld, at: now)
  }

  private static func explanation(
    _ told: CodeExplanation, of code: CodeRecord, _ view: AccessCodeView, door: Door, isClockHeld: Bool,
    at now: Timestamp
  ) -> ExplanationView {
    var wanted = ExplanationView.Wanted(
      isOnLock: told.presence == .due, from: nil, removalDue: told.removalDue,
      isEndKeptByLock: door.ledger.isScheduledNatively(code))
    if case .later(let from) = told.presence { wanted.from = from }
    return ExplanationView(
      accessCode: view, deviceName: door.displayName, isDeviceOnline: door.ledger.isReachable,
      offlineSince: door.ledger.isReachable ? nil : door.told.disconnectedAt ?? door.loadedAt, wanted: wanted,
      slot: door.ledger.capabilities.codeStore == .gateway ? nil : told.slot?.number,
      write: told.slot.flatMap(Self.write), observed: Self.observed(told, of: code, door: door),
      attempt: told.attempt.map { attempt in
        ExplanationView.Attempt(
          isToSet: attempt.toSet, count: attempt.count, problem: attempt.problem,
          retryAt: attempt.notBefore == .distantFuture ? nil : attempt.notBefore)
      }, next: Self.next(told.next, door: door), isClockHeld: isClockHeld)
  }

  private static func write(_ slot: SlotRecord) -> String? {
    guard slot.written != nil else { return nil }
    switch slot.proof {
    case .agrees: return "confirmed"
    case .missing: return "unconfirmed"
    case .writeFailed: return "failed"
    case .drifted: return "changed_since"
    }
  }

  private static func observed(
    _ told: CodeExplanation, of code: CodeRecord, door: Door
  ) -> ExplanationView.Observed? {
    guard let slot = told.slot, let seen = slot.observed else { return nil }
    if door.ledger.capabilities.codeStore == .gateway {
      return .init(contents: told.state.isProven ? "wanted" : "earlier_code", proof: "gateway", date: seen.date)
    }
    let isProof = slot.proof == .agrees
    switch seen.reading.contents {
    case .empty: return .init(contents: "nothing", proof: "read_back", date: seen.date)
    case .code(let pin):
      let contents =
        told.state.isProven || pin == told.entry.pin
        ? "wanted" : pin == slot.written?.entry?.pin ? "earlier_code" : "other_code"
      return .init(contents: contents, proof: "read_back", date: seen.date)
    case .unreadable:
      return .init(
        contents: told.state.isProven ? "wanted" : isProof ? "earlier_code" : "something",
        proof: isProof ? (seen.reading.stamp == nil ? "slot_taken" : "change_counter") : nil, date: seen.date)
    }
  }

  private static func next(_ next: CodeExplanation.Next, door: Door) -> ExplanationView.Next {
    switch next {
    case .nothing(let rest): return Self.next(rest, door: door)
    case .now(let job): return .init(step: "now", message: "Now: \(Self.words(for: job)).")
    case .underWay(let job): return .init(step: "under_way", message: "Under way: \(Self.words(for: job)).")
    case .waits(let obstacle): return Self.next(obstacle)
    }
  }

  private static func next(_ rest: LockLedger.Rest, door: Door) -> ExplanationView.Next {
    switch rest {
    case .proven:
      .init(step: "nothing", message: "Nothing is to be done: the lock was seen to hold just what is wanted.")
    case .leftAlone:
      .init(
        step: "nothing",
        message: "Nothing is to be done: somebody changed it at the lock, and as asked that is left alone.")
    case .notYet(let from):
      .init(
        step: "waits", waitsFor: "time", notBefore: from,
        message: "It is put onto the lock when its time comes.")
    case .gone: .init(step: "nothing", message: "Nothing is to be done: it is over, and the lock does not hold it.")
    case .displaced:
      .init(
        step: "nothing", message: "Nothing is to be done: it is over, and somebody has put another code in its place.")
    case .heldByGateway:
      .init(
        step: "nothing",
        message: door.ledger.isReachable
          ? "Nothing is to be done: the gateway itself decides at this door, and takes it."
          : "Nothing is to be done: the gateway itself decides at this door, and takes it as soon as the reader answers."
      )
    }
  }

  private static func next(_ obstacle: CodeExplanation.Obstacle) -> ExplanationView.Next {
    func waits(
      _ what: String, _ message: String, notBefore: Timestamp? = nil, other: AccessCodeID? = nil
    ) -> ExplanationView.Next {
      .init(step: "waits", waitsFor: what, notBefore: notBefore, otherCode: other, message: message)
    }
    switch obstacle {
    case .adapter: return waits("adapter", "It waits until the adapter or line of the lock is there.")
    case .silence: return waits("lock_offline", "It waits until the lock answers.")
    case .busy(let job): return waits("lock_busy", "It waits while the lock is busy: \(Self.words(for: job)).")
    case .pause(let until):
      return waits("retry", "The last attempt came to nothing. It is tried again.", notBefore: until)
    case .request:
      return waits(
        "request",
        "The lock refuses it for good: it is tried again once the code is changed, or what stands in its way is gone.")
    case .freeSlot:
      return waits("free_slot", "It waits for a free slot: delete a code of this lock that is no longer needed.")
    case .look(let notBefore):
      return waits("look", "It waits until all slots of the lock have been looked at.", notBefore: notBefore)
    case .log: return waits("log", "It waits until the lock's log has been read.")
    case .code(let id, isRemoval: true):
      return waits("removal_of_other_code", "It waits until another code has been removed.", other: id)
    case .code(let id, isRemoval: false):
      return waits("other_code", "It waits until another code has been set, which is to open sooner.", other: id)
    case .stranger: return waits("removal_of_other_code", "It waits until a code of others has been removed.")
    case .unmanaged: return waits("management", "It waits until the lock is managed again.")
    }
  }

  private static func words(for job: Job) -> String {
    switch job {
    case .readSlots: "all slots are looked at"
    case .readSlot(let slot): "slot \(slot) is looked at"
    case .program(_, let slot, _): "the code is written into slot \(slot)"
    case .clear(_, let slot): "slot \(slot) is emptied"
    case .claim(_, let slot, _): "the code in slot \(slot) is taken over"
    case .evict(let slot, _): "a code of others is taken out of slot \(slot)"
    case .readLog: "the log is read"
    }
  }

  // MARK: Codes that no slot is planned for

  private func explanation(
    of record: OfflineCodeRecord, door: Door, isClockHeld: Bool, at now: Timestamp
  ) -> ExplanationView {
    let state = door.offline?.state(of: record, at: now) ?? .revoked
    let isToCome = state == .later || state == .near
    let message =
      switch state {
      case .later, .near: "Nothing is programmed: the door takes it by itself when its time comes."
      case .good: "Nothing is programmed: the door takes it by itself."
      case .unused:
        "The door does not take it any more: it was not used within 24 hours of its start, as far as is known."
      case .used: "It was used, and opens once only."
      case .over: "Its time is over."
      case .revoked: "The door has a new offline key since, and does not take it."
      }
    return ExplanationView(
      accessCode: self.view(of: record, door: door, at: now), deviceName: door.displayName,
      isDeviceOnline: door.ledger.isReachable,
      offlineSince: door.ledger.isReachable ? nil : door.told.disconnectedAt ?? door.loadedAt,
      next: .init(
        step: isToCome ? "waits" : "nothing", waitsFor: isToCome ? "time" : nil,
        notBefore: isToCome ? record.code.start : nil, message: message), isClockHeld: isClockHeld)
  }

  private func explanation(
    of stranger: StrangerRecord, door: Door, isClockHeld: Bool, at now: Timestamp
  ) -> ExplanationView {
    let seen = door.ledger.slots[stranger.slot]?.observed
    var next = ExplanationView.Next(step: "nothing", message: "Others put it on the lock; it is left alone.")
    if let removal = stranger.removal {
      let isPaused = removal.notBefore > now
      next = .init(
        step: "waits", waitsFor: door.ledger.isReachable ? (isPaused ? "retry" : "lock_busy") : "lock_offline",
        notBefore: isPaused ? removal.notBefore : nil, message: "It is taken off the lock, as was asked.")
    } else if stranger.isIrremovable {
      next.message = "Others put it on the lock, and the lock refuses to remove it."
    }
    return ExplanationView(
      accessCode: self.view(of: stranger, door: door, at: now), deviceName: door.displayName,
      isDeviceOnline: door.ledger.isReachable,
      offlineSince: door.ledger.isReachable ? nil : door.told.disconnectedAt ?? door.loadedAt, slot: stranger.slot,
      observed: seen.map { .init(contents: "other_code", proof: "read_back", date: $0.date) },
      attempt: stranger.removal.flatMap { removal in
        removal.count == 0
          ? nil
          : .init(
            isToSet: false, count: removal.count, problem: removal.problem, retryAt: removal.notBefore)
      }, next: next, isClockHeld: isClockHeld)
  }
}
