import LockCore

/// Shares the Bluetooth adapters of the box among all who want a link, as a value: what happened goes in, what to do
/// comes out. Times are uptimes.
///
/// It is a level, not an edge: after each happening every adapter does the next thing that it lacks. It is known what
/// it is, set up, switched on; then it connects where a link is wanted, else listens. Adapters are known by their
/// address; the number of the moment only routes commands.
struct Radio: Sendable {
  /// How the adapters are used.
  struct Configuration: Hashable, Sendable {
    /// Only these adapters are used; empty: all that there are.
    var adapters: [BluetoothAddress] = []
    /// So many links an adapter holds at a time.
    var maximumLinks = 5
    /// How long a peer may take to answer.
    var connectPatience = Duration.seconds(8)
  }

  /// A link that was handed over.
  struct Held: Hashable, Sendable {
    var peer: BluetoothAddress
    var adapter: BluetoothAddress
    /// Keys that are told before this belong to the pairing of this link.
    var pairsUntil: Duration?
  }

  /// How rfkill keeps an adapter off.
  struct Block: Hashable, Sendable {
    var soft: Bool
    var hard: Bool
  }

  /// How long a command may go unanswered; switching on may load firmware.
  static let commandPatience = Duration.seconds(10)
  static let powerPatience = Duration.seconds(30)
  /// How long a pairing may take, and an encryption with a key of before.
  static let pairingPatience = Duration.seconds(30)
  static let encryptionPatience = Duration.seconds(10)
  /// How long a wish waits at least for a busy radio, its deadline apart.
  static let queuePatience = Duration.seconds(30)
  /// How long it waits at most for a radio that is not there, its deadline apart.
  static let absencePatience = Duration.seconds(5)

  let configuration: Configuration
  var bonds: [BluetoothBond]
  var adapters: [UInt16: RadioAdapter] = [:]
  var waiting: [RadioWish] = []
  var held: [RadioAttemptID: Held] = [:]
  var ladder = RecoveryLadder()
  var notes = RadioNotes()
  /// By the adapter's number, which may come later than its switch.
  var blocks: [UInt16: Block] = [:]
  /// Peers whose bond was lost: when a new one was tried, if it was.
  var lostBonds: [BluetoothAddress: Duration?] = [:]
  /// The process id of bluetoothd, while it runs.
  var bluetoothd: Int32?
  /// Why there is no management channel; nil when there is one.
  private var channelProblem: String? = "Bluetooth is being started"
  private var indexListUntil: Duration?
  /// No adapter can be used since then; nil while one can.
  private(set) var unusableSince: Duration?
  private var toldState: String??
  private var toldDeadline: Duration?
  var effects: [RadioEffect] = []

  /// Begins without a channel.
  init(configuration: Configuration, bonds: [BluetoothBond]) {
    self.configuration = configuration
    self.bonds = bonds
  }

  // MARK: what happens

  /// The management channel is open.
  mutating func channelOpened(at now: Duration) -> [RadioEffect] {
    self.channelProblem = nil
    self.adapters = [:]
    self.indexListUntil = now + Self.commandPatience
    self.effects.append(.send(.readIndexList, to: ManagementCommand.noIndex))
    return self.settle(at: now)
  }

  /// There is no management channel, or no longer.
  mutating func channelClosed(_ problem: String, at now: Duration) -> [RadioEffect] {
    for index in Array(self.adapters.keys) { self.lose(index, at: now) }
    if self.channelProblem != problem { self.effects.append(.note(problem)) }
    self.channelProblem = problem
    self.indexListUntil = nil
    return self.settle(at: now)
  }

  /// The daemon ends: the adapters are left as they were found.
  mutating func ended() -> [RadioEffect] {
    for (index, adapter) in self.adapters where adapter.isOurs {
      self.effects.append(.send(.stopDiscovery, to: index))
    }
    defer { self.effects = [] }
    return self.effects
  }

  /// The kernel told something.
  mutating func received(_ packet: ManagementPacket, at now: Duration) -> [RadioEffect] {
    switch packet.event {
    case .answered(_, _, .indexList(let numbers)):
      self.indexListUntil = nil
      for number in numbers where self.adapters[number] == nil { self.gain(number, at: now) }
    case .indexAdded: self.gain(packet.index, at: now)
    case .indexRemoved: self.lose(packet.index, at: now)
    case .deviceFound(let advertisement): self.heard(advertisement, on: packet.index, at: now)
    default: self.happened(packet.event, to: packet.index, at: now)
    }
    return self.settle(at: now)
  }

  /// A switch of rfkill was read or has changed.
  mutating func blocked(_ index: UInt16, soft: Bool, hard: Bool, at now: Duration) -> [RadioEffect] {
    self.blocks[index] = Block(soft: soft, hard: hard)
    self.adapters[index]?.isSoftBlocked = soft
    self.adapters[index]?.isHardBlocked = hard
    if !soft, !hard { self.adapters[index]?.restsUntil = now }
    return self.settle(at: now)
  }

  /// An adapter could not be reset by rfkill.
  mutating func notReset(_ index: UInt16, _ problem: String, at now: Duration) -> [RadioEffect] {
    if let adapter = self.adapters[index] { self.noteOnce(problem, of: .adapter(Self.name(adapter))) }
    return self.settle(at: now)
  }

