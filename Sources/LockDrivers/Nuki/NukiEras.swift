import LockCore

/// Which log entries were dated by a clock that was set since, and by how much that was off. Kept through restarts,
/// since the entries may be read much later.
struct NukiEras: Hashable, Sendable {
  /// Log entries up to this index were dated by a clock that was off by so much.
  private struct Era: Hashable, Sendable {
    var upTo: UInt32
    var offset: Duration
  }

  private var eras: [Era] = []
  /// An offset that is done away with, or about to be, and whose last entry is not known yet.
  private var former: Duration?

  private static let most = 8

  init() {}

  /// The clock is about to be set: whether the lock has heard it may never be known.
  mutating func clockWillBeSet(offBy offset: Duration) { self.former = offset }

  /// The clock is right from now on; entries up to the newest were dated by the old one.
  mutating func clockWasSet(newest: UInt32?) {
    if let newest { self.close(at: newest) }
  }

  /// The newest entry is known.
  mutating func saw(newest: UInt32) {
    self.close(at: newest)
    // A log that was reset counts from the start again.
    self.eras.removeAll { $0.upTo > newest }
  }

  private mutating func close(at newest: UInt32) {
    guard let offset = self.former else { return }
    self.former = nil
    self.eras.append(Era(upTo: newest, offset: offset))
    if self.eras.count > Self.most { self.eras.removeFirst() }
  }

  /// By how much the clock was off that dated an entry; nil when it was not set since.
  func offset(ofEntry index: UInt32) -> Duration? {
    self.eras.first { index <= $0.upTo }?.offset ?? self.former
  }
}

/// ```
/// 0 1  eras: up to 4, offset in ms 8
///   1  1 when a former offset follows: in ms 8
/// ```
extension NukiEras {
  init?(_ reader: inout NukiReader) {
    guard let count = reader.byte(), count <= Self.most else { return nil }
    for _ in 0..<count {
      guard let upTo = reader.take(UInt32.self), let offset = reader.take(Int64.self) else { return nil }
      self.eras.append(Era(upTo: upTo, offset: .milliseconds(offset)))
    }
    guard let hasFormer = reader.flag() else { return nil }
    guard hasFormer else { return }
    guard let former = reader.take(Int64.self) else { return nil }
    self.former = .milliseconds(former)
  }

  func write(to writer: inout NukiWriter) {
    writer.put(UInt8(clamping: self.eras.count))
    for era in self.eras {
      writer.put(era.upTo)
      writer.put(era.offset.wholeMilliseconds)
    }
    writer.put(self.former != nil)
    if let former { writer.put(former.wholeMilliseconds) }
  }
}
