/// A PIN that a lock would go on to take if the gateway died now.
public struct Exposure: Hashable, Sendable {
  /// Why the lock would take it.
  public enum Reason: String, Hashable, Sendable {
    /// It is wanted, without end.
    case ongoing
    /// It is wanted, and the lock itself ends it.
    case endsByItself = "ends_by_itself"
    /// It is wanted for a time, and only the gateway can end it.
    case endNeedsGateway = "end_needs_gateway"
    /// It is not wanted any more, and was not proven to be gone.
    case removalPending = "removal_pending"
    /// The lock holds, or may hold, an earlier PIN or earlier times of it, or somebody's change.
    case changePending = "change_pending"
    /// Others put it on the lock.
    case unmanaged
  }

  /// The access code, or code of others, that it is of.
  public var code: AccessCodeID
  /// The slot that holds it.
  public var slot: Int
  /// Why the lock would take it.
  public var reason: Reason
  /// From when on; nil for now.
  public var opensFrom: Timestamp?
  /// Until when at the latest; nil when the lock would never end it.
  public var opensUntil: Timestamp?
  /// When it should end, or should have ended; nil when it has no end.
  public var shouldEndAt: Timestamp?
  /// When the lock last told what the slot holds; nil for never.
  public var observedAt: Timestamp?

  /// True when the door would open for longer than anybody wanted.
  public var isExcess: Bool {
    switch self.reason {
    case .endNeedsGateway, .removalPending, .changePending: true
    case .ongoing, .endsByItself, .unmanaged: false
    }
  }
}

extension LockLedger {
  /// Every PIN that the lock would go on to take if the gateway died now, by slot. What is in doubt counts as there.
  public func exposures(at now: Timestamp) -> [Exposure] {
    // Where the gateway decides, a dead gateway opens no door.
    guard case .slots = self.capabilities.codeStore else { return [] }
    return self.slots.values.sorted { $0.number < $1.number }.compactMap { slot in
      let held = self.mayHold(slot).filter { $0.window.map { now < $0.end } ?? true }
      guard !held.isEmpty else { return nil }
      if let holder = slot.holder, let code = self.codes[holder] {
        return self.exposure(of: code, in: slot, held, at: now)
      }
      guard let stranger = self.strangers[slot.number] else { return nil }
      return Exposure(
        code: stranger.id, slot: slot.number, reason: stranger.removal == nil ? .unmanaged : .removalPending,
        opensFrom: Self.start(of: held, after: now), opensUntil: Self.end(of: held),
        shouldEndAt: stranger.removal?.requestedAt, observedAt: slot.observed?.date)
    }
  }

  private func exposure(
    of code: CodeRecord, in slot: SlotRecord, _ held: [Content], at now: Timestamp
  ) -> Exposure {
    let presence = self.presence(of: code, at: now)
    var exposure = Exposure(
      code: code.id, slot: slot.number, reason: .ongoing, opensFrom: Self.start(of: held, after: now),
      opensUntil: Self.end(of: held), shouldEndAt: code.terms.window?.end, observedAt: slot.observed?.date)
    if let due = self.removalDue(of: code, presence) {
      (exposure.reason, exposure.shouldEndAt) = (.removalPending, due)
    } else if held.contains(where: { $0.pin != nil && $0.pin != code.terms.pin }) {
      exposure.reason = .changePending
    } else if let end = code.terms.window?.end {
      // On its own grid the lock may end it a little later.
      let kept = self.entry(for: code).window?.end
      if exposure.opensUntil.map({ $0 <= kept ?? end }) ?? false {
        exposure.reason = .endsByItself
      } else {
        exposure.reason = kept == nil ? .endNeedsGateway : .changePending
      }
    }
    return exposure
  }

  /// A PIN, nil where it is not known, and the times that the lock keeps with it, nil for none.
  private typealias Content = (pin: PINCode?, window: TimeWindow?)

  private func mayHold(_ slot: SlotRecord) -> [Content] {
    if slot.isProvenEmpty { return [] }
    var contents: [Content] = []
    if let entry = slot.written?.entry, slot.proof == .agrees {
      return [(entry.pin, entry.window)]
    }
    if let reading = slot.observed?.reading {
      switch reading.contents {
      case .empty: break
      case .code(let pin): contents.append((pin, reading.window))
      case .unreadable: contents.append((nil, reading.window))
      }
    }
    if let entry = slot.written?.entry, slot.proof == .missing { contents.append((entry.pin, entry.window)) }
    return contents
  }

  private static func end(of contents: [Content]) -> Timestamp? {
    let ends = contents.map { $0.window?.end ?? .distantFuture }
    return ends.max().flatMap { $0 == .distantFuture ? nil : $0 }
  }

  private static func start(of contents: [Content], after now: Timestamp) -> Timestamp? {
    let starts = contents.map { $0.window?.start ?? .distantPast }
    return starts.min().flatMap { $0 > now ? $0 : nil }
  }
}
