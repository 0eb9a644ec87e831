internal import LockCore
internal import LockTransport
internal import Supervision

/// Runs one driver on one link: performs its effects at once and in order, and decides nothing. A link that is kept
/// open is opened again when it is gone, for ever; one that is opened on demand when the driver wants it.
actor LinkSession {
  /// What the session tells the engine, in the order in which it happened.
  enum Message: Sendable {
    /// A command is done.
    case finished(CommandID, Result<LockReply, LockFault>)
    /// A lock told something unasked.
    case reported(LockID, LockReport)
    /// The link is open, through the plug of this number.
    case opened(SiteDefinition.Link, plug: Int)
    /// The link is gone or cannot be opened.
    case lost(SiteDefinition.Link, LinkFault, [LockID])
    /// What the driver wanted to be kept was not; the lock is left alone until it can be.
    case forgetful(LockID, reason: String)
    /// Whether the engine takes such messages in.
    case asked(@Sendable () -> Void)
  }

  nonisolated let definition: SiteDefinition.Link
  /// What goes over the link.
  nonisolated let tally = LinkTally()
  private let reactor: Reactor
  private let clock: SiteClock
  private let remember: @Sendable (LockID, [UInt8]) throws -> Void
  private let tell: @Sendable (Message) -> Void
  private let orders: AsyncStream<Order>
  private let placeOrder: AsyncStream<Order>.Continuation
  /// The port to use in place of the one defined; nil while that is the one.
  private var plug: PortMatching.Plug?
  /// True from ``leave()`` to ``use(_:)``.
  private var isLeaving = false
  /// The plug that the link was opened through.
  private var openedPlug: Int?
  private let arrivals: AsyncStream<Void>
  private let arrive: AsyncStream<Void>.Continuation
  /// Waits for a link that was lost to be worth opening.
  private var waiting: Task<Void, Never>?
  private var driver: any LockDriver
  private(set) var link: Link?
  /// When the link was opened.
  private(set) var openedAt = Duration.zero
  /// The deadline last asked for and not told yet; a link that is opened later is told of it.
  private(set) var deadline: Duration?
  /// When the link is to be opened again; nil while it is open or being opened.
  private(set) var reopensAt: Duration?
  /// Who wants to know that all of the session advances.
  var questions: [@Sendable () -> Void] = []
  /// Sleeps until the deadline while there is no link that would tell it.
  private var alarm: Task<Void, Never>?
  /// When the link that the driver wants is wanted; nil while it wants none.
  private var wish: Duration?
  /// The session's work, from ``run()`` to ``stop()``.
  private var work: Task<Void, Never>?
  private var isStopped = false
  /// The opening under way.
  private var opening: Task<Result<Link, LinkRefusal>, Never>?
  private let wishes: AsyncStream<Void>
  private let wakeOpener: AsyncStream<Void>.Continuation

  /// What comes in from outside, in order.
  private enum Order: Sendable {
    /// A command for the driver.
    case submit(LockCommand, to: LockID, id: CommandID)
    /// Whether the session advances.
    case answer(@Sendable () -> Void)
  }

  init(
    _ definition: SiteDefinition.Link, driver: any LockDriver, reactor: Reactor, clock: SiteClock,
    remember: @escaping @Sendable (LockID, [UInt8]) throws -> Void, tell: @escaping @Sendable (Message) -> Void
  ) {
    self.definition = definition
    self.driver = driver
    self.reactor = reactor
    self.clock = clock
    self.remember = remember
    self.tell = tell
    // Bounded by the engine: one job a lock, and openings that a client waits for.
    (self.orders, self.placeOrder) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
    (self.wishes, self.wakeOpener) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    (self.arrivals, self.arrive) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Key of the adapter.
  nonisolated var account: String { self.definition.account }

  /// The locks on this link.
  var locks: [LockID] { self.driver.locks }

  /// Has the link opened and passes commands on until the task is cancelled or the session is stopped.
  func run(watchedBy watchdog: Watchdog = Watchdog()) async {
    if self.isStopped { return }
    let name = "link \(self.definition.account)"
    let work = Task { [placeOrder, tally] in
      await tally.counting {
        await watchdog.watching(name, { placeOrder.yield(.answer($0)) }) { await self.serve() }
      }
    }
    self.work = work
    await withTaskCancellationHandler {
      await work.value
    } onCancel: {
      work.cancel()
    }
  }

  /// Ends the session for good, and returns once its link is closed.
  func stop() async {
    self.isStopped = true
    self.work?.cancel()
    await self.work?.value
  }

  private func serve() async {
    await withTaskGroup { group in
      let tally = self.tally
      group.addTask { await tally.counting { await self.takeOrders() } }
      switch self.definition.way {
      case .kept(let opener): group.addTask { await tally.counting { await self.keepLink(opener) } }
      case .onDemand(let way):
        group.addTask { await tally.counting { await self.openOnDemand(way) } }
        group.addTask { await tally.counting { await self.listen(way) } }
      }
      await group.waitForAll()
    }
    self.alarm?.cancel()
  }

  private func takeOrders() async {
    for await order in self.orders {
      switch order {
      case .submit(let command, let lock, let id):
        self.perform(self.driver.submit(command, to: lock, id: id, at: self.clock.now()))
      case .answer(let answered):
        self.questions.append(answered)
        self.answerIfAdvancing()
      }
    }
  }

  /// Lets the driver speak over a link until that is gone.
  /// - Parameter lost: told why it is gone, before the driver is.
  private func serve(_ link: Link, lost: (LinkFault) -> Void = { _ in }) async -> LinkFault {
    (self.link, self.openedAt) = (link, Reactor.uptime)
    self.tally.opened()
    self.alarm?.cancel()
    link.setDeadline(self.deadline)
    self.perform(self.driver.linkOpened(at: self.clock.now()))
    var fault = LinkFault.hungUp
    events: for await event in link.events {
      switch event {
      case .bytes(let bytes):
        self.tally.received(bytes.count)
        self.perform(self.driver.received(bytes, at: self.clock.now()))
      case .deadlinePassed:
        // A later one may have been asked for meanwhile.
        if let deadline = self.deadline, deadline <= Reactor.uptime { self.deadline = nil }
        self.perform(self.driver.deadlinePassed(at: self.clock.now()))
      case .closed(let reason):
        fault = reason
        break events
      }
      self.answerIfAdvancing()
    }
    link.close()
    self.link = nil
    if case .kept = self.definition.way, !self.hasLeft { self.tally.lost() } else { self.tally.closed() }
    // That the port was left is nobody's loss.
    if !self.hasLeft { lost(fault) }
    self.perform(self.driver.linkClosed(at: self.clock.now()))
    return fault
  }

  /// Gives the driver a command, after all those given before; its end is told as ``Message/finished(_:_:)``.
  nonisolated func submit(_ command: LockCommand, to lock: LockID, id: CommandID) {
    self.placeOrder.yield(.submit(command, to: lock, id: id))
  }

  private func perform(_ effects: [DriverEffect]) {
    for effect in effects {
      switch effect {
      case .write(let bytes):
        self.link?.write(bytes)
        if self.link != nil { self.tally.sent(bytes.count) }
      case .setDeadline(let uptime):
        self.deadline = uptime
        if let link = self.link { link.setDeadline(uptime) } else { self.setAlarm() }
      case .finish(let id, let result): self.tell(.finished(id, result))
      case .report(let lock, let report): self.tell(.reported(lock, report))
      case .closeLink: self.link?.close()
      case .openLink(let before, _): self.want(before)
      case .remember(let lock, let bytes): self.keep(bytes, for: lock)
      }
    }
  }

  private func keep(_ bytes: [UInt8], for lock: LockID) {
    do {
      try self.remember(lock, bytes)
    } catch {
      // What follows is not written: a closed link takes nothing.
      self.link?.close()
      self.tell(.forgetful(lock, reason: Store.reason(of: error)))
    }
  }
}

// MARK: - Links that are kept open

extension LinkSession {
  /// Lets go of the port, and opens none until ``use(_:)``. Once this returns, others may open it.
  func leave() {
    self.isLeaving = true
    self.link?.close()
    self.waiting?.cancel()
  }

  /// Speaks through another plug from now on.
  func use(_ plug: PortMatching.Plug) {
    self.plug = plug
    self.isLeaving = false
    self.arrive.yield()
  }

  private func keepLink(_ defined: LinkOpener) async {
    var backoff = Backoff()
    while await self.hasArrived() {
      let plug = self.plug
      self.openedPlug = plug?.number
      var opener = defined
      if case .selected(_, let settings) = defined, let plug { opener = .selected(plug.port, settings) }
      let began = Reactor.uptime
      let watch = opener.watch(on: self.reactor)
      defer { watch.close() }
      let fault: LinkFault
      do {
        let link = try opener.open(on: self.reactor)
        self.tell(.opened(self.definition, plug: plug?.number ?? 0))
        // That an adapter is gone is the reason why its locks are: it is told first.
        fault = await self.serve(link) { self.tell(.lost(self.definition, $0, self.driver.locks)) }
      } catch {
        fault = error
        self.tally.lost()
        self.tell(.lost(self.definition, fault, self.driver.locks))
      }
      if Task.isCancelled { return }
      if self.hasLeft {
        backoff = Backoff()
        continue
      }
      backoff.linkClosed(after: Reactor.uptime - began)
      let delay = backoff.next(jitter: Double.random(in: 0...1))
      self.reopensAt = Reactor.uptime + delay
      let waiting = Task { [tally] in await tally.counting { await watch.wait(atMost: delay, after: fault) } }
      self.waiting = waiting
      await withTaskCancellationHandler {
        await waiting.value
      } onCancel: {
        waiting.cancel()
      }
      self.waiting = nil
      self.reopensAt = nil
    }
  }

  /// True when the plug that the link was opened through is not its any more. By number: the port may be the same again.
  private var hasLeft: Bool { self.isLeaving || self.plug?.number != self.openedPlug }

  /// Waits while a port is left and none is given.
  /// - Returns: false when the task is cancelled.
  private func hasArrived() async -> Bool {
    while self.isLeaving, !Task.isCancelled {
      for await _ in self.arrivals { break }
    }
    return !Task.isCancelled
  }
}

// MARK: - Links that are opened on demand

extension LinkSession {
  private func listen(_ way: OnDemandLink) async {
    for await advertisement in way.advertisements() {
      self.perform(self.driver.heard(advertisement, at: self.clock.now()))
    }
  }

  private func openOnDemand(_ way: OnDemandLink) async {
    // Nothing else tells the driver that it runs.
    self.perform(self.driver.deadlinePassed(at: self.clock.now()))
    for await _ in self.wishes {
      while let before = self.wish, !Task.isCancelled {
        let opening = Task { [reactor, tally] in await tally.counting { await way.open(before, reactor) } }
        self.opening = opening
        let result = await withTaskCancellationHandler {
          await opening.value
        } onCancel: {
          opening.cancel()
        }
        self.opening = nil
        switch result {
        case .success(let link):
          self.wish = nil
          _ = await self.serve(link)
        case .failure(let refusal):
          // Given up for an earlier date, which is tried at once.
          if let wish = self.wish, wish < before { continue }
          self.wish = nil
          self.tally.lost()
          self.perform(self.driver.linkRefused(refusal, at: self.clock.now()))
        }
      }
    }
  }

  private func want(_ before: Duration) {
    let earlier = self.wish
    self.wish = before
    if let earlier, before < earlier { self.opening?.cancel() }
    self.wakeOpener.yield()
  }

  private func setAlarm() {
    self.alarm?.cancel()
    self.alarm = nil
    guard case .onDemand = self.definition.way, let deadline = self.deadline else { return }
    self.alarm = Task { [tally] in
      await tally.counting {
        try? await Task.sleep(for: max(.zero, deadline - Reactor.uptime))
        if !Task.isCancelled { self.alarmWentOff(deadline) }
      }
    }
  }

  private func alarmWentOff(_ deadline: Duration) {
    guard self.link == nil, self.deadline == deadline else { return }
    self.deadline = nil
    self.perform(self.driver.deadlinePassed(at: self.clock.now()))
  }
}
