public import LockCore

/// Why a virtual lock refuses a request.
public enum VirtualLockRefusal: Error, Hashable, Sendable {
  /// Code 1: a slot holds this PIN already; detail: its number, 0 when the lock does not tell.
  case duplicate(slot: Int?)
  /// Code 2: the lock takes no code like this; detail: see ``Reason``.
  case rejected(Reason)
  /// Code 3: its memory is full.
  case full
  /// Code 4: there is no such slot.
  case noSuchSlot
  /// Code 5: no time now; nothing was changed.
  case busy
  /// Code 6: the lock knows no such request or stores no such thing.
  case unsupported
  /// Code 7: a frame came whole but made no sense.
  case badFrame
  /// Code 8: the bolt did not reach its end.
  case jammed
  /// Code 9: somebody inside wants to be left alone.
  case privacyMode

  /// What is wrong with a code.
  public enum Reason: Hashable, Sendable {
    /// Detail 0: the lock does not say.
    case unspecified
    /// Detail 1: its length.
    case length
    /// Detail 2: its window ends before it begins.
    case window
    /// Detail 3: its name is too long.
    case name
    /// Detail 16 + n: the n-th rule of ``VirtualLockFacts/constraintOrder``.
    case constraint(CodeConstraint)
  }

  var wire: (code: UInt8, detail: UInt16) {
    switch self {
    case .duplicate(let slot): (1, UInt16(clamping: slot ?? 0))
    case .rejected(let reason): (2, reason.detail)
    case .full: (3, 0)
    case .noSuchSlot: (4, 0)
    case .busy: (5, 0)
    case .unsupported: (6, 0)
    case .badFrame: (7, 0)
    case .jammed: (8, 0)
    case .privacyMode: (9, 0)
    }
  }

  init?(code: UInt8, detail: UInt16) {
    switch (code, detail) {
    case (1, let slot): self = .duplicate(slot: slot == 0 ? nil : Int(slot))
    case (2, let detail):
      guard let reason = Reason(detail: detail) else { return nil }
      self = .rejected(reason)
    case (3, 0): self = .full
    case (4, 0): self = .noSuchSlot
    case (5, 0): self = .busy
    case (6, 0): self = .unsupported
    case (7, 0): self = .badFrame
    case (8, 0): self = .jammed
    case (9, 0): self = .privacyMode
    default: return nil
    }
  }

  /// The refusal in the gateway's words.
  public var fault: LockFault {
    switch self {
    case .duplicate(let slot): .duplicateCode(slot: slot)
    case .rejected(let reason): .codeRejected(detail: reason.explanation)
    case .full: .noSpace
    case .noSuchSlot: .unsupported(detail: "the lock has no such slot")
    case .busy: .busy
    case .unsupported: .unsupported(detail: "the lock cannot do this")
    case .badFrame: .failed(detail: "the lock could not make sense of the request")
    case .jammed: .failed(detail: "the bolt is jammed")
    case .privacyMode: .failed(detail: "somebody inside has switched privacy mode on")
    }
  }
}

extension VirtualLockRefusal.Reason {
  fileprivate var detail: UInt16 {
    switch self {
    case .unspecified: 0
    case .length: 1
    case .window: 2
    case .name: 3
    case .constraint(let constraint):
      16 + UInt16(clamping: VirtualLockFacts.constraintOrder.firstIndex(of: constraint) ?? 0)
    }
  }

  fileprivate init?(detail: UInt16) {
    switch detail {
    case 0: self = .unspecified
    case 1: self = .length
    case 2: self = .window
    case 3: self = .name
    default:
      guard detail >= 16, Int(detail) - 16 < VirtualLockFacts.constraintOrder.count else { return nil }
      self = .constraint(VirtualLockFacts.constraintOrder[Int(detail) - 16])
    }
  }

  fileprivate var explanation: String {
    switch self {
    case .unspecified: "the lock does not take this code"
    case .length: "the lock takes codes of other lengths"
    case .window: "the code ends before it begins"
    case .name: "the name is too long for the lock"
    case .constraint(let constraint): constraint.explanation
    }
  }
}
