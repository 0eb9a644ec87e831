internal import LockCore
internal import LockTransport

/// Runs one driver on one link: performs its effects at once and in order, and decides nothing. A link that is
/// gone is opened again, for ever.
actor LinkSession {
  /// What the session tells the engine, in the order in which it happened.
  enum Message: Sendable {
    /// A command is done.
    case finished(CommandID, Result<LockReply, LockFault>)
    /// A lock told something unasked.
    case reported(LockID, LockReport)
    /// The link is open.
    case opened(SiteDefinition.Link)
    /// The link is gone or cannot be opened.
    case lost(SiteDefinition.Link, LinkFault, [LockID])
  }

  private let definition: SiteDefinition.Link
  private let reactor: Reactor
  private let clock: SiteClock
  private let tell: @Sendable (Message) -> Void
  private let orders: AsyncStream<Order>
  private let placeOrder: AsyncStream<Order>.Continuation
  private var driver: any LockDriver
  private var link: Link?
  /// The deadline last asked for; a link that is opened later is told of it.
  private var deadline: Duration?

  /// A command on its way to the driver.
  private struct Order: Sendable {
    var command: LockCommand
    var lock: LockID
    var id: CommandID
  }

  init(
    _ definition: SiteDefinition.Link, driver: any LockDriver, reactor: Reactor, clock: SiteClock,
    tell: @escaping @Sendable (Message) -> Void
  ) {
    self.definition = definition
    self.driver = driver
    self.reactor = reactor
    self.clock = clock
    self.tell = tell
    // Bounded by the engine: one job a lock, and openings that a client waits for.
    (self.orders, self.placeOrder) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
  }

  /// The locks on this link.
  var locks: [LockID] { self.driver.locks }

  /// Keeps the link open and passes commands on until the task is cancelled.
  func run() async {
    await withTaskGroup { group in
      group.addTask { await self.takeOrders() }
      group.addTask { await self.keepLink() }
      await group.waitForAll()
    }
  }

  private func takeOrders() async {
    for await order in self.orders {
      self.perform(self.driver.submit(order.command, to: order.lock, id: order.id, at: self.clock.now()))
    }
  }

  private func keepLink() async {
    var backoff = Backoff()
    while !Task.isCancelled {
      let began = Reactor.uptime
      let fault: LinkFault
      do {
        let link = try self.definition.opener.open(on: self.reactor)
        self.link = link
        link.setDeadline(self.deadline)
        self.tell(.opened(self.definition))
        self.perform(self.driver.linkOpened(at: self.clock.now()))
        fault = await self.serve(link)
        link.close()
        self.link = nil
        self.perform(self.driver.linkClosed(at: self.clock.now()))
      } catch {
        fault = error
      }
      if Task.isCancelled { return }
      self.tell(.lost(self.definition, fault, self.driver.locks))
      backoff.linkClosed(after: Reactor.uptime - began)
      let delay = backoff.next(jitter: Double.random(in: 0...1))
      await self.definition.opener.waitToReopen(atMost: delay, after: fault, on: self.reactor)
    }
  }

  private func serve(_ link: Link) async -> LinkFault {
    for await event in link.events {
      switch event {
      case .bytes(let bytes): self.perform(self.driver.received(bytes, at: self.clock.now()))
      case .deadlinePassed: self.perform(self.driver.deadlinePassed(at: self.clock.now()))
      case .closed(let fault): return fault
      }
    }
    return .hungUp
  }

  /// Gives the driver a command, after all those given before; its end is told as ``Message/finished(_:_:)``.
  nonisolated func submit(_ command: LockCommand, to lock: LockID, id: CommandID) {
    self.placeOrder.yield(Order(command: command, lock: lock, id: id))
  }

  private func perform(_ effects: [DriverEffect]) {
    for effect in effects {
      switch effect {
      case .write(let bytes): self.link?.write(bytes)
      case .setDeadline(let uptime):
        self.deadline = uptime
        self.link?.setDeadline(uptime)
      case .finish(let id, let result): self.tell(.finished(id, result))
      case .report(let lock, let report): self.tell(.reported(lock, report))
      case .closeLink: self.link?.close()
      case .openLink, .remember: break
      }
    }
  }
}
