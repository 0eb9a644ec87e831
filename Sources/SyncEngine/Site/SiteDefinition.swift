public import LockCore
public import LockTransport
public import OfflineCodes

/// What the configuration says is there: adapters, links and locks.
public struct SiteDefinition: Sendable {
  /// A bus or adapter; the API's connected account.
  public struct Account: Sendable {
    /// Its name in the configuration; identity for good.
    public var key: String
    /// What kind of bus or adapter, for people.
    public var kind: String
    /// Tells why the adapter cannot be used, nil while it can, for one consumer; nil for a bus, whose own link tells.
    public var states: (@Sendable () -> AsyncStream<String?>)?

    /// Makes an adapter.
    /// - Parameters:
    ///   - key: its name in the configuration.
    ///   - kind: what kind, for people.
    ///   - states: tells why the adapter cannot be used, nil while it can.
    public init(key: String, kind: String, states: (@Sendable () -> AsyncStream<String?>)? = nil) {
      self.key = key
      self.kind = kind
      self.states = states
    }
  }

  /// A lock.
  public struct Lock: Sendable {
    /// Its identity for good: its name in the configuration, or what it calls itself.
    public var key: String
    /// The name that is shown.
    public var name: String
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
    /// True when its link is opened on demand: it is reachable while its driver says so, link or none.
    public var isVisited: Bool
    /// The code lengths that clients may report of it, for a lock that cannot tell its own (contract R26); nil where
    /// they are known.
    public var reportableCodeLengths: ClosedRange<Int>?
    /// What a person can do at it, for a simulated lock; nil for a real one.
    public var simulation: LockSimulation?
    /// Tells how things stand with what carries its link, for one consumer; nil where nothing does.
    public var carrier: (@Sendable () -> AsyncStream<LockCarrier>)?

    /// Makes a lock.
    /// - Parameters:
    ///   - key: its identity for good.
    ///   - name: the name that is shown; the key when left out.
    ///   - account: key of its adapter.
    ///   - deviceType: the API's `device_type`.
    ///   - manufacturer: maker, for people.
    ///   - model: model, for people.
    ///   - capabilities: what it can do.
    ///   - isVisited: its link is opened on demand.
    ///   - simulation: what a person can do at it, when simulated.
    ///   - carrier: tells how things stand with what carries its link.
    public init(
      key: String, name: String? = nil, account: String, deviceType: String, manufacturer: String, model: String,
      capabilities: LockCapabilities, isVisited: Bool = false, simulation: LockSimulation? = nil,
      carrier: (@Sendable () -> AsyncStream<LockCarrier>)? = nil
    ) {
      self.key = key
      self.name = name ?? key
      self.account = account
      self.deviceType = deviceType
      self.manufacturer = manufacturer
      self.model = model
      self.capabilities = capabilities
      self.isVisited = isVisited
      self.simulation = simulation
      self.carrier = carrier
    }
  }

  /// What a driver is made from.
  public struct DriverSeed: Sendable {
    /// Each lock's id by its name in the configuration.
    public var lockIDs: [String: LockID]
    /// What the driver of this lock last asked to be kept; nil for nothing.
    public var memory: @Sendable (LockID) -> [UInt8]?
    /// What was last written to the slots of this lock: where a driver has kept nothing, it knows its codes by it.
    public var written: @Sendable (LockID) -> [Int: SlotEntry]
    /// The key of the door's offline codes; nil for a lock that takes none.
    public var offlineKey: @Sendable (LockID) -> OfflineDoorKey?

    /// What verifies offline codes at a door whose codes the gateway holds: by the gateway's clock, which needs no
    /// tolerance.
    public func offlineVerifier(of lock: LockID) -> OfflineVerifier? {
      self.offlineKey(lock).map { OfflineVerifier(key: $0, tolerance: .zero, kept: self.memory(lock)) }
    }

    /// Makes a seed.
    /// - Parameters:
    ///   - lockIDs: each lock's id by its name in the configuration.
    ///   - memory: what the driver of a lock last asked to be kept.
    ///   - written: what was last written to the slots of a lock.
    ///   - offlineKey: the key of the offline codes of a lock.
    public init(
      lockIDs: [String: LockID], memory: @escaping @Sendable (LockID) -> [UInt8]? = { _ in nil },
      written: @escaping @Sendable (LockID) -> [Int: SlotEntry] = { _ in [:] },
      offlineKey: @escaping @Sendable (LockID) -> OfflineDoorKey? = { _ in nil }
    ) {
      self.lockIDs = lockIDs
      self.memory = memory
      self.written = written
      self.offlineKey = offlineKey
    }
  }

