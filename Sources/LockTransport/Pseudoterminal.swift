import CTermios

/// A pair of terminals back to back, for a simulated serial device: its bytes go through ``link``, and whoever
/// opens ``path`` as a serial port sees the device.
///
/// The path may be closed and opened again any number of times; meanwhile the link stays open and tells nothing.
/// What is written to the link while nobody has the path open is lost, as on a line without a plug.
public struct Pseudoterminal: Sendable {
  /// The device's side. Closing it hangs up whoever has ``path`` open, and the path is gone.
  public let link: Link
  /// Where the other side is opened, such as `/dev/pts/3`.
  public let path: String

  /// Makes a pair, in raw mode.
  /// - Parameter reactor: serves ``link``.
  /// - Throws: ``LinkFault/ioError(errno:during:)`` when there are no descriptors or terminals left,
  ///   ``LinkFault/shutDown``.
  public init(on reactor: Reactor) throws(LinkFault) {
    var buffer = [CChar](repeating: 0, count: 128)
    let number = unsafe buffer.withUnsafeMutableBufferPointer { unsafe cpty_open($0.baseAddress, $0.count) }
    let descriptor = try Descriptor(number, doing: "posix_openpt")
    // Set through the master, it holds for the slave: nothing is echoed or edited before anybody opened it.
    let rc = ctermios_set_raw(descriptor.number, 9600)
    if rc < 0 { throw .ioError(errno: -rc, during: "TCSETS2") }
    self.path = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    self.link = try reactor.adopt(descriptor, as: .pseudoterminal)
  }
}
