import CBlueZ
import LockCore

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// A connection for ATT over Bluetooth LE, from its beginning until it is handed over as a link: one message a PDU.
struct ATTSocket: Sendable {
  /// The link; nothing is read or written before it is connected.
  let link: Link

  /// Begins to connect.
  /// - Parameters:
  ///   - peer: the device.
  ///   - adapter: the adapter's own address.
  ///   - reactor: serves the link.
  ///   - whenReleased: called once the socket is closed, for whatever reason; on any thread.
  /// - Throws: `errno` of the call that failed.
  init(
    to peer: BluetoothAddress, through adapter: BluetoothAddress, on reactor: Reactor,
    whenReleased: @escaping @Sendable () -> Void
  ) throws(Errno) {
    let number = cbluez_att_open()
    if number < 0 { throw Errno(number: -number) }
    let descriptor = Descriptor(owning: number)
    let local = adapter.wire
    var rc = unsafe local.withUnsafeBufferPointer { unsafe cbluez_att_bind(number, $0.baseAddress) }
    if rc < 0 { throw Errno(number: -rc) }
    do {
      self.link = try reactor.adopt(descriptor, as: .messages, whenReleased: whenReleased)
    } catch {
      throw Errno(number: ECANCELED)
    }
    let far = peer.wire
    rc = self.link.channel.begin { number in
      unsafe far.withUnsafeBufferPointer { unsafe cbluez_att_connect(number, $0.baseAddress, peer.kind.rawValue) }
    }
    if rc < 0, rc != -EINPROGRESS {
      self.link.close()
      throw Errno(number: -rc)
    }
  }

  /// A number of errno(3).
  struct Errno: Error, Hashable, Sendable {
    let number: Int32
  }

  /// Waits until what was begun is decided.
  /// - Returns: 0, or `errno`; ECANCELED when the link was closed meanwhile.
  func outcome() async -> Int32 { -(await self.link.channel.decision()) }

  /// False once the link is closed, by either end.
  var isOpen: Bool { self.link.channel.ask { _ in true } ?? false }

  /// True when the link is encrypted.
  var isEncrypted: Bool {
    self.link.channel.ask { number in
      var level: UInt8 = 0
      var keySize: UInt8 = 0
      let rc = unsafe cbluez_get_security(number, &level, &keySize)
      return rc == 0 && level >= CBLUEZ_SECURITY_MEDIUM && keySize >= 7
    } ?? false
  }

  /// Begins to encrypt a connected link, after a pairing where the kernel has no key.
  /// - Returns: 0, or `errno`.
  func encrypt() -> Int32 { -self.link.channel.begin { cbluez_set_security($0, UInt8(CBLUEZ_SECURITY_MEDIUM)) } }
}
