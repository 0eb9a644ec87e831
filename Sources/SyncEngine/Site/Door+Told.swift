internal import LockCore

extension Door {
  /// What the world was told of a lock; kept in the store, so that a restart tells nothing twice.
  struct Told: Hashable, Codable {
    /// True once it was told to be there, false once it was told not to be; nil before either.
    var isListed: Bool?
    /// The adapter that it hung on when it was last listed.
    var account: String?
    /// True once it was told to answer, false once it was told not to; nil before either.
    var isConnected: Bool?
    /// When it was told not to answer.
    var disconnectedAt: Timestamp?
    /// How steady its connection is.
    var steadiness = ConnectionSteadiness()
    /// True while it is told to be removed from its account.
    var isRemoved = false
    /// Since when it is told to want a subscription.
    var unpaidSince: Timestamp?
    /// True while it is told that the housing is open.
    var isTampered = false
    /// The battery's status told last; nil before the first.
    var battery: BatteryStatus?
    /// True while the keypad's battery is told to be low.
    var isKeypadBatteryLow = false
    /// True while the keypad is told to be gone.
    var isKeypadMissing = false
    /// Since when all its slots are taken.
    var fullSince: Timestamp?
    /// Openings and lockings from here that the lock's own log may tell, or tell again.
    var remoteActs: [RemoteAct] = []

    init() {}

    /// What was not kept yet by an earlier version was not told.
    init(from decoder: any Decoder) throws {
      let kept = try decoder.container(keyedBy: CodingKeys.self)
      self.isListed = try kept.decodeIfPresent(Bool.self, forKey: .isListed)
      self.account = try kept.decodeIfPresent(String.self, forKey: .account)
      self.isConnected = try kept.decodeIfPresent(Bool.self, forKey: .isConnected)
      self.disconnectedAt = try kept.decodeIfPresent(Timestamp.self, forKey: .disconnectedAt)
      self.steadiness = try kept.decodeIfPresent(ConnectionSteadiness.self, forKey: .steadiness) ?? .init()
      self.isRemoved = try kept.decodeIfPresent(Bool.self, forKey: .isRemoved) ?? false
      self.unpaidSince = try kept.decodeIfPresent(Timestamp.self, forKey: .unpaidSince)
      self.isTampered = try kept.decodeIfPresent(Bool.self, forKey: .isTampered) ?? false
      self.battery = try kept.decodeIfPresent(BatteryStatus.self, forKey: .battery)
      self.isKeypadBatteryLow = try kept.decodeIfPresent(Bool.self, forKey: .isKeypadBatteryLow) ?? false
      self.isKeypadMissing = try kept.decodeIfPresent(Bool.self, forKey: .isKeypadMissing) ?? false
      self.fullSince = try kept.decodeIfPresent(Timestamp.self, forKey: .fullSince)
      self.remoteActs = try kept.decodeIfPresent([RemoteAct].self, forKey: .remoteActs) ?? []
    }
  }

  /// An opening or locking from here.
  struct RemoteAct: Hashable, Codable {
    var isUnlocking: Bool
    var date: Timestamp
    /// The attempt whose outcome is not known: the lock's log, if it tells of the act, tells it for the first time.
    var unconfirmed: String?

    /// How far the lock's date of it may be from ours.
    private static let tolerance = Duration.minutes(2)

    func isTold(by record: LockRecord) -> Bool {
      let distance = record.date - self.date
      guard max(distance, .zero - distance) <= Self.tolerance else { return false }
      return record.happening == (self.isUnlocking ? .unlocked(.remote, nil) : .locked(.remote, nil))
    }
  }

  /// Puts down an opening or locking that the lock's log will tell as well; the oldest of many are forgotten.
  mutating func expectRecord(of attempt: ActionAttempt, isUnconfirmed: Bool, at date: Timestamp) {
    guard self.ledger.logCursor != nil else { return }
    self.told.remoteActs.append(
      RemoteAct(isUnlocking: attempt.kind == "UNLOCK_DOOR", date: date, unconfirmed: isUnconfirmed ? attempt.id : nil))
    if self.told.remoteActs.count > 8 { self.told.remoteActs.removeFirst() }
  }
}
