import CTermios

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// A serial line and how it is set up: raw, 8 data bits, no parity, 1 stop bit, no flow control, held exclusively.
public struct SerialPort: Hashable, Sendable, Codable {
  /// Half-duplex transmission where the UART itself drives RTS around each message.
  public struct RS485: Hashable, Sendable, Codable {
    /// RTS is high while sending; else low.
    public var rtsOnSend: Bool
    /// Milliseconds between RTS and the first bit.
    public var delayBeforeSend: UInt32
    /// Milliseconds between the last bit and RTS.
    public var delayAfterSend: UInt32

    /// Makes settings.
    /// - Parameters:
    ///   - rtsOnSend: RTS is high while sending.
    ///   - delayBeforeSend: milliseconds between RTS and the first bit.
    ///   - delayAfterSend: milliseconds between the last bit and RTS.
    public init(rtsOnSend: Bool = true, delayBeforeSend: UInt32 = 0, delayAfterSend: UInt32 = 0) {
      self.rtsOnSend = rtsOnSend
      self.delayBeforeSend = delayBeforeSend
      self.delayAfterSend = delayAfterSend
    }
  }

  /// Path of the device; best a link in `/dev/serial/by-id`, which outlives replugging.
  public var path: String
  /// Symbols per second, above 0; any speed that the hardware can do.
  public var baud: Int
  /// Set where the UART switches a transceiver's direction; adapters on USB do that themselves and ignore it.
  public var rs485: RS485?
  /// Received bytes are handed on at once instead of being collected for some milliseconds; ignored where there is
  /// nothing to set.
  public var lowLatency: Bool

  /// Describes a port; opens nothing.
  /// - Parameters:
  ///   - path: path of the device.
  ///   - baud: symbols per second.
  ///   - rs485: direction switching by the UART.
  ///   - lowLatency: hand received bytes on at once.
  public init(path: String, baud: Int, rs485: RS485? = nil, lowLatency: Bool = true) {
    self.path = path
    self.baud = baud
    self.rs485 = rs485
    self.lowLatency = lowLatency
  }

  /// Opens the device for this process alone, sets it up and drops what it received before. Safe from any task; may
  /// take some milliseconds.
  /// - Parameter reactor: serves the link.
  /// - Throws: ``LinkFault/missing(path:)``, ``LinkFault/noPermission(path:)``,
  ///   ``LinkFault/notAllowed(path:)``, ``LinkFault/notATerminal(path:)``,
  ///   ``LinkFault/held(path:by:)`` when another process, or another link, has it open,
  ///   ``LinkFault/speedUnsupported(path:baud:nearest:)``, ``LinkFault/shutDown``, or
  ///   ``LinkFault/ioError(errno:during:)`` for anything else.
  public func open(on reactor: Reactor) throws(LinkFault) -> Link {
    let descriptor = try self.openDevice()
    try self.hold(descriptor)
    try self.setUp(descriptor)
    return try reactor.adopt(descriptor, as: .terminal)
  }

  private func openDevice() throws(LinkFault) -> Descriptor {
    let number = unsafe ctermios_open(self.path)
    if number < 0 { throw self.fault(opening: -number) }
    return Descriptor(owning: number)
  }

  /// What it means that the device could not be opened.
  func fault(opening errno: Int32) -> LinkFault {
    switch errno {
    case ENOENT, ENOTDIR: .missing(path: self.path)
    case EACCES: .noPermission(path: self.path)
    case EPERM: .notAllowed(path: self.path)
    case EBUSY: self.held(ownDescriptors: 0)
    case EISDIR, EROFS: .notATerminal(path: self.path)
    default: .ioError(errno: errno, during: "open")
    }
  }

  private func hold(_ descriptor: borrowing Descriptor) throws(LinkFault) {
    var baud: UInt32 = 0
    if unsafe ctermios_get_baud(descriptor.number, &baud) < 0 { throw .notATerminal(path: self.path) }
    // TIOCEXCL does not stop root, and says nothing of who was here before.
    if ctermios_lock(descriptor.number) < 0 { throw self.held(ownDescriptors: 1) }
    if let holder = self.holder() { throw .held(path: self.path, by: holder) }
    let rc = ctermios_set_exclusive(descriptor.number)
    if rc < 0 { throw .ioError(errno: -rc, during: "TIOCEXCL") }
  }

  private func setUp(_ descriptor: borrowing Descriptor) throws(LinkFault) {
    guard let baud = UInt32(exactly: self.baud), baud > 0 else {
      throw .speedUnsupported(path: self.path, baud: self.baud, nearest: nil)
    }
    var rc = ctermios_set_raw(descriptor.number, baud)
    if rc == -EINVAL { throw .speedUnsupported(path: self.path, baud: self.baud, nearest: nil) }
    if rc < 0 { throw .ioError(errno: -rc, during: "TCSETS2") }
    var actual: UInt32 = 0
    // Both ends together bear some 4 % before bits are read wrongly.
    if unsafe ctermios_get_baud(descriptor.number, &actual) == 0, abs(Int(actual) - self.baud) * 40 > self.baud {
      throw .speedUnsupported(path: self.path, baud: self.baud, nearest: Int(actual))
    }
    if let rs485 = self.rs485 {
      rc = ctermios_set_rs485(
        descriptor.number, rs485.rtsOnSend ? 1 : 0, rs485.delayBeforeSend, rs485.delayAfterSend)
      if rc < 0, rc != -ENOTTY, rc != -EINVAL, rc != -EOPNOTSUPP {
        throw .ioError(errno: -rc, during: "TIOCSRS485")
      }
    }
    if self.lowLatency { _ = ctermios_set_low_latency(descriptor.number) }
    rc = ctermios_flush_input(descriptor.number)
    if rc < 0 { throw .ioError(errno: -rc, during: "TCFLSH") }
  }

  /// Another process that has the device open, where it can be seen. Safe from any task; looks through `/proc`.
  public func holder() -> LinkFault.Holder? {
    var name = [CChar](repeating: 0, count: 32)
    let pid = unsafe name.withUnsafeMutableBufferPointer { name in
      unsafe ctermios_find_holder(self.path, name.baseAddress, name.count)
    }
    if pid <= 0 { return nil }
    return LinkFault.Holder(
      pid: pid, name: String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
  }

  /// Names who keeps us out, with so many descriptors of this very attempt open.
  private func held(ownDescriptors: Int32) -> LinkFault {
    if let holder = self.holder() { return .held(path: self.path, by: holder) }
    let isOurs = unsafe ctermios_count_own(self.path) > ownDescriptors
    return .held(
      path: self.path, by: isOurs ? LinkFault.Holder(pid: getpid(), name: "another link of this daemon") : nil)
  }
}
