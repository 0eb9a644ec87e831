internal import Foundation
public import LockCore
public import LockTransport
public import Logging

/// Keeps every lock of the site equal to what was asked, and remembers what happened.
///
/// All state is one ``Site`` value, changed in one place after another by requests, by what drivers tell and by the
/// passing of deadlines. Safe from any task.
public actor SyncEngine {
  private var site: Site
  private let store: Store
  private let reactor: Reactor
  private let logger: Logger
  private let clock: SiteClock
  private var sessions: [LockID: LinkSession] = [:]
  private var allSessions: [LinkSession] = []
  private let messages: AsyncStream<LinkSession.Message>
  private let tell: AsyncStream<LinkSession.Message>.Continuation
  /// Sleeps until the next deadline; cancelled when one comes nearer.
  private var alarm: Task<Void, Never>?
  /// Who waits for an attempt to be finished, by its id, or for an entry at a keypad, by the lock's id.
  private var waiters = Waiters()
  private var hasStopped = false
  /// How often the engine has looked at its deadlines.
  private(set) var wakes = 0
  let keyHashes: [[UInt8]]

  /// Loads the site from its store. Nothing is opened before ``run()``.
  ///
  /// - Parameters:
  ///   - store: the daemon's memory.
  ///   - definition: what the configuration says is there.
  ///   - reactor: serves the links.
  ///   - policy: how long before and after things are done.
  ///   - logger: gets what a person should know.
  /// - Throws: what the store says when it cannot be read.
  public init(
    store: Store, definition: SiteDefinition, reactor: Reactor, policy: SchedulingPolicy = SchedulingPolicy(),
    logger: Logger
  ) async throws {
    self.store = store
    self.reactor = reactor
    self.logger = logger
    let clock = SiteClock(floor: try store.newestEventDate() ?? .distantPast)
    self.clock = clock
    self.site = try Site(store: store, definition: definition, policy: policy, at: clock.now().date)
    // Bounded by what is asked of drivers and by the speed of the wires; a lost one would lose a command's end.
    (self.messages, self.tell) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
    self.keyHashes = try store.apiKeyHashes().map { Array($0.utf8) }
    var memories: [LockID: [UInt8]] = [:]
    for lock in self.site.lockIDs.values { memories[lock] = try store.driverMemory(of: lock) }
    let written = self.site.doors.mapValues { door in door.ledger.slots.compactMapValues { $0.written?.entry } }
    let seed = SiteDefinition.DriverSeed(
      lockIDs: self.site.lockIDs, memory: { [memories] in memories[$0] }, written: { written[$0] ?? [:] })
    for link in definition.links {
      let session = LinkSession(
        link, driver: link.driver(seed), reactor: reactor, clock: clock,
        remember: { try store.keep($1, forDriverOf: $0) },
        tell: { [tell] message in tell.yield(message) })
      self.allSessions.append(session)
      for lock in await session.locks { self.sessions[lock] = session }
    }
  }

  private func now() -> Timestamp { self.clock.now().date }

  /// Works until the task is cancelled: opens links, keeps deadlines, takes in what locks tell.
  public func run() async {
    self.perform(self.site.started(at: self.now()))
    await withTaskGroup { group in
      for session in self.allSessions { group.addTask { await session.run() } }
      for account in self.site.accounts.values.map(\.definition) where account.states != nil {
        group.addTask { await self.takeInStates(of: account) }
      }
      group.addTask { await self.takeInMessages() }
      group.addTask { await self.keepDeadlines() }
      await group.waitForAll()
    }
    self.hasStopped = true
    self.waiters.resumeAll()
  }

  private func takeInMessages() async {
    for await message in self.messages {
      let now = self.now()
      switch message {
      case .finished(let id, let result): self.perform(self.site.finished(id, result, at: now))
      case .reported(let lock, let report): self.perform(self.site.reported(lock, report, at: now))
      case .opened(let link):
        if link.isBus { self.perform(self.site.adapterChanged(link.account, fault: nil, at: now)) }
      case .forgetful(let lock, let reason):
        self.logger.error(
          "the driver's memory cannot be kept, so the lock is not written",
          metadata: ["lock": "\(lock)", "reason": "\(reason)"])
      case .lost(let link, let fault, let locks):
        self.logger.debug("link lost", metadata: ["link.account": "\(link.account)", "reason": "\(fault)"])
        if link.isBus {
          self.perform(self.site.adapterChanged(link.account, fault: "\(fault)", at: now))
        } else {
          for lock in locks { self.perform(self.site.reported(lock, .unreachable(.unreachable), at: now)) }
        }
      }
    }
  }

  private func takeInStates(of account: SiteDefinition.Account) async {
    guard let states = account.states else { return }
    for await fault in states() {
      self.perform(self.site.adapterChanged(account.key, fault: fault, at: self.now()))
    }
  }

  private func keepDeadlines() async {
    while !Task.isCancelled {
      // The wall clock may be set while nothing happens: it is looked at every half minute at least.
      let pause = self.site.nextDeadline().map { min(max($0 - self.now(), .zero), .seconds(30)) } ?? .seconds(30)
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
    }
  }

  private func perform(_ effects: [Site.Effect]) {
    for effect in effects {
      switch effect {
      case .submit(let command, let lock, let id):
        guard let session = self.sessions[lock] else {
          self.tell.yield(.finished(id, .failure(.unreachable)))
          continue
        }
        session.submit(command, to: lock, id: id)
      case .attemptFinished(let id): self.waiters.resume(for: id)
      case .entered(let lock): self.waiters.resume(for: lock.rawValue)
      case .note(let sentence): self.logger.notice("\(sentence)")
      }
    }
    self.alarm?.cancel()
  }

  // MARK: What readers of the API see

  /// The site.
  public func workspace() -> WorkspaceView {
    WorkspaceView(
      id: self.site.workspaceID, name: self.site.name,
      isSandbox: self.site.doors.values.allSatisfy { $0.definition.simulation != nil })
  }

  /// Adapters and buses, oldest first.
  public func accounts() -> [AccountView] {
    self.site.accounts.values.map { self.site.view(of: $0) }.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
  }

  /// Locks, oldest first.
  public func devices() -> [DeviceView] {
    self.site.doors.values.map { self.site.view(of: $0) }.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
  }

  /// One lock.
  /// - Throws: ``RequestFault/deviceNotFound``.
  public func device(_ id: LockID) throws(RequestFault) -> DeviceView { self.site.view(of: try self.site.door(id)) }

  /// Changes what the API may change of a lock: its nickname (`.some(nil)` clears it) and free members (null and
  /// "" take one away; the others stay).
  /// - Throws: ``RequestFault/deviceNotFound``, ``RequestFault/storeUnavailable(_:)``.
  @discardableResult
  public func updateDevice(
    _ id: LockID, nickname: String??, customMetadata: [String: JSONValue]?
  )
    throws(RequestFault) -> DeviceView
  {
    let door = try self.site.door(id)
    var metadata = door.customMetadata
    for (key, value) in customMetadata ?? [:] {
      if value == .null || value == "" { metadata.removeValue(forKey: key) } else { metadata[key] = value }
    }
    do {
      try self.site.rename(id, nickname: nickname ?? door.nickname, customMetadata: metadata)
    } catch {
      throw .storeUnavailable("The gateway cannot write its store (\(Store.reason(of: error))).")
    }
    return try self.device(id)
  }

  /// Access codes, oldest first; nil members do not restrict.
  public func accessCodes(isManaged: Bool, device: LockID?, ids: [AccessCodeID]?) -> [AccessCodeView] {
    let now = self.now()
    let wanted = ids.map(Set.init)
    return self.site.doors.values.filter { device == nil || $0.id == device }.flatMap { door in
      isManaged
        ? door.ledger.codes.values.filter { wanted?.contains($0.id) ?? true }
          .map { self.site.view(of: $0, door: door, at: now) }
        : door.ledger.strangers.values.filter { wanted?.contains($0.id) ?? true }
          .map { self.site.view(of: $0, door: door) }
    }.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
  }

  /// One access code by its id.
  /// - Throws: ``RequestFault/accessCodeNotFound``.
  public func accessCode(_ id: AccessCodeID, isManaged: Bool) throws(RequestFault) -> AccessCodeView {
    if isManaged {
      let (door, code) = try self.site.find(id)
      return self.site.view(of: code, door: door, at: self.now())
    }
    for door in self.site.doors.values {
      if let stranger = door.ledger.strangers.values.first(where: { $0.id == id }) {
        return self.site.view(of: stranger, door: door)
      }
    }
    throw .accessCodeNotFound
  }

  /// One access code by its lock and PIN.
  /// - Throws: ``RequestFault/deviceNotFound``, ``RequestFault/accessCodeNotFound``.
  public func accessCode(device: LockID, pin: PINCode, isManaged: Bool) throws(RequestFault) -> AccessCodeView {
    let door = try self.site.door(device)
    if isManaged {
      let codes = door.ledger.codes.values.filter { $0.terms.pin == pin }
      // A code that is being deleted may share its PIN with its successor.
      guard let code = codes.first(where: { !$0.isDeleting }) ?? codes.first else { throw .accessCodeNotFound }
      return self.site.view(of: code, door: door, at: self.now())
    }
    guard let stranger = door.ledger.strangers.values.first(where: { $0.pin == pin }) else {
      throw .accessCodeNotFound
    }
    return self.site.view(of: stranger, door: door)
  }

  // MARK: Requests

  /// Makes an access code; it is synced when this returns, and programmed after.
  /// - Throws: ``RequestFault``; nothing was changed.
  public func create(_ request: NewAccessCode) throws(RequestFault) -> (AccessCodeView, ActionAttempt) {
    let (id, attempt, effects) = try self.site.create(request, at: self.now())
    let view = try self.accessCode(id, isManaged: true)
    self.perform(effects)
    return (view, attempt)
  }

  /// Changes an access code.
  /// - Throws: ``RequestFault``; nothing was changed.
  public func update(_ change: AccessCodeChange) throws(RequestFault) -> ActionAttempt {
    let (attempt, effects) = try self.site.update(change, at: self.now())
    self.perform(effects)
    return attempt
  }

  /// Deletes an access code; a repeat returns the attempt that is under way.
  /// - Throws: ``RequestFault``; nothing was changed.
  public func delete(_ id: AccessCodeID, device: LockID?) throws(RequestFault) -> ActionAttempt {
    let (attempt, effects) = try self.site.delete(id, device: device, at: self.now())
    self.perform(effects)
    return attempt
  }

  /// A PIN that the lock takes and that is free on it; nothing is reserved.
  /// - Throws: ``RequestFault``.
  public func generateCode(for device: LockID) throws(RequestFault) -> PINCode {
    try Site.draw(for: self.site.door(device), preferredLength: nil, at: self.now())
  }

  /// Begins to lock a door.
  /// - Throws: ``RequestFault``; nothing was done.
  public func lockDoor(_ id: LockID) throws(RequestFault) -> ActionAttempt {
    guard try self.site.door(id).definition.capabilities.canLockRemotely else {
      throw .invalid("This device cannot be locked remotely")
    }
    return try self.act("LOCK_DOOR", .lock, on: id)
  }

  /// Begins to open a door.
  /// - Throws: ``RequestFault``; nothing was done.
  public func unlockDoor(_ id: LockID) throws(RequestFault) -> ActionAttempt {
    guard try self.site.door(id).definition.capabilities.canUnlockRemotely else {
      throw .invalid("This device cannot be unlocked remotely")
    }
    return try self.act("UNLOCK_DOOR", .unlock, on: id)
  }

  private func act(_ kind: String, _ command: LockCommand, on lock: LockID) throws(RequestFault) -> ActionAttempt {
    do {
      let (attempt, effects) = try self.site.act(kind, command, on: lock, at: self.now())
      self.perform(effects)
      return attempt
    } catch {
      throw .storeUnavailable("The gateway cannot write its store (\(Store.reason(of: error))).")
    }
  }

  /// Types digits at a simulated door.
  /// - Throws: ``RequestFault``; nothing was typed.
  public func simulateKeypadEntry(_ id: LockID, digits: PINCode) throws(RequestFault) -> ActionAttempt {
    guard let simulation = try self.site.door(id).definition.simulation else {
      throw .deviceTypeNotSupported("Only simulated devices can be typed at from here")
    }
    return try self.simulate("SIMULATE_KEYPAD_CODE_ENTRY", on: id) {
      // Done when the journal has what came of it, so that whoever waits for the attempt can read the event.
      async let entry: Void = self.wait(for: id.rawValue, patience: .seconds(5))
      await simulation.type(digits)
      await entry
    }
  }

  /// Locks a simulated door by hand.
  /// - Throws: ``RequestFault``; nothing was done.
  public func simulateManualLock(_ id: LockID) throws(RequestFault) -> ActionAttempt {
    guard let lockByHand = try self.site.door(id).definition.simulation?.lockByHand else {
      throw .deviceTypeNotSupported("Only simulated devices with a lock button can be locked by hand from here")
    }
    return try self.simulate("SIMULATE_MANUAL_LOCK_VIA_KEYPAD", on: id, lockByHand)
  }

  private func simulate(
    _ kind: String, on lock: LockID, _ act: @escaping @Sendable () async -> Void
  )
    throws(RequestFault) -> ActionAttempt
  {
    let attempt: ActionAttempt
    do {
      attempt = try self.site.begin(kind, on: lock, at: self.now())
    } catch {
      throw .storeUnavailable("The gateway cannot write its store (\(Store.reason(of: error))).")
    }
    Task {
      await act()
      self.perform(self.site.succeeded(attempt, at: self.now()))
    }
    return attempt
  }

  /// One action attempt.
  /// - Throws: ``RequestFault/actionAttemptNotFound``, ``RequestFault/storeUnavailable(_:)``.
  public func actionAttempt(_ id: String) throws(RequestFault) -> ActionAttempt {
    let found: [(attempt: ActionAttempt, code: AccessCodeID?)]
    do {
      found = try self.store.attempts(ids: [id], lock: nil)
    } catch {
      throw .storeUnavailable("The gateway cannot read its store (\(Store.reason(of: error))).")
    }
    guard let attempt = found.first?.attempt else { throw .actionAttemptNotFound }
    return attempt
  }

  /// Action attempts, oldest first; nil members do not restrict.
  public func actionAttempts(ids: [String]?, device: LockID?) -> [ActionAttempt] {
    do {
      return try self.store.attempts(ids: ids, lock: device).map(\.attempt)
    } catch {
      self.logger.error("attempts cannot be read", metadata: ["reason": "\(Store.reason(of: error))"])
      return []
    }
  }

  /// The attempt once it is finished, at the latest after `patience`.
  /// - Throws: ``RequestFault/actionAttemptNotFound``, ``RequestFault/storeUnavailable(_:)``.
  public func finished(_ id: String, patience: Duration) async throws(RequestFault) -> ActionAttempt {
    if case .pending = try self.actionAttempt(id).status { await self.wait(for: id, patience: patience) }
    return try self.actionAttempt(id)
  }

  /// Returns when what is named has happened, when the patience is over, or when the waiting task or the engine is
  /// cancelled.
  private func wait(for name: String, patience: Duration) async {
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

  /// Events that a filter lets through.
  public func events(_ filter: EventFilter) -> [EventView] {
    do {
      return try self.store.events(filter)
    } catch {
      self.logger.error("events cannot be read", metadata: ["reason": "\(Store.reason(of: error))"])
      return []
    }
  }

  /// The newest event that fits; nil when there is none.
  public func event(id: String?, type: String?, device: LockID?) -> EventView? {
    var filter = EventFilter()
    filter.ids = id.map { [$0] }
    filter.types = type.map { [$0] }
    filter.devices = device.map { [$0] }
    (filter.limit, filter.newestFirst) = (1, true)
    return self.events(filter).first
  }

  /// How each part of the daemon does: `healthy`, `degraded` or `down`.
  public func health() -> [(service: String, status: String, description: String)] {
    let silent = self.site.doors.values.filter { !$0.ledger.isReachable }.map(\.displayName).sorted()
    let lost = self.site.accounts.values.filter { $0.fault != nil }.map(\.definition.key).sorted()
    let store = self.site.storeFault ?? ((try? self.store.synchronousLevel()) == nil ? "it cannot be read" : nil)
    let isHeld = self.clock.isHeld
    return [
      (
        "store", store == nil ? "healthy" : "down",
        store.map { "The store is out of service: \($0)." } ?? "The store is read and written."
      ),
      (
        "clock", isHeld ? "degraded" : "healthy",
        isHeld
          ? "The wall clock is behind what was seen already and nobody keeps it: time stands still for codes until it is set."
          : "The wall clock is believed."
      ),
      (
        "adapters", lost.isEmpty ? "healthy" : "degraded",
        lost.isEmpty ? "All are there." : "Gone: \(lost.joined(separator: ", "))."
      ),
      (
        "locks", silent.isEmpty ? "healthy" : "degraded",
        silent.isEmpty ? "All answer." : "Silent: \(silent.joined(separator: ", "))."
      ),
    ]
  }
}