  /// A byte channel and the driver that speaks over it.
  public struct Link: Sendable {
    /// How the channel is had.
    public enum Way: Sendable {
      /// It is kept open, and opened again when it is gone.
      case kept(LinkOpener)
      /// It is opened when the driver wants it.
      case onDemand(OnDemandLink)
    }

    /// Key of the adapter; its loss is the adapter's loss when `isBus`.
    public var account: String
    /// True for a bus or stick: when it is gone nothing is known of its locks. False for one lock's own channel:
    /// when it is closed that lock is merely out of reach.
    public var isBus: Bool
    /// How it is had.
    public var way: Way
    /// Makes the driver.
    public var driver: @Sendable (DriverSeed) -> any LockDriver
    /// Which link it is when the configuration is read again: the adapter's key unless it is set. Unique in a site.
    public var identity: String
    /// All of the configuration that the channel and the driver depend on. When that is still the same, a link with
    /// the same identity goes on undisturbed.
    public var basis: any Equatable & Sendable = true

    /// Makes a link that is kept open.
    /// - Parameters:
    ///   - account: key of the adapter.
    ///   - isBus: the adapter is this link.
    ///   - opener: how to open it.
    ///   - driver: makes the driver, given each lock's id by its name in the configuration.
    public init(
      account: String, isBus: Bool, opener: LinkOpener,
      driver: @escaping @Sendable ([String: LockID]) -> any LockDriver
    ) {
      self.account = account
      self.isBus = isBus
      self.way = .kept(opener)
      self.driver = { driver($0.lockIDs) }
      self.identity = account
    }

    /// Makes a link that is kept open, with a driver that remembers.
    /// - Parameters:
    ///   - account: key of the adapter.
    ///   - isBus: the adapter is this link.
    ///   - opener: how to open it.
    ///   - driver: makes the driver.
    public init(
      account: String, isBus: Bool, opener: LinkOpener,
      seeded driver: @escaping @Sendable (DriverSeed) -> any LockDriver
    ) {
      self.account = account
      self.isBus = isBus
      self.way = .kept(opener)
      self.driver = driver
      self.identity = account
    }

    /// Makes the link of one lock that is visited.
    /// - Parameters:
    ///   - account: key of the radio.
    ///   - onDemand: how to reach the lock.
    ///   - driver: makes the driver.
    public init(
      account: String, onDemand: OnDemandLink, driver: @escaping @Sendable (DriverSeed) -> any LockDriver
    ) {
      self.account = account
      self.isBus = false
      self.way = .onDemand(onDemand)
      self.driver = driver
      self.identity = account
    }

    /// True when the other is the same channel with the same driver.
    func isSame(as other: Link) -> Bool {
      func isEqual<Basis: Equatable>(_ mine: Basis) -> Bool { mine == other.basis as? Basis }
      return self.identity == other.identity && self.account == other.account && isEqual(self.basis)
    }
  }

  /// How long what is over is remembered.
  public struct Retention: Equatable, Sendable {
    /// Events; more than the 28 hours that a webhook's schedule takes.
    public var events = Duration.hours(24 * 90)
    /// Entries of the audit log.
    public var audit = Duration.hours(24 * 366)
    /// The most entries of the audit log.
    public var auditEntries = 100_000
    /// Action attempts that are finished.
    public var attempts = Duration.hours(24 * 90)
    /// Who held a slot of a lock before, for entries that the lock tells of later.
    public var tenancies = Duration.hours(24 * 90)

    /// Three months, the audit log for a year.
    public init() {}
  }

  /// The site's name.
  public var name: String
  /// IANA name of its time zone; nil when not configured.
  public var timeZone: String?
  /// How many codes are kept ready on a lock whose backup pool is on, 1 to 10.
  public var backupPoolSize = 3
  /// How long what is over is remembered.
  public var retention = Retention()
  /// Adapters.
  public var accounts: [Account]
  /// Locks; their keys are unique.
  public var locks: [Lock]
  /// Links.
  public var links: [Link]

  /// The links, no two with the same identity: where the configuration does not tell them apart, their order does.
  var identifiedLinks: [Link] {
    var counts: [String: Int] = [:]
    return self.links.map { link in
      var link = link
      counts[link.identity, default: 0] += 1
      if let count = counts[link.identity], count > 1 { link.identity += " \(count)" }
      return link
    }
  }

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
