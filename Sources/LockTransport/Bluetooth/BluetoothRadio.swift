import CBlueZ
import CTermios
public import LockCore

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// The Bluetooth LE radio of the box: hears devices, and opens links to them, one adapter or several shared by all who
/// ask.
///
/// Links are ATT channels: one message is one PDU. Nothing is opened before ``run()``.
public actor BluetoothRadio {
  /// How the adapters are used.
  public struct Configuration: Hashable, Sendable {
    /// Only the adapters with these addresses are used; empty: all that there are.
    public var adapters: [BluetoothAddress]
    /// So many links an adapter holds at a time; what it can bear depends on its make. At least 1.
    public var maximumLinks: Int
    /// How long a device may take to answer before it counts as absent.
    public var connectPatience: Duration

    /// Makes settings.
    /// - Parameters:
    ///   - adapters: only these adapters are used; empty: all.
    ///   - maximumLinks: links an adapter holds at a time; less than 1 is taken for 1.
    ///   - connectPatience: how long a device may take to answer.
    public init(
      adapters: [BluetoothAddress] = [], maximumLinks: Int = 5, connectPatience: Duration = .seconds(8)
    ) {
      self.adapters = adapters
      self.maximumLinks = max(1, maximumLinks)
      self.connectPatience = connectPatience
    }
  }

  /// Where bonds are kept. Called in order, one at a time.
  public struct BondStore: Sendable {
    /// All that are kept; called once, at the start.
    public var load: @Sendable () async -> [BluetoothBond]
    /// Keeps one, in place of the one between the same adapter and device.
    public var keep: @Sendable (BluetoothBond) async -> Void
    /// Throws away the one between these two.
    public var forget: @Sendable (_ adapter: BluetoothAddress, _ peer: BluetoothAddress) async -> Void

    /// Makes a store of functions.
    /// - Parameters:
    ///   - load: gives all bonds.
    ///   - keep: keeps one.
    ///   - forget: throws one away.
    public init(
      load: @escaping @Sendable () async -> [BluetoothBond],
      keep: @escaping @Sendable (BluetoothBond) async -> Void,
      forget: @escaping @Sendable (_ adapter: BluetoothAddress, _ peer: BluetoothAddress) async -> Void
    ) {
      self.load = load
      self.keep = keep
      self.forget = forget
    }

    /// Keeps nothing: bonds last until the adapter or the daemon goes.
    public static var none: Self { Self(load: { [] }, keep: { _ in }, forget: { _, _ in }) }
  }

  private enum BondChange: Sendable {
    case keep(BluetoothBond)
    case forget(adapter: BluetoothAddress, peer: BluetoothAddress)
  }

  /// How often a kernel without Bluetooth is asked again, and how often bluetoothd is looked for.
  private static let channelRetry = Duration.seconds(60)
  private static let channelRest = Duration.seconds(1)
  private static let lookInterval = Duration.seconds(15)

  private let configuration: Configuration
  private let bonds: BondStore
  private let lender = BluetoothLender()
  private let reactor: Reactor
  private let note: @Sendable (String) -> Void
  private nonisolated let air = BluetoothAir()
  private let bondChanges: AsyncStream<BondChange>
  private let changeBond: AsyncStream<BondChange>.Continuation

  private var radio: Radio?
  private var control: Link?
  private var clock: Link?
  private var deadline: Duration?
  private var switches = RadioSwitches()
  private var sockets: [RadioAttemptID: ATTSocket] = [:]
  private var waiters: [RadioWishID: CheckedContinuation<Result<Link, LinkRefusal>, Never>] = [:]
  private var lastID: RadioWishID = 0
  /// What was wished before the radio ran.
  private var early: [RadioWish] = []
  private var hasEnded = false

  /// Makes a radio; opens nothing.
  /// - Parameters:
  ///   - configuration: how the adapters are used.
  ///   - bonds: where bonds are kept.
  ///   - reactor: serves all descriptors.
  ///   - note: takes sentences for the log; called from any thread.
  public init(
    configuration: Configuration = Configuration(), bonds: BondStore = .none, reactor: Reactor,
    note: @escaping @Sendable (String) -> Void
  ) {
    self.configuration = configuration
    self.bonds = bonds
    self.reactor = reactor
    self.note = note
    // One pairing gives a handful.
    (self.bondChanges, self.changeBond) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
  }

  // MARK: for those who want something of it

  /// A way to one device.
  /// - Parameters:
  ///   - peer: the device.
  ///   - needsBond: its links are encrypted; the first one pairs with it (Just Works), for which it must be ready.
  public nonisolated func way(to peer: BluetoothAddress, needsBond: Bool = false) -> OnDemandLink {
    OnDemandLink(
      open: { before, _ in await self.open(to: peer, before: before, needsBond: needsBond) },
      advertisements: { self.air.advertisements(of: peer, capacity: 8) })
  }

  /// Everything that is heard from now on; the newest 256 wait when the consumer is slow. A device that says the same
  /// again within a second is told once.
  public nonisolated func scan() -> AsyncStream<Advertisement> {
    self.air.advertisements(of: nil, capacity: 256)
  }

  /// Why no device can be reached, in words that say what to do; nil while there is an adapter that can be used. Begins
  /// with the present.
  public nonisolated var states: AsyncStream<String?> { self.air.problems() }

  /// What there is of Bluetooth on this box; works without ``run()``.
  public nonisolated func condition() async -> BluetoothCondition {
    await BluetoothCondition.look(on: self.reactor)
  }

  private func open(
    to peer: BluetoothAddress, before: Duration, needsBond: Bool
  ) async -> Result<Link, LinkRefusal> {
    self.lastID += 1
    let id = self.lastID
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if Task.isCancelled { return continuation.resume(returning: .failure(.busy)) }
        if self.hasEnded { return continuation.resume(returning: .failure(.noRadio)) }
        self.waiters[id] = continuation
        self.wish(RadioWish(id: id, peer: peer, before: before, needsBond: needsBond))
      }
    } onCancel: {
      Task { await self.withdraw(id) }
    }
  }

  private func wish(_ wish: RadioWish) {
    if self.radio != nil { return self.happened { $0.wished(wish, at: $1) } }
    // The radio is about to run, and has no clock yet.
    self.early.append(wish)
    Task {
      try? await Task.sleep(for: Radio.absencePatience)
      self.giveUpEarly(wish.id)
    }
  }

  private func giveUpEarly(_ id: RadioWishID) {
    guard let place = self.early.firstIndex(where: { $0.id == id }) else { return }
    self.early.remove(at: place)
    self.waiters.removeValue(forKey: id)?.resume(returning: .failure(.noRadio))
  }

  private func withdraw(_ id: RadioWishID) {
    guard let waiter = self.waiters.removeValue(forKey: id) else { return }
    self.early.removeAll { $0.id == id }
    waiter.resume(returning: .failure(.busy))
    self.happened { $0.withdrawn(id, at: $1) }
  }

  /// Has the radio call `answered` once it has come to what was told to it before.
  public nonisolated func ask(_ answered: @escaping @Sendable () -> Void) {
    Task { await self.answer(answered) }
  }

  private func answer(_ answered: @Sendable () -> Void) { answered() }

  // MARK: running

  /// Uses the adapters until the task is cancelled; once. Links that were handed over live on.
  public func run() async {
    if let warning = KernelRelease.running.warning { self.note(warning) }
    let settings = Radio.Configuration(
      adapters: self.configuration.adapters, maximumLinks: self.configuration.maximumLinks,
      connectPatience: self.configuration.connectPatience)
    let radio = Radio(configuration: settings, bonds: await self.bonds.load())
    guard let clock = try? self.reactor.makeClock() else { return self.end() }
    self.clock = clock
    self.radio = radio
    for wish in self.early { self.happened { $0.wished(wish, at: $1) } }
    self.early = []
    self.look()
    // Not cancelled: a bond that was just made is kept even while the daemon ends.
    let keeper = Task { await self.keepBonds() }
    await withTaskGroup { group in
      group.addTask { await self.keepTime(clock) }
      group.addTask { await self.keepSwitches() }
      group.addTask { await self.keepControl() }
      group.addTask { await self.keepLooking() }
      await group.waitForAll()
    }
    self.end()
    self.changeBond.finish()
    await keeper.value
  }

  private func end() {
    self.happened { radio, _ in radio.ended() }
    self.radio = nil
    self.hasEnded = true
    for link in [self.clock, self.control, self.switches.link] { link?.close() }
    for socket in self.sockets.values { socket.link.close() }
    for waiter in self.waiters.values { waiter.resume(returning: .failure(.noRadio)) }
    self.sockets = [:]
    self.waiters = [:]
    self.early = []
    self.air.tell(problem: "the daemon is shutting down")
  }

  private func keepTime(_ clock: Link) async {
    for await event in clock.events {
      if event == .deadlinePassed { self.happened { $0.deadlinePassed(at: $1) } }
    }
  }

  private func keepBonds() async {
    for await change in self.bondChanges {
      switch change {
      case .keep(let bond): await self.bonds.keep(bond)
      case .forget(let adapter, let peer): await self.bonds.forget(adapter, peer)
      }
    }
  }

  private func keepLooking() async {
    while !Task.isCancelled {
      try? await Task.sleep(for: Self.lookInterval)
      self.look()
    }
  }

  private func look() {
    let pid = unsafe cbluez_find_process("bluetoothd")
    self.happened { $0.found(bluetoothd: pid > 0 ? pid : nil, at: $1) }
  }

  private func keepSwitches() async {
    // Without it the kernel still says of each adapter whether it is blocked.
    guard let link = self.switches.open(on: self.reactor, lender: self.lender) else { return }
    for await case .bytes(let bytes) in link.events {
      guard let block = self.switches.changed(bytes) else { continue }
      self.happened { $0.blocked(block.index, soft: block.isSoft, hard: block.isHard, at: $1) }
    }
  }

  private func keepControl() async {
    while !Task.isCancelled {
      do {
        let control = try Link.bluetoothManagement(on: self.reactor, lender: self.lender)
        self.control = control
        self.happened { $0.channelOpened(at: $1) }
        let fault = await self.serve(control)
        control.close()
        self.control = nil
        if Task.isCancelled { return }
        self.happened { $0.channelClosed("the kernel's Bluetooth management channel has closed: \(fault)", at: $1) }
        try? await Task.sleep(for: Self.channelRest)
      } catch {
        let problem = ManagementFault(error).description
        self.happened { $0.channelClosed(problem, at: $1) }
        try? await Task.sleep(for: Self.channelRetry)
      }
    }
  }

  private func serve(_ control: Link) async -> LinkFault {
    for await event in control.events {
      switch event {
      case .bytes(let bytes):
        guard let packet = ManagementPacket(bytes) else { continue }
        self.happened { $0.received(packet, at: $1) }
      case .deadlinePassed: break
      case .closed(let fault): return fault
      }
    }
    return .hungUp
  }

  // MARK: performing

  /// Tells the radio what happened and performs what it asks for.
  private func happened(_ what: (inout Radio, Duration) -> [RadioEffect]) {
    guard var radio = self.radio else { return }
    // Nobody else may hold it, or each change would copy it.
    self.radio = nil
    var effects = what(&radio, Reactor.uptime)
    var next = 0
    while next < effects.count {
      let effect = effects[next]
      next += 1
      effects += self.perform(effect).map { $0(&radio) } ?? []
    }
    self.radio = radio
  }

  /// Performs one effect.
  /// - Returns: what happened at once, for the radio to be told.
  private func perform(_ effect: RadioEffect) -> ((inout Radio) -> [RadioEffect])? {
    switch effect {
    case .send(let command, let index): self.control?.write(command.packet(to: index))
    case .connect(let id, let peer, let adapter): return self.connect(id, to: peer, through: adapter)
    case .secure(let id): return self.secure(id)
    case .close(let id): self.sockets.removeValue(forKey: id)?.link.close()
    case .give(let id): return self.give(id)
    case .refuse(let id, let refusal):
      self.waiters.removeValue(forKey: id)?.resume(returning: .failure(refusal))
    case .heard(let advertisement): self.air.tell(advertisement)
    case .state(let problem): self.air.tell(problem: problem)
    case .keep(let bond): self.changeBond.yield(.keep(bond))
    case .forget(let adapter, let peer): self.changeBond.yield(.forget(adapter: adapter, peer: peer))
    case .reset(let index):
      if let problem = self.switches.reset(index) {
        return { $0.notReset(index, problem, at: Reactor.uptime) }
      }
    case .setDeadline(let uptime): self.clock?.setDeadline(uptime)
    case .note(let sentence): self.note(sentence)
    }
    return nil
  }

  private func connect(
    _ id: RadioAttemptID, to peer: BluetoothAddress, through adapter: BluetoothAddress
  ) -> ((inout Radio) -> [RadioEffect])? {
    do {
      let socket = try ATTSocket(to: peer, through: adapter, on: self.reactor) {
        Task { await self.happened { $0.linkClosed(id, at: $1) } }
      }
      self.sockets[id] = socket
      Task { self.decided(id, await socket.outcome(), isEncrypted: false) }
      return nil
    } catch {
      let errno = error.number
      return { $0.failed(id, errno: errno, at: Reactor.uptime) }
    }
  }

  private func secure(_ id: RadioAttemptID) -> ((inout Radio) -> [RadioEffect])? {
    guard let socket = self.sockets[id] else { return nil }
    if socket.isEncrypted { return { $0.secured(id, at: Reactor.uptime) } }
    let errno = socket.encrypt()
    if errno == 0 {
      Task { self.decided(id, await socket.outcome(), isEncrypted: true) }
      return nil
    }
    self.sockets.removeValue(forKey: id)?.link.close()
    return { $0.failed(id, errno: errno, at: Reactor.uptime) }
  }

  private func decided(_ id: RadioAttemptID, _ errno: Int32, isEncrypted: Bool) {
    guard let socket = self.sockets[id] else { return }
    var errno = errno
    if errno == 0, isEncrypted, !socket.isEncrypted { errno = EACCES }
    if errno == 0 {
      self.happened { isEncrypted ? $0.secured(id, at: $1) : $0.connected(id, at: $1) }
    } else {
      self.sockets.removeValue(forKey: id)?.link.close()
      self.happened { $0.failed(id, errno: errno, at: $1) }
    }
  }

  private func give(_ id: RadioAttemptID) -> ((inout Radio) -> [RadioEffect])? {
    guard let socket = self.sockets.removeValue(forKey: id) else { return nil }
    // One that went down before it was held has told so already.
    let isOpen = socket.isOpen
    if let waiter = self.waiters.removeValue(forKey: id.wish) {
      waiter.resume(returning: .success(socket.link))
    } else {
      socket.link.close()
    }
    return isOpen ? nil : { $0.linkClosed(id, at: Reactor.uptime) }
  }
}
