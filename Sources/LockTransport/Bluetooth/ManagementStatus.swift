/// What the kernel answers to a management command; the codes of the kernel's `include/net/bluetooth/mgmt.h`.
struct ManagementStatus: RawRepresentable, Hashable, Sendable {
  let rawValue: UInt8

  /// Done.
  static let success = Self(rawValue: 0x00)
  /// The adapter or the peer did not do it.
  static let failed = Self(rawValue: 0x03)
  /// It is doing something of the kind already, perhaps for another program.
  static let busy = Self(rawValue: 0x0A)
  /// Not in this state of the adapter.
  static let rejected = Self(rawValue: 0x0B)
  /// This adapter or kernel cannot do it.
  static let notSupported = Self(rawValue: 0x0C)
  /// The adapter is switched off.
  static let notPowered = Self(rawValue: 0x0F)
  /// There is no such adapter, or no longer.
  static let invalidIndex = Self(rawValue: 0x11)
  /// The adapter is blocked by rfkill.
  static let blocked = Self(rawValue: 0x12)
  /// The process lacks CAP_NET_ADMIN.
  static let permissionDenied = Self(rawValue: 0x14)
}

extension ManagementStatus: CustomStringConvertible {
  /// In words, as far as they are known.
  var description: String {
    switch self {
    case .success: "done"
    case .failed: "failed"
    case .busy: "busy"
    case .rejected: "rejected"
    case .notSupported: "not supported"
    case .notPowered: "switched off"
    case .invalidIndex: "no such adapter"
    case .blocked: "blocked by rfkill"
    case .permissionDenied: "no permission"
    default: "status \(self.rawValue)"
    }
  }
}
