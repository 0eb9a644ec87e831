internal import CSystemd

/// A socket that the service manager listened at before the daemon was there, and handed over.
public struct HandedOverSocket: Equatable, Sendable {
  /// Its `FileDescriptorName=`; the name of the socket unit where none is set.
  public var name: String
  /// The descriptor: whoever takes it closes it. Closed on exec.
  public var descriptor: Int32

  /// Takes all sockets over. Once, and before other threads run: it changes the environment, so that no child
  /// process takes them too. Later calls give none.
  /// - Returns: nil when the service manager's words make no sense.
  public static func takeAll() -> [HandedOverSocket]? {
    var names = [CChar](repeating: 0, count: 4096)
    let count = unsafe csystemd_take_descriptors(&names, names.count)
    guard count >= 0 else { return nil }
    let text = String(decoding: names.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    let given = text.split(separator: ":", omittingEmptySubsequences: false)
    return (0..<count).map { index in
      let descriptor = CSYSTEMD_FIRST_DESCRIPTOR + index
      return HandedOverSocket(
        name: given.indices.contains(Int(index)) ? String(given[Int(index)]) : "", descriptor: descriptor)
    }
  }
}
