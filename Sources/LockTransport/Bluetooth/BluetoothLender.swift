import CBlueZ

/// Where a process without CAP_NET_ADMIN gets what only CAP_NET_ADMIN may open: from `bitting-bluetooth`, which systemd
/// starts for whoever connects to its socket.
struct BluetoothLender: Hashable, Sendable {
  /// Path of the socket at which it is asked.
  var path = "/run/bitting-bluetooth.sock"

  /// What it lends.
  enum Kind: Int, CaseIterable {
    /// The kernel's management channel, with which adapters can be set up.
    case management = 0
    /// `/dev/rfkill`, opened to write.
    case switches = 1
  }

  /// Asks for one of them. Waits as long as systemd takes to start a program, and at most four seconds.
  /// - Returns: the descriptor, or -errno: of the lender, or of the way to it.
  func borrow(_ kind: Kind) -> Int32 {
    var lent = [Int32](repeating: -1, count: Kind.allCases.count)
    let rc = unsafe lent.withUnsafeMutableBufferPointer { lent in
      unsafe lent.baseAddress.map { unsafe cbluez_borrow(self.path, 2000, $0) } ?? -1
    }
    if rc < 0 { return rc }
    // Each has one owner: what was not asked for is closed again.
    for other in Kind.allCases where other != kind && lent[other.rawValue] >= 0 {
      _ = Descriptor(owning: lent[other.rawValue])
    }
    return lent[kind.rawValue]
  }

  /// Tells whether it would lend one of them; gives it back at once.
  func lends(_ kind: Kind) -> Bool {
    let lent = self.borrow(kind)
    if lent >= 0 { _ = Descriptor(owning: lent) }
    return lent >= 0
  }
}
