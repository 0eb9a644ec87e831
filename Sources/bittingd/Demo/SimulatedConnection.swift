import SyncEngine

/// The connection to one simulated lock, which can be played with. How it stands is kept through a restart: a lock
/// that was removed does not come back by itself.
actor SimulatedConnection {
  private var connection: LockSimulation.Connection
  private let memory: LockMemoryFile<LockSimulation.Connection>
  private let setReachable: @Sendable (Bool) async -> Void
  private let states: AsyncStream<LockCarrier>
  private let tell: AsyncStream<LockCarrier>.Continuation

  /// Sets the lock up as it was left.
  /// - Parameters:
  ///   - memory: where the connection is kept.
  ///   - setReachable: lets the lock fall silent, or speak again.
  init(
    memory: LockMemoryFile<LockSimulation.Connection>, setReachable: @escaping @Sendable (Bool) async -> Void
  ) async {
    self.connection = memory.read() ?? LockSimulation.Connection()
    self.memory = memory
    self.setReachable = setReachable
    (self.states, self.tell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    self.tell.yield(self.connection.carrier)
    await setReachable(self.connection.isUp)
  }

  /// What the carrier of the lock tells, for one consumer.
  nonisolated var carrier: @Sendable () -> AsyncStream<LockCarrier> { { self.states } }

  /// Something becomes of the connection.
  /// - Returns: what it is then.
  func undergo(_ change: LockSimulation.ConnectionChange) async -> LockSimulation.Connection {
    self.connection.undergo(change)
    self.memory.write(self.connection)
    self.tell.yield(self.connection.carrier)
    await self.setReachable(self.connection.isUp)
    return self.connection
  }
}
