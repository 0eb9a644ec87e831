public import LockCore
public import LockDrivers
public import LockTransport

/// Runs one virtual lock in this process: performs its effects on whatever link was opened to it last.
public actor VirtualLockRunner {
  private var lock: VirtualLock
  private var link: Link?
  private let remember: @Sendable (VirtualLock.Memory) -> Void

  /// Makes a lock that waits for its first link.
  /// - Parameters:
  ///   - lock: the lock.
  ///   - remember: keeps its memory through a restart; called after each change.
  public init(_ lock: VirtualLock, remember: @escaping @Sendable (VirtualLock.Memory) -> Void = { _ in }) {
    self.lock = lock
    self.remember = remember
  }

  /// Opens a link to the lock; an earlier one is closed.
  nonisolated public var opener: LinkOpener {
    .simulated { reactor throws(LinkFault) in
      let (near, far) = try Link.pair(on: reactor)
      Task { await self.serve(far) }
      return near
    }
  }

  private func serve(_ link: Link) async {
    self.link?.close()
    self.link = link
    self.perform(self.lock.linkOpened(at: Reactor.now))
    for await event in link.events {
      switch event {
      case .bytes(let bytes): self.perform(self.lock.received(bytes, at: Reactor.now))
      case .deadlinePassed: self.perform(self.lock.deadlinePassed(at: Reactor.now))
      case .closed: break
      }
    }
    self.perform(self.lock.linkClosed(at: Reactor.now))
  }

  /// Somebody does something at the lock.
  public func act(_ deed: @Sendable (inout VirtualLock, Moment) -> [VirtualLock.Effect]) {
    self.perform(deed(&self.lock, Reactor.now))
  }

  /// The lock goes out of reach: its link breaks, and further ones are opened to nobody. Or it comes back.
  public func setReachable(_ isReachable: Bool) {
    self.perform(self.lock.setReachable(isReachable, at: Reactor.now))
    if !isReachable { self.link?.close() }
  }

  /// Somebody programs a further code at the keypad.
  /// - Returns: what the lock says when it does not take the code; nil when it has it.
  public func addCode(_ pin: PINCode, name: String) -> VirtualLockRefusal? {
    do throws(VirtualLockRefusal) {
      let name = name.cut(toBytes: self.lock.model.nameBytes)
      self.perform(try self.lock.addCode(pin, name: name, at: Reactor.now).effects)
      return nil
    } catch {
      return error
    }
  }

  private func perform(_ effects: [VirtualLock.Effect]) {
    for effect in effects {
      switch effect {
      case .write(let bytes): self.link?.write(bytes)
      case .setDeadline(let uptime): self.link?.setDeadline(uptime)
      case .remember: self.remember(self.lock.memory)
      }
    }
  }
}
