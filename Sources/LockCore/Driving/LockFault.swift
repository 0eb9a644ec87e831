/// Why a command came to nothing. Carries no PIN and no key.
public enum LockFault: Error, Hashable, Sendable {
  /// No link, or the lock does not answer at all. Nothing was changed.
  case unreachable
  /// The lock or the line has no time now. Nothing was changed.
  case busy
  /// The lock stopped answering after it may have heard the command: read before writing again.
  case unconfirmed
  /// The lock said no without a reason that we know; `detail` is its own code or words.
  case failed(detail: String)
  /// Another slot already holds the same PIN; its number where the lock tells.
  case duplicateCode(slot: Int?)
  /// The lock takes no PIN like this.
  case codeRejected(detail: String)
  /// All slots are taken.
  case noSpace
  /// The lock cannot do this, or has no such slot.
  case unsupported(detail: String)
  /// The lock does not accept our key.
  case notAuthorized
  /// Another device than the one known answers at this address of the line. It was sent nothing.
  case otherDevice(WireIdentity, insteadOf: WireIdentity, address: UInt8)

  /// What to do next.
  public enum Disposition: Hashable, Sendable {
    /// Try again, later and later.
    case retry
    /// Read what the lock holds; write only when that contradicts.
    case readFirst
    /// Somebody must change the request.
    case fixRequest
    /// Never try this again on this lock.
    case neverRetry
    /// Leave this lock alone until a person has looked at it.
    case stopLock
  }

  /// What to do next.
  public var disposition: Disposition {
    switch self {
    case .unreachable, .busy, .failed, .noSpace: .retry
    case .unconfirmed: .readFirst
    case .duplicateCode, .codeRejected: .fixRequest
    case .unsupported: .neverRetry
    case .notAuthorized: .stopLock
    case .otherDevice: .retry
    }
  }
}
