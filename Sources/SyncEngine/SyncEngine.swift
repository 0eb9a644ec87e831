internal import Foundation
public import LockCore
public import LockTransport
public import Logging
public import Supervision
internal import Synchronization

/// Keeps every lock of the site equal to what was asked, and remembers what happened.
///
/// All state is one ``Site`` value, changed in one place after another by requests, by what drivers tell and by the
/// passing of deadlines. Safe from any task.
public actor SyncEngine {
  var site: Site
  let store: Store
  let reactor: Reactor
  let logger: Logger
  let clock: SiteClock
  /// The links of the site, by their identity.
  var links: [String: RunningLink] = [:]
  /// Which link a lock hangs on.
  var linkOfLock: [LockID: RunningLink] = [:]
  /// How many links were made so far.
  var linkCount = 0
  /// Which line is spoken through which port.
  var ports: PortMatching
  let watchdog: Watchdog
  private let messages: AsyncStream<RunningLink.Message>
  let tell: AsyncStream<RunningLink.Message>.Continuation
  /// What is to run beside the rest, until the engine ends.
  private let works: AsyncStream<@Sendable () async -> Void>
  let start: AsyncStream<@Sendable () async -> Void>.Continuation
  /// Sleeps until the next deadline; cancelled when one comes nearer.
  private(set) var alarm: Task<Void, Never>?
  /// Who wants to know that deadlines are kept.
  var questions: [@Sendable () -> Void] = []
  /// Who waits for an attempt to be finished, by its id, or for an entry at a keypad, by the lock's id.
  var waiters = Waiters()
  private var hasStopped = false
  /// How often the engine has looked at its deadlines.
  private(set) var wakes = 0
  nonisolated let keyRing: Mutex<KeyRing>
  /// When the daemon started, by the clock that never steps.
  let began = Reactor.uptime
  /// Marks the cursors of listings.
  public nonisolated let cursorSeal: CursorSeal
  /// The addresses that events are sent to, and the sending.
  public nonisolated let webhooks: Webhooks
  /// The newest event that ``webhooks`` was called for.
  private var newestRung = Timestamp.distantPast

  /// Loads the site from its store. Nothing is opened before ``run()``.
  ///
  /// - Parameters:
  ///   - store: the daemon's memory.
  ///   - definition: what the configuration says is there.
  ///   - reactor: serves the links.
  ///   - policy: how long before and after things are done.
  ///   - watchdog: asks the loops whether they advance.
  ///   - logger: gets what a person should know.
  /// - Throws: what the store says when it cannot be read.
  public init(
    store: Store, definition: SiteDefinition, reactor: Reactor, policy: SchedulingPolicy = SchedulingPolicy(),
    watchdog: Watchdog = Watchdog(), logger: Logger
  ) async throws {
    self.store = store
    self.reactor = reactor
    self.logger = logger
    self.watchdog = watchdog
    let clock = SiteClock(floor: try store.clockDoubt() ?? store.newestEventDate() ?? .distantPast)
    self.clock = clock
    self.site = try Site(store: store, definition: definition, policy: policy, at: clock.now().date)
    self.ports = PortMatching(ports: definition.ports, devices: try store.wireIdentities())
    // Bounded by what is asked of drivers and by the speed of the wires; a lost one would lose a command's end.
    (self.messages, self.tell) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
    // Bounded by the links of the configuration.
    (self.works, self.start) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
    self.cursorSeal = try CursorSeal(keptIn: store)
    self.webhooks = try Webhooks(store: store, clock: clock, watchdog: watchdog, logger: logger)
    self.keyRing = Mutex(KeyRing(try store.apiKeys()))
    try await self.add(definition.identifiedLinks)
    for account in definition.accounts { self.follow(account) }
    for lock in definition.locks { self.follow(lock) }
  }

  func now() -> Timestamp {
    let now = self.clock.now()
    let effects = self.site.clockWasRead(now.date, isTrusted: now.isDateTrusted)
    if !effects.isEmpty { self.perform(effects) }
    return now.date
  }

  /// Works until the task is cancelled: opens links, keeps deadlines, takes in what locks tell.
  public func run() async {
    self.recordStart()
    self.tellTwins()
    let watched = self.loops.map { self.watchdog.watch($0, $1) }
    defer { for id in watched { self.watchdog.forget(id) } }
    self.perform(self.site.started(at: self.now()))
    await withDiscardingTaskGroup { group in
      group.addTask { await self.takeInMessages() }
      group.addTask { await self.keepDeadlines() }
      for await work in self.works { group.addTask { await work() } }
    }
    self.hasStopped = true
    self.waiters.resumeAll()
  }

  private func recordStart() {
    do throws(RequestFault) {
      try self.record(AuditDraft("daemon.started", by: .daemon))
    } catch {
      self.logger.error("the audit log cannot be written: this start is not in it")
    }
  }

  private func takeInMessages() async {
    for await (number, message) in self.messages {
      // What a link said that was taken out of the configuration since is of no interest.
      guard number == 0 || self.links.values.contains(where: { $0.number == number }) else { continue }
      let now = self.now()
      switch message {
      case .finished(let id, let result): self.perform(self.site.finished(id, result, at: now))
      case .reported(let lock, let report):
        if await !self.takeIn(report, from: lock) { self.perform(self.site.reported(lock, report, at: now)) }
      case .opened(let link, let plug):
        self.ports.linkOpened(link.account, plug: plug)
        if link.isBus { self.perform(self.site.adapterChanged(link.account, fault: nil, at: now)) }
      case .asked(let answered): answered()
      case .forgetful(let lock, let reason):
        self.logger.error(
          "the driver's memory cannot be kept, so the lock is not written",
          metadata: ["lock": "\(lock)", "reason": "\(reason)"])
      case .lost(let link, let fault, let locks):
        self.logger.info("link lost", metadata: ["link.account": "\(link.account)", "reason": "\(fault)"])
        self.ports.linkLost(link.account)
        if link.isBus {
          self.perform(self.site.adapterChanged(link.account, fault: "\(fault)", at: now))
        } else {
          for lock in locks { self.perform(self.site.reported(lock, .unreachable(.unreachable), at: now)) }
        }
        await self.reconsiderStrangers()
      }
    }
  }

  func takeInStates(of account: SiteDefinition.Account) async {
    guard let states = account.states else { return }
    for await fault in states() {
      self.perform(self.site.adapterChanged(account.key, fault: fault, at: self.now()))
    }
  }

  func takeIn(_ carrier: AsyncStream<LockCarrier>, of lock: LockID) async {
    for await state in carrier { self.perform(self.site.carrierChanged(lock, to: state, at: self.now())) }
  }

  private func keepDeadlines() async {
    while !Task.isCancelled {
      // The wall clock may be set while nothing happens: it is looked at every half minute at least.
      let due = self.site.nextDeadline().map { min(max($0 - self.now(), .zero), .seconds(30)) } ?? .seconds(30)
      let pause = self.questions.isEmpty ? due : .zero
      let alarm = Task { _ = try? await Task.sleep(for: pause) }
      self.alarm = alarm
      await withTaskCancellationHandler {
        await alarm.value
      } onCancel: {
        alarm.cancel()
      }
      if Task.isCancelled { return }
      self.wakes += 1
      self.perform(self.site.wake(at: self.now()))
      self.answer()
    }
  }

  func perform(_ effects: [Site.Effect]) {
    for effect in effects {
      switch effect {
      case .submit(let command, let lock, let id):
        guard let link = self.linkOfLock[lock] else {
          self.tell.yield((0, .finished(id, .failure(.unreachable))))
          continue
        }
        link.session.submit(command, to: lock, id: id)
      case .attemptFinished(let id): self.waiters.resume(for: id)
      case .strangerFound(let lock): self.waiters.resume(for: Self.newCode(on: lock))
      case .entered(let lock): self.waiters.resume(for: lock.rawValue)
      case .connectionChanged(let lock): self.waiters.resume(for: Self.connection(of: lock))
      case .note(let note): self.logger.log(level: note.level, "\(note.sentence)", metadata: note.metadata)
      }
    }
    if self.site.newestEvent != self.newestRung {
      self.newestRung = self.site.newestEvent
      self.webhooks.journalGrew()
    }
    self.alarm?.cancel()
  }

  func wait(for name: String, patience: Duration) async {
    if self.hasStopped { return }
    let waiter = UUID()
    let timeout = Task {
      _ = try? await Task.sleep(for: patience)
      self.giveUp(waiter, for: name)
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { self.waiters.add($0, as: waiter, for: name) }
    } onCancel: {
      timeout.cancel()
    }
    timeout.cancel()
  }

  /// True while nobody waits for an attempt or an entry.
  var nobodyWaits: Bool { self.waiters.isEmpty }

  private func giveUp(_ waiter: UUID, for name: String) { self.waiters.giveUp(waiter, for: name) }
}