  /// Somebody looked whether bluetoothd runs.
  mutating func found(bluetoothd: Int32?, at now: Duration) -> [RadioEffect] {
    if bluetoothd != nil, self.bluetoothd == nil, let bluetoothd {
      self.effects.append(.note(Self.handOver(from: bluetoothd)))
    }
    if bluetoothd == nil, self.bluetoothd != nil {
      self.effects.append(.note("bluetoothd has ended: the adapters are this daemon's alone"))
      self.bluetoothd = nil
      self.adapters = self.adapters.mapValues { adapter in
        var adapter = adapter
        adapter.setup = self.setup(of: adapter)
        return adapter
      }
    }
    self.bluetoothd = bluetoothd
    return self.settle(at: now)
  }

  /// Who runs beside us, and how to be alone.
  static func handOver(from bluetoothd: Int32) -> String {
    "bluetoothd (pid \(bluetoothd)) uses the Bluetooth adapter too: locks are reached beside it, but those that need a bond are not, and stopping it cuts all links; to hand the adapter over run 'systemctl disable --now bluetooth'"
  }

  /// Somebody wants a link.
  mutating func wished(_ wish: RadioWish, at now: Duration) -> [RadioEffect] {
    var wish = wish
    wish.since = now
    self.waiting.append(wish)
    return self.settle(at: now)
  }

  /// Nobody wants it any more.
  mutating func withdrawn(_ id: RadioWishID, at now: Duration) -> [RadioEffect] {
    self.waiting.removeAll { $0.id == id }
    if let index = self.adapters.first(where: { $0.value.attempt?.wish.id == id })?.key {
      self.endAttempt(on: index, at: now)
    }
    return self.settle(at: now)
  }

  /// The peer answered.
  mutating func connected(_ id: RadioAttemptID, at now: Duration) -> [RadioEffect] {
    if let index = self.index(of: id) { self.connected(on: index, at: now) }
    return self.settle(at: now)
  }

  /// The link is encrypted.
  mutating func secured(_ id: RadioAttemptID, at now: Duration) -> [RadioEffect] {
    if let index = self.index(of: id) { self.secured(on: index, at: now) }
    return self.settle(at: now)
  }

  /// The connection could not be made or encrypted; its socket is closed.
  mutating func failed(_ id: RadioAttemptID, errno: Int32, at now: Duration) -> [RadioEffect] {
    if let index = self.index(of: id) { self.failed(on: index, errno: errno, at: now) }
    return self.settle(at: now)
  }

  /// A link that was handed over is closed.
  mutating func linkClosed(_ id: RadioAttemptID, at now: Duration) -> [RadioEffect] {
    self.held[id] = nil
    return self.settle(at: now)
  }

  /// The deadline last asked for has passed. Harmless when called early or twice.
  mutating func deadlinePassed(at now: Duration) -> [RadioEffect] { self.settle(at: now) }

  // MARK: steps

  /// Brings everything one step on, and says when to look again.
  private mutating func settle(at now: Duration) -> [RadioEffect] {
    if let until = self.indexListUntil, until <= now {
      self.indexListUntil = now + Self.commandPatience
      self.effects.append(.send(.readIndexList, to: ManagementCommand.noIndex))
    }
    for index in self.adapters.keys.sorted() { self.checkTimers(of: index, at: now) }
    self.unusableSince = self.isUsable ? nil : self.unusableSince ?? now
    self.refuseOverdue(at: now)
    self.assignWishes(at: now)
    for index in self.adapters.keys.sorted() { self.advance(index, at: now) }
    self.tellState()
    let deadline = self.nextDeadline(after: now)
    if deadline != self.toldDeadline {
      self.toldDeadline = deadline
      self.effects.append(.setDeadline(deadline))
    }
    defer { self.effects = [] }
    return self.effects
  }

  /// True when some adapter can be used now.
  var isUsable: Bool { self.adapters.values.contains { self.isWanted($0) && $0.isReady } }

  /// False for adapters that the configuration leaves to others.
  func isWanted(_ adapter: RadioAdapter) -> Bool {
    guard let address = adapter.address else { return self.configuration.adapters.isEmpty }
    return self.configuration.adapters.isEmpty || self.configuration.adapters.contains(address)
  }

  private mutating func tellState() {
    let state = self.isUsable ? nil : self.problem
    if self.toldState == .some(state) { return }
    self.toldState = .some(state)
    self.effects.append(.state(state))
  }

  private var problem: String {
    if let problem = self.channelProblem { return problem }
    if self.indexListUntil != nil { return "Bluetooth is being started" }
    let wanted = self.adapters.values.filter(self.isWanted).sorted { $0.index < $1.index }
    if let problem = wanted.lazy.compactMap(\.problem).first { return problem }
    if let missing = self.configuration.adapters.first {
      return "the Bluetooth adapter \(missing) is not plugged in"
    }
    return "no Bluetooth adapter is plugged in"
  }

  private func nextDeadline(after now: Duration) -> Duration? {
    var times = self.waiting.flatMap { [self.limit(of: $0), $0.restsUntil] }
    if let until = self.indexListUntil { times.append(until) }
    for adapter in self.adapters.values where self.isWanted(adapter) {
      times += self.timers(of: adapter)
    }
    return times.filter { $0 > now }.min()
  }
}
