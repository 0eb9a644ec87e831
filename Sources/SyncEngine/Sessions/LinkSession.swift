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
  private var driver: any LockDriver
  private var link: Link?

  init(
    _ definition: SiteDefinition.Link, driver: any LockDriver, reactor: Reactor, clock: SiteClock,
    tell: @escaping @Sendable (Message) -> Void
  ) {
    self.definition = definition
    self.driver = driver
    self.reactor = reactor
    self.clock = clock
    self.tell = tell
  }

  /// The locks on this link.
  var locks: [LockID] { self.driver.locks }

  /// Keeps the link open until the task is cancelled.
  func run() async {
    var backoff = Backoff()
    while !Task.isCancelled {
      let began = Reactor.uptime
      let fault: LinkFault
      do {
        let link = try self.definition.opener.open(on: self.reactor)
        self.link = link
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

  /// Gives the driver a command; its end is told as ``Message/finished(_:_:)``.
  func submit(_ command: LockCommand, to lock: LockID, id: CommandID) {
    self.perform(self.driver.submit(command, to: lock, id: id, at: self.clock.now()))
  }

  private func perform(_ effects: [DriverEffect]) {
    for effect in effects {
      switch effect {
      case .write(let bytes): self.link?.write(bytes)
      case .setDeadline(let uptime): self.link?.setDeadline(uptime)
      case .finish(let id, let result): self.tell(.finished(id, result))
      case .report(let lock, let report): self.tell(.reported(lock, report))
      case .closeLink: self.link?.close()
      }
    }
  }
}
