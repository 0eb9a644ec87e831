import CTermios

/// An open file descriptor. It has one owner, and is closed here and nowhere else: when that owner lets go of it.
struct Descriptor: ~Copyable, Sendable {
  let number: Int32

  /// Takes what a C function gave: a descriptor, or -errno.
  init(_ result: Int32, doing call: String) throws(LinkFault) {
    if result < 0 { throw .ioError(errno: -result, during: call) }
    self.number = result
  }

  /// Takes over an open descriptor.
  init(owning number: Int32) { self.number = number }

  deinit { _ = cchannel_close(self.number) }
}
