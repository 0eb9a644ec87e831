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
    var drift: CodeRecord.Drift.Kind?
    var confirmed: CodeRecord.Terms?
  }

  private var codes: [AccessCodeID: Known] = [:]
  private var deleted: Set<AccessCodeID> = []
  private var strangers: [Int: AccessCodeID] = [:]

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
      let (problem, drift) = (state.problem?.code, code.announced.drift?.kind)
      let isDue = ledger.presence(of: code, at: now) == .due
      expectTold(.failedToSet(id), isDue && problem != nil && problem != known.problem)
      expectTold(.failedToRemove(id), !isDue && problem != nil && problem != known.problem)
      expectTold(.removedAtLock(id), drift == .removed && known.drift != .removed)
      expectTold(.modifiedAtLock(id), drift != nil && drift != .removed && drift != known.drift)
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
