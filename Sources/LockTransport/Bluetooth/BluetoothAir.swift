import LockCore
import Synchronization

/// Hands on what is heard and how the radio is, to everybody who listens. Safe from any thread.
final class BluetoothAir: Sendable {
  private struct State {
    var ears: [UInt64: (peer: BluetoothAddress?, tell: AsyncStream<Advertisement>.Continuation)] = [:]
    var watchers: [UInt64: AsyncStream<String?>.Continuation] = [:]
    var problem: String? = "Bluetooth is not started yet"
    var lastToken: UInt64 = 0

    mutating func token() -> UInt64 {
      self.lastToken += 1
      return self.lastToken
    }
  }

  private let state = Mutex(State())

  /// What one peer says from now on, or everybody; the newest `capacity` wait when the consumer is slow.
  func advertisements(of peer: BluetoothAddress?, capacity: Int) -> AsyncStream<Advertisement> {
    let (stream, tell) = AsyncStream<Advertisement>.makeStream(bufferingPolicy: .bufferingNewest(capacity))
    let token = self.state.withLock { state in
      let token = state.token()
      state.ears[token] = (peer, tell)
      return token
    }
    tell.onTermination = { _ in self.state.withLock { $0.ears[token] = nil } }
    return stream
  }

  /// How the radio is, now and from now on; only the newest waits when the consumer is slow.
  func problems() -> AsyncStream<String?> {
    let (stream, tell) = AsyncStream<String?>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let token = self.state.withLock { state in
      let token = state.token()
      state.watchers[token] = tell
      tell.yield(state.problem)
      return token
    }
    tell.onTermination = { _ in self.state.withLock { $0.watchers[token] = nil } }
    return stream
  }

  func tell(_ advertisement: Advertisement) {
    let ears = self.state.withLock { state in
      state.ears.values.filter { $0.peer == nil || $0.peer == advertisement.address }
    }
    for ear in ears { ear.tell.yield(advertisement) }
  }

  func tell(problem: String?) {
    let watchers = self.state.withLock { state in
      state.problem = problem
      return Array(state.watchers.values)
    }
    for watcher in watchers { watcher.yield(problem) }
  }
}
