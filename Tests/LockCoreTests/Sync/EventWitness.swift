import LockCore

/// Somebody who hears only the events, and checks that each is true when it is told, is told once, and that nothing
/// true is left out.
struct EventWitness {
  private struct Known {
    var status = CodeState.Status.unset
    var isScheduled = false
    var isLate = false
    var isOnLock = false
    var problem: String?
    var drift: CodeRecord.Drift?
    var confirmed: CodeRecord.Terms?
  }

  private var codes: [AccessCodeID: Known] = [:]
  private var deleted: Set<AccessCodeID> = []
  private var strangers: [Int: AccessCodeID] = [:]
  private var failedEvictions: Set<AccessCodeID> = []

  /// A code of others became ours, which is no news by itself.
  mutating func adopted(_ code: CodeRecord, from slot: Int) {
    self.strangers[slot] = nil
    self.codes[code.id] = Known(
      status: code.announced.isSet ? .set : .unset, isScheduled: code.announced.isScheduled, isOnLock: true,
      confirmed: code.terms)
  }

  /// A code of ours was handed back.
  mutating func released(_ stranger: StrangerRecord) {
    self.codes[stranger.id] = nil
    self.strangers[stranger.slot] = stranger.id
  }

  /// What does not fit, in words; empty when all is well.
  mutating func check(
    _ events: [CodeEvent], against ledger: LockLedger, _ states: [AccessCodeID: CodeState], at now: Timestamp
  ) -> [String] {
    var faults: [String] = []
    func expect(_ isTrue: Bool, _ words: @autoclosure () -> String) {
      if !isTrue { faults.append(words()) }
    }
    var told: [AccessCodeID: [CodeEvent]] = [:]
    for event in events {
      switch event {
      case .strangerFound(let stranger):
        expect(self.strangers.updateValue(stranger.id, forKey: stranger.slot) == nil, "found twice: \(event)")
      case .strangerGone(let stranger):
        expect(self.strangers.removeValue(forKey: stranger.slot) == stranger.id, "gone but never found: \(event)")
      case .failedToEvict(let id): expect(self.failedEvictions.insert(id).inserted, "told twice: \(event)")
      case .scheduled(let id), .set(let id), .changed(let id, _), .removed(let id), .late(let id), .failedToSet(let id),
        .failedToRemove(let id), .modifiedAtLock(let id), .removedAtLock(let id):
        expect(!self.deleted.contains(id), "told after deletion: \(event)")
        told[id, default: []].append(event)
      case .deleted(let code):
        expect(ledger.codes[code.id] == nil, "deleted but still there: \(event)")
        expect(self.deleted.insert(code.id).inserted, "deleted twice: \(event)")
        expect(code.isDeleting, "deleted unasked: \(event)")
        let was = self.codes.removeValue(forKey: code.id)
        expect(told[code.id, default: []].contains(.removed(code.id)) == (was?.isOnLock ?? false), "removed: \(event)")
      }
    }
    expect(self.strangers == ledger.strangers.mapValues(\.id), "strangers \(self.strangers) \(ledger.strangers)")
    for (id, code) in ledger.codes {
      guard let state = states[id] else { continue }
      let events = told[id] ?? []
      var known = self.codes[id] ?? Known()
      func expectTold(_ event: CodeEvent, _ isDue: Bool) {
        expect(events.filter { $0 == event }.count == (isDue ? 1 : 0), "\(event) \(isDue) \(events) \(state)")
      }
      expectTold(.set(id), state.status == .set && known.status != .set)
      expectTold(.scheduled(id), state.isScheduled && !known.isScheduled)
      expectTold(.late(id), state.isLate && !known.isLate)
      let isOnLock = (known.isOnLock || state.status == .set || state.isScheduled) && ledger.slot(of: id) != nil
      expectTold(.removed(id), known.isOnLock && !isOnLock)
      let (problem, drift) = (state.problem?.code, code.announced.drift)
      let isDue = ledger.presence(of: code, at: now) == .due
      expectTold(.failedToSet(id), isDue && problem != nil && problem != known.problem)
      expectTold(.failedToRemove(id), !isDue && problem != nil && problem != known.problem)
      let isNewDrift = drift != nil && (drift?.kind, drift?.look) != (known.drift?.kind, known.drift?.look)
      expectTold(.removedAtLock(id), isNewDrift && drift?.kind == .removed)
      expectTold(.modifiedAtLock(id), isNewDrift && drift?.kind != .removed)
      let confirmed = code.announced.confirmed
      if let before = known.confirmed {
        expectTold(.changed(id, from: before), confirmed != nil && confirmed != before)
      }
      known = Known(
        status: state.status, isScheduled: state.isScheduled, isLate: state.isLate, isOnLock: isOnLock,
        problem: problem, drift: drift, confirmed: confirmed)
      self.codes[id] = known
    }
    return faults
  }
}
