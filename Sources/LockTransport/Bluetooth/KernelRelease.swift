import CBlueZ

/// The release of a kernel, such as `6.1.0-56-amd64`, as far as Bluetooth depends on it.
public struct KernelRelease: Hashable, Sendable, CustomStringConvertible {
  /// As `uname -r` prints it.
  public let description: String

  /// Takes what `uname -r` prints.
  public init(_ text: String) { self.description = text }

  /// The running kernel's.
  public static var running: Self {
    var release = [CChar](repeating: 0, count: 65)
    let rc = unsafe release.withUnsafeMutableBufferPointer { buffer in
      unsafe cbluez_kernel_release(buffer.baseAddress, buffer.count)
    }
    if rc < 0 { return Self("unknown") }
    return Self(String(decoding: release.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
  }

  /// What is wrong with Bluetooth in this kernel, and what to do; nil when nothing is known.
  ///
  /// In 6.1 a peer that drops its link before it has sent anything, and a close of the socket after that, free the
  /// same memory twice (`hci_chan_del` from `l2cap_conn_free`; seen with Debian's 6.1.192-2, gone in 6.12): the kernel
  /// ends the process, or stops.
  public var warning: String? {
    let numbers = self.description.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
    guard numbers.count >= 2, numbers[0] == "6",
      numbers[1].prefix(while: { $0.isNumber }) == "1"
    else { return nil }
    return
      "kernel \(self) can crash when a Bluetooth device drops its link: install linux-image-6.12-amd64 or the like from bookworm-security and restart the box"
  }
}
