internal import LockCore

/// A link that the engine runs.
struct RunningLink {
  /// What a session tells, with the number of its link.
  typealias Message = (link: Int, message: LinkSession.Message)

  /// From 1; no other link ever has it.
  let number: Int
  let definition: SiteDefinition.Link
  let session: LinkSession
  let locks: [LockID]
}

/// Links and locks that come and go while the engine works.
extension SyncEngine {
  /// What became of the links when the configuration was read again.
  public struct ReloadedLinks: Sendable, Equatable {
    /// Those that went on undisturbed, by their identity.
    public var kept: [String] = []
    /// Those that were closed because they are configured no longer.
    public var closed: [String] = []
    /// Those that were opened because they are new.
    public var opened: [String] = []
    /// Those that were closed and opened again because something about them has changed.
    public var reopened: [String] = []
  }

  /// Takes what the configuration says now. Links of which nothing has changed are not disturbed: no command is lost,
  /// no channel is opened again. To be called once at a time.
  /// - Throws: what the store says when it cannot be read; then the site goes on as it was.
  public func reload(_ definition: SiteDefinition) async throws -> ReloadedLinks {
    let wanted = Dictionary(definition.identifiedLinks.map { ($0.identity, $0) }, uniquingKeysWith: { $1 })
    let devices = try self.store.wireIdentities()
    let before = Set(self.links.keys)
    let stale = self.links.filter { identity, link in
      guard let new = wanted[identity], new.isSame(as: link.definition) else { return true }
      return link.locks.contains { self.hasChanged($0, in: definition) }
    }
    let closed = Set(stale.values.flatMap(\.locks))
    for identity in stale.keys { self.links[identity] = nil }
    for lock in closed { self.linkOfLock[lock] = nil }
    // A port can be opened again only once it is closed.
    for link in stale.values { await link.session.stop() }
    let undisturbed = Set(self.links.values.map(\.definition.account))

    let old = (accounts: self.site.accounts, locks: self.site.lockIDs)
    let effects: [Site.Effect]
    do {
      effects = try self.site.definitionChanged(to: definition, closed: closed, at: self.now())
    } catch {
      try await self.add(stale.values.map(\.definition))
      throw error
    }
    self.ports.redefined(definition.ports, keeping: undisturbed, devices: devices)
    self.tellTwins()
    // What is to be done is done all the same: the next reload brings links that could not be made.
    var failure: (any Error)?
    do {
      try await self.add(wanted.values.filter { self.links[$0.identity] == nil })
    } catch {
      failure = error
    }
    for account in definition.accounts where old.accounts[account.key] == nil { self.follow(account) }
    for lock in definition.locks where old.locks[lock.key] == nil { self.follow(lock) }
    self.perform(effects)
    if let failure { throw failure }

    let now = Set(wanted.keys)
    return ReloadedLinks(
      kept: before.intersection(now).subtracting(stale.keys).sorted(), closed: before.subtracting(now).sorted(),
      opened: now.subtracting(before).sorted(), reopened: now.intersection(stale.keys).sorted())
  }

  /// True when more of a lock is another now than its name.
  private func hasChanged(_ lock: LockID, in definition: SiteDefinition) -> Bool {
    guard let old = self.site.doors[lock]?.definition,
      let new = definition.locks.first(where: { $0.key == old.key })
    else { return true }
    return (old.account, old.deviceType, old.manufacturer, old.model)
      != (new.account, new.deviceType, new.manufacturer, new.model) || old.capabilities != new.capabilities
      || old.isVisited != new.isVisited || old.reportableCodeLengths != new.reportableCodeLengths
  }

  /// Makes links and has them run.
  func add(_ definitions: [SiteDefinition.Link]) async throws {
    if definitions.isEmpty { return }
    var memories: [LockID: [UInt8]] = [:]
    for lock in self.site.lockIDs.values { memories[lock] = try self.store.driverMemory(of: lock) }
    let written = self.site.doors.mapValues { door in door.ledger.slots.compactMapValues { $0.written?.entry } }
    let keys = self.site.doors.compactMapValues { $0.offline?.key }
    let seed = SiteDefinition.DriverSeed(
      lockIDs: self.site.lockIDs, memory: { [memories] in memories[$0] }, written: { written[$0] ?? [:] },
      offlineKey: { [keys] in keys[$0] })
    for definition in definitions {
      self.linkCount += 1
      let session = LinkSession(
        definition, driver: definition.driver(seed), reactor: self.reactor, clock: self.clock,
        remember: { [store] in try store.keep($1, forDriverOf: $0) },
        tell: { [tell, linkCount] message in tell.yield((linkCount, message)) })
      if let plug = self.ports.plug(of: definition.account) { await session.use(plug) }
      let link = RunningLink(
        number: self.linkCount, definition: definition, session: session, locks: await session.locks)
      self.links[definition.identity] = link
      for lock in link.locks { self.linkOfLock[lock] = link }
      self.start.yield { [watchdog] in await session.run(watchedBy: watchdog) }
    }
  }

  /// Listens to what an adapter says of itself.
  func follow(_ account: SiteDefinition.Account) {
    if account.states != nil { self.start.yield { await self.takeInStates(of: account) } }
  }

  /// Listens to what carries the link of a lock.
  func follow(_ lock: SiteDefinition.Lock) {
    guard let carrier = lock.carrier, let id = self.site.lockIDs[lock.key] else { return }
    self.start.yield { await self.takeIn(carrier(), of: id) }
  }
}
