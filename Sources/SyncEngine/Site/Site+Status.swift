internal import LockCore

/// What operators see of the whole site.
extension Site {
  /// - Parameters:
  ///   - uptime: how long the daemon has been up.
  ///   - clock: whether the wall clock is kept, and whether the date stands still.
  ///   - now: the present.
  func status(uptime: Duration, clock: (isTrusted: Bool, isHeld: Bool), at now: Timestamp) -> StatusView {
    let managed = self.doors.values.filter(\.ledger.isManaged)
    var codes: [AccessCodeStatus: Int] = [:]
    var failed = 0
    for door in managed {
      for code in door.ledger.codes.values where !code.isInPool {
        let state = door.ledger.state(of: code, at: now)
        codes[AccessCodeStatus(rawValue: state.status.rawValue) ?? .unknown, default: 0] += 1
        if state.problem != nil { failed += 1 }
      }
      for record in door.offline?.codes.values ?? [:].values {
        codes[self.view(of: record, door: door, at: now).status, default: 0] += 1
      }
    }
    let lines = self.accounts.values.map { adapter in
      let doors = managed.filter { $0.account == adapter.id }
      return StatusView.Line(
        account: self.view(of: adapter), locks: doors.count, onlineLocks: doors.count { $0.ledger.isReachable })
    }
    let issues = managed.flatMap { door in
      self.errors(of: door).map {
        StatusView.LockIssue(lock: door.id, name: door.displayName, isError: true, issue: $0)
      }
        + self.warnings(of: door).map {
          StatusView.LockIssue(lock: door.id, name: door.displayName, isError: false, issue: $0)
        }
    }
    let exposures = self.exposures(lock: nil, at: now)
    return StatusView(
      workspace: WorkspaceView(
        id: self.workspaceID, name: self.name,
        isSandbox: self.doors.values.allSatisfy { $0.definition.simulation != nil }),
      timeZone: self.timeZone, now: now, uptime: uptime, isClockTrusted: clock.isTrusted, isClockHeld: clock.isHeld,
      storeFault: self.storeFault ?? ((try? self.store.synchronousLevel()) == nil ? "it cannot be read" : nil),
      locks: managed.count, onlineLocks: managed.count { $0.ledger.isReachable },
      lines: lines.sorted { $0.account.name < $1.account.name }, codes: codes, failedCodes: failed,
      exposures: exposures.count, excessExposures: exposures.count { $0.exposure.isExcess },
      issues: issues.sorted {
        ($0.isError ? 0 : 1, $0.name, $0.issue.code, $0.issue.message)
          < ($1.isError ? 0 : 1, $1.name, $1.issue.code, $1.issue.message)
      })
  }

  /// The PINs that locks would go on to take if the gateway died now, excesses first.
  /// - Parameter lock: of this lock alone; nil for all.
  func exposures(lock: LockID?, at now: Timestamp) -> [ExposureView] {
    self.doors.values.filter { lock == nil || $0.id == lock }.flatMap { door in
      door.ledger.exposures(at: now).map { exposure in
        let code = door.ledger.codes[exposure.code]
        return ExposureView(
          exposure: exposure, lock: door.id, lockName: door.displayName,
          name: code.map(\.terms.name) ?? door.ledger.stranger(exposure.code)?.name, isManaged: code != nil)
      }
    }.sorted {
      ($0.exposure.isExcess ? 0 : 1, $0.lockName, $0.exposure.slot)
        < ($1.exposure.isExcess ? 0 : 1, $1.lockName, $1.exposure.slot)
    }
  }
}
