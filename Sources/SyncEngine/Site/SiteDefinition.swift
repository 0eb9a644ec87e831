public import LockCore
public import LockTransport

/// What the configuration says is there: adapters, links and locks.
public struct SiteDefinition: Sendable {
  /// A bus or adapter; the API's connected account.
  public struct Account: Sendable {
    /// Its name in the configuration; identity for good.
    public var key: String
    /// What kind of bus or adapter, for people.
    public var kind: String

    /// Makes an adapter.
    /// - Parameters:
    ///   - key: its name in the configuration.
    ///   - kind: what kind, for people.
    public init(key: String, kind: String) {
      self.key = key
      self.kind = kind
    }
  }

  /// A lock.
  public struct Lock: Sendable {
    /// Its name in the configuration; identity for good.
    public var key: String
    /// Key of the adapter it hangs on.
    public var account: String
    /// The API's `device_type`.
    public var deviceType: String
    /// Maker, for people.
    public var manufacturer: String
    /// Model, for people.
    public var model: String
    /// What it can do.
    public var capabilities: LockCapabilities
    /// What a person can do at it, for a simulated lock; nil for a real one.
    public var simulation: LockSimulation?

    /// Makes a lock.
    /// - Parameters:
    ///   - key: its name in the configuration.
    ///   - account: key of its adapter.
    ///   - deviceType: the API's `device_type`.
    ///   - manufacturer: maker, for people.
    ///   - model: model, for people.
    ///   - capabilities: what it can do.
    ///   - simulation: what a person can do at it, when simulated.
    public init(
      key: String, account: String, deviceType: String, manufacturer: String, model: String,
      capabilities: LockCapabilities, simulation: LockSimulation? = nil
    ) {
      self.key = key
      self.account = account
      self.deviceType = deviceType
      self.manufacturer = manufacturer
      self.model = model
      self.capabilities = capabilities
      self.simulation = simulation
    }
  }

  /// A byte channel and the driver that speaks over it.
  public struct Link: Sendable {
    /// Key of the adapter; its loss is the adapter's loss when `isBus`.
    public var account: String
    /// True for a bus or stick: when it is gone nothing is known of its locks. False for one lock's own channel:
    /// when it is closed that lock is merely out of reach.
    public var isBus: Bool
    /// How to open it.
    public var opener: LinkOpener
    /// Makes the driver, given each lock's id by its name in the configuration.
    public var driver: @Sendable ([String: LockID]) -> any LockDriver

    /// Makes a link.
    /// - Parameters:
    ///   - account: key of the adapter.
    ///   - isBus: the adapter is this link.
    ///   - opener: how to open it.
    ///   - driver: makes the driver.
    public init(
      account: String, isBus: Bool, opener: LinkOpener,
      driver: @escaping @Sendable ([String: LockID]) -> any LockDriver
    ) {
      self.account = account
      self.isBus = isBus
      self.opener = opener
      self.driver = driver
    }
  }

  /// The site's name.
  public var name: String
  /// IANA name of its time zone; nil when not configured.
  public var timeZone: String?
  /// Adapters.
  public var accounts: [Account]
  /// Locks; their keys are unique.
  public var locks: [Lock]
  /// Links.
  public var links: [Link]

  /// Makes a definition.
  /// - Parameters:
  ///   - name: the site's name.
  ///   - timeZone: IANA name of its time zone.
  ///   - accounts: adapters.
  ///   - locks: locks.
  ///   - links: links.
  public init(name: String, timeZone: String? = nil, accounts: [Account] = [], locks: [Lock] = [], links: [Link] = []) {
    self.name = name
    self.timeZone = timeZone
    self.accounts = accounts
    self.locks = locks
    self.links = links
  }
}

/// What a person can do at a simulated lock.
public struct LockSimulation: Sendable {
  /// Types these digits and ends the entry.
  public var type: @Sendable (PINCode) async -> Void
  /// Locks by hand or at the keypad; nil where the lock has no such button.
  public var lockByHand: (@Sendable () async -> Void)?

  /// Makes a set of actions.
  /// - Parameters:
  ///   - type: types digits.
  ///   - lockByHand: locks by hand.
  public init(type: @escaping @Sendable (PINCode) async -> Void, lockByHand: (@Sendable () async -> Void)? = nil) {
    self.type = type
    self.lockByHand = lockByHand
  }
}
