import CBlueZ
import CTermios

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// Why the kernel's Bluetooth management channel could not be opened. Its description says what to do.
struct ManagementFault: Error, Hashable, Sendable, CustomStringConvertible {
  let fault: LinkFault

  init(_ fault: LinkFault) { self.fault = fault }

  var description: String {
    switch self.fault {
    case .ioError(EAFNOSUPPORT, _), .ioError(EPROTONOSUPPORT, _):
      "this kernel has no Bluetooth: load the module with 'modprobe bluetooth' or take Debian's kernel; under systemd allow AF_BLUETOOTH in RestrictAddressFamilies="
    case .ioError(EPERM, _), .ioError(EACCES, _):
      "the daemon may not open Bluetooth sockets: look at the restrictions in its systemd unit"
    default: "Bluetooth cannot be used: \(self.fault)"
    }
  }
}

extension Link {
  /// Opens the channel on which Bluetooth is managed: one message is one packet. It is borrowed where this process
  /// lacks CAP_NET_ADMIN; without a lender it is one on which adapters can be looked at and not set up.
  static func bluetoothManagement(on reactor: Reactor, lender: BluetoothLender) throws(LinkFault) -> Link {
    if cbluez_may_administer() != 1 {
      let lent = lender.borrow(.management)
      if lent >= 0 { return try reactor.adopt(Descriptor(owning: lent), as: .messages) }
    }
    return try reactor.adopt(Descriptor(cbluez_management_open(), doing: "bind"), as: .messages)
  }
}

extension Reactor {
  /// A link that nothing comes in on: for its deadline.
  func makeClock() throws(LinkFault) -> Link {
    try self.adopt(Descriptor(cepoll_make_wakeup(), doing: "eventfd"), as: .notices)
  }
}
