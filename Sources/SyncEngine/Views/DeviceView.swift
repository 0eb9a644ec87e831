public import LockCore

/// A lock as a reader of the API sees it.
public struct DeviceView: Sendable {
  /// Its id, the same for good.
  public var id: LockID
  /// False while the gateway does nothing there but notice whether it answers.
  public var isManaged = true
  /// The adapter or bus that it hangs on.
  public var account: String
  /// The name in the configuration.
  public var name: String
  /// The name given over the API; nil for none.
  public var nickname: String?
  /// The API's `device_type`.
  public var deviceType: String
  /// Maker, for people.
  public var manufacturer: String
  /// Model, for people.
  public var model: String
  /// Serial number, once the wire told it.
  public var serial: String?
  /// True while the lock answers.
  public var isOnline: Bool
  /// What can be simulated at it; nil for a real lock.
  public var simulation: SimulationView?
  /// What it can do.
  public var capabilities: LockCapabilities
  /// True while backup codes are kept ready on it.
  public var keepsBackups: Bool
  /// The last facts told by the lock.
  public var state: LockState
  /// How full its battery is; nil where the lock does not tell.
  public var batteryStatus: BatteryStatus?
  /// True when a lock that takes a keypad has none.
  public var isKeypadMissing: Bool
  /// True while somebody inside wants to be left alone: nothing from outside works.
  public var isPrivate: Bool
  /// IANA name of the site's time zone; nil when not configured.
  public var timeZone: String?
  /// Free members set over the API.
  public var customMetadata: [String: JSONValue]
  /// When it was first configured.
  public var createdAt: Timestamp
  /// What is wrong, that of its adapter included.
  public var errors: [Issue]
  /// What should be known.
  public var warnings: [Issue]
}

/// What can be simulated at a lock now.
public struct SimulationView: Sendable {
  /// True when its connection, hub, account membership and subscription can be played with.
  public var hasConnection: Bool
  /// What its carrier says.
  public var carrier: LockCarrier

  /// Describes what can be simulated.
  /// - Parameters:
  ///   - hasConnection: its connection can be played with.
  ///   - carrier: what its carrier says.
  public init(hasConnection: Bool, carrier: LockCarrier) {
    self.hasConnection = hasConnection
    self.carrier = carrier
  }
}

/// A bus or adapter as a reader of the API sees it: a connected account.
public struct AccountView: Sendable {
  /// Its id, the same for good.
  public var id: String
  /// The name in the configuration.
  public var name: String
  /// What kind of bus or adapter, for people.
  public var kind: String
  /// When it was first configured.
  public var createdAt: Timestamp
  /// What is wrong with it.
  public var errors: [Issue]
}

/// The site as a reader of the API sees it.
public struct WorkspaceView: Sendable {
  /// Its id, the same for good.
  public var id: String
  /// Its name.
  public var name: String
  /// True when every lock is simulated.
  public var isSandbox: Bool
}

/// Something that was asked of a lock and takes its time.
public struct ActionAttempt: Sendable {
  /// How far it is.
  public enum Status: Sendable {
    /// Not done yet.
    case pending
    /// Done, with what the API shows as `result`.
    case success(JSONValue)
    /// Failed, with the API's error type and a sentence.
    case error(type: String, message: String)
  }

  /// Its id.
  public var id: String
  /// The API's `action_type`, for example `UNLOCK_DOOR`.
  public var kind: String
  /// The lock it is for.
  public var device: LockID
  /// When it was asked for.
  public var createdAt: Timestamp
  /// How far it is.
  public var status: Status

  /// True when it opens or locks.
  var movesBolt: Bool { self.kind == "LOCK_DOOR" || self.kind == "UNLOCK_DOOR" }

  /// True until it has succeeded or failed.
  public var isPending: Bool { if case .pending = self.status { true } else { false } }
}

/// An event as it was recorded; what the API shows and what a webhook gets are ``payload``.
public struct EventView: Sendable {
  /// Its place in the journal, counting up.
  public var sequence: Int64
  /// The whole event object, `event_id` and `event_type` included.
  public var payload: JSONValue
}

/// Which events to read; nil members do not restrict, empty arrays match nothing.
public struct EventFilter: Sendable {
  /// Stored after this instant.
  public var after: Timestamp?
  /// Stored before this instant.
  public var before: Timestamp?
  /// These events only.
  public var ids: [String]?
  /// These types only.
  public var types: [String]?
  /// These locks only.
  public var devices: [LockID]?
  /// These access codes only.
  public var accessCodes: [AccessCodeID]?
  /// This adapter only.
  public var account: String?
  /// At most so many, oldest first; for ``newestFirst`` the newest ones.
  public var limit: Int
  /// So many of the first are left out.
  public var offset: Int
  /// Newest first instead of oldest first.
  public var newestFirst: Bool

  /// Makes a filter that matches the first 500 events.
  public init() {
    (self.limit, self.offset, self.newestFirst) = (500, 0, false)
  }
}
