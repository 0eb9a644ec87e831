internal import LockCore
internal import OpenMetrics

/// What is measured of locks, codes, jobs and events. Labels name locks and adapters as the configuration does; never
/// a code, a PIN or a person.
extension Site {
  func metrics(at now: Timestamp) -> [MetricFamily] {
    self.lockMetrics(at: now) + self.codeMetrics(at: now) + self.tally.metrics
  }

  private func lockMetrics(at now: Timestamp) -> [MetricFamily] {
    var online = MetricFamily("bitting_lock_online", .gauge, "1 while the lock can be reached.")
    var managed = MetricFamily("bitting_lock_managed", .gauge, "1 while the gateway looks after the lock's codes.")
    var battery = MetricFamily("bitting_lock_battery", .gauge, unit: "ratio", "The lock's battery, 0 to 1.")
    var issues = MetricFamily("bitting_lock_issues", .gauge, "What is wrong with the lock, by severity.")
    var slots = MetricFamily("bitting_lock_slots_used", .gauge, "Slots of the lock that hold a code.")
    var waiting = MetricFamily(
      "bitting_lock_attempts_pending", .gauge, "What was asked of the lock and is not done yet.")
    var age = MetricFamily(
      "bitting_lock_oldest_change_age", .gauge, unit: "seconds",
      "How long the oldest change of a code that is due waits to be on the lock; 0 when none does.")
    for door in self.doors.values.sorted(by: { $0.definition.name < $1.definition.name }) {
      let name = door.definition.name
      online.add(door.ledger.isReachable, labels: ["lock": name])
      managed.add(door.ledger.isManaged, labels: ["lock": name])
      if let level = door.state.battery { battery.add(level, labels: ["lock": name]) }
      issues.add(self.errors(of: door).count, labels: ["lock": name, "severity": "error"])
      issues.add(self.warnings(of: door).count, labels: ["lock": name, "severity": "warning"])
      slots.add(door.ledger.slots.values.count { $0.holder != nil }, labels: ["lock": name])
      waiting.add(door.waiting.count, labels: ["lock": name])
      age.add(door.ledger.oldestChange(at: now).map { (now - $0).inSeconds } ?? 0, labels: ["lock": name])
    }
    return [online, managed, battery, issues, slots, waiting, age]
  }

  private func codeMetrics(at now: Timestamp) -> [MetricFamily] {
    var codes = MetricFamily("bitting_access_codes", .gauge, "Access codes by status.")
    var late = MetricFamily("bitting_access_codes_late", .gauge, "Access codes that are later than they should be.")
    var failing = MetricFamily("bitting_access_codes_failing", .gauge, "Access codes with something wrong.")
    var over = MetricFamily(
      "bitting_access_codes_over", .gauge, "Access codes whose end has passed, kept until somebody deletes them.")
    var unmanaged = MetricFamily("bitting_unmanaged_access_codes", .gauge, "Codes of others on the locks.")
    var exposed = MetricFamily(
      "bitting_access_codes_exposed", .gauge,
      "Codes with an end that the lock does not keep itself: without the gateway they would open on.")
    var offline = MetricFamily("bitting_offline_access_codes", .gauge, "Offline access codes that were given out.")
    var counts: [CodeState.Status: Int] = [:]
    var (lateCount, failingCount, exposedCount, strangers, offlineCount) = (0, 0, 0, 0, 0)
    for door in self.doors.values {
      for code in door.ledger.codes.values where !code.isInPool {
        let state = door.ledger.state(of: code, at: now)
        counts[state.status, default: 0] += 1
        if state.isLate { lateCount += 1 }
        if state.problem != nil { failingCount += 1 }
      }
      exposedCount += door.ledger.exposedCodes
      strangers += door.ledger.strangers.count
      offlineCount += door.offline?.codes.count ?? 0
    }
    for status in [CodeState.Status.unset, .setting, .set, .removing, .unknown] {
      codes.add(counts[status] ?? 0, labels: ["status": status.rawValue])
    }
    late.add(lateCount)
    failing.add(failingCount)
    exposed.add(exposedCount)
    over.add(self.codesOver(at: now))
    unmanaged.add(strangers)
    offline.add(offlineCount)
    return [codes, late, failing, over, exposed, unmanaged, offline]
  }

  /// How many codes have ended and are still there.
  func codesOver(at now: Timestamp) -> Int {
    self.doors.values.reduce(0) { count, door in
      count + door.ledger.codes.values.count { code in code.terms.window.map { $0.end <= now } ?? false }
    }
  }
}

extension SiteTally {
  /// The same for whoever scrapes.
  var metrics: [MetricFamily] {
    var jobs = MetricFamily("bitting_jobs", .counter, "What was done on locks, by kind and outcome.")
    var durations = MetricFamily(
      "bitting_job_duration", .histogram, unit: "seconds", "From giving a job to a driver to its end.")
    var told = MetricFamily("bitting_events", .counter, "Events in the journal, by type.")
    for kind in Kind.allCases {
      for outcome in Outcome.allCases {
        guard let count = self.outcomes[kind]?[outcome] else { continue }
        jobs.add(count, labels: ["kind": kind.rawValue, "outcome": outcome.rawValue])
      }
      if let histogram = self.durations[kind] { durations.add(histogram, labels: ["kind": kind.rawValue]) }
    }
    for (type, count) in self.events.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      told.add(count, labels: ["type": type.rawValue])
    }
    return [jobs, durations, told]
  }
}

extension LockLedger {
  /// When the oldest change was asked for that is due on the lock and not there yet.
  fileprivate func oldestChange(at now: Timestamp) -> Timestamp? {
    self.codes.values.filter { code in
      switch self.presence(of: code, at: now) {
      case .later: false
      case .over: self.slot(of: code.id) != nil
      case .due: !self.state(of: code, at: now).mutations.isEmpty
      }
    }.map { code in
      // A code that waited for its time is not late by that.
      switch self.presence(of: code, at: now) {
      case .over where !code.isDeleting: code.terms.window?.end ?? code.requestedAt
      default: max(code.requestedAt, code.terms.window.map { min($0.start, now) } ?? .distantPast)
      }
    }.min()
  }

  /// How many codes with an end lie on the lock without it.
  fileprivate var exposedCodes: Int {
    guard self.capabilities.codeStore != .gateway else { return 0 }
    return self.codes.values.count { code in
      guard code.isDeleting || code.terms.window != nil, let slot = self.slot(of: code.id) else { return false }
      return code.isDeleting || slot.written?.entry?.window == nil
    }
  }
}

extension Duration {
  /// In seconds.
  var inSeconds: Double {
    let (seconds, attoseconds) = self.components
    return Double(seconds) + Double(attoseconds) / 1e18
  }
}
