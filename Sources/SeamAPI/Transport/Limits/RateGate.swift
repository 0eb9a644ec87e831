import LockCore
import SyncEngine
import Synchronization

/// The one count of all requests against the ``RateLimits``. Safe from any task.
final class RateGate: Sendable {
  private let limits: Mutex<RateLimits?>

  /// Makes a gate.
  /// - Parameter limits: what is allowed; nil for anything.
  init(_ limits: RateLimits?) { self.limits = Mutex(limits) }

  /// Other limits hold from now on, and nothing counts against them yet.
  func replace(_ limits: RateLimits?) { self.limits.withLock { $0 = limits } }

  /// Counts an act on these devices.
  /// - Throws: ``APIFault/rateLimited(retryAfter:)``; then nothing was counted.
  func admit(_ act: RateLimits.Act, on devices: [LockID]) throws(APIFault) {
    let wait = self.limits.withLock { $0?.admit(act, on: devices, at: .now) }
    if let wait { throw .rateLimited(retryAfter: wait) }
  }
}

extension Call {
  /// Counts what is about to be done against the limits of each device. To be asked before anything is changed: a
  /// client library repeats what it got a 429 for.
  func admit(_ act: RateLimits.Act, on devices: LockID...) throws(APIFault) { try self.gate.admit(act, on: devices) }

  /// As ``admit(_:on:)`` for the lock that an access code is for. A code that is not there, or is being deleted
  /// already, counts for nothing: the repeat of a request that was done must get its answer.
  func admit(_ act: RateLimits.Act, to code: AccessCodeID) async throws(APIFault) {
    if let lock = await self.engine.lockToAsk(for: code) { try self.gate.admit(act, on: [lock]) }
  }
}
