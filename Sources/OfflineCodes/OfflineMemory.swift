public import LockCore

/// What a door remembers of offline codes that were used there: one-time codes, so that none opens twice, and codes of
/// more than 24 hours, so that they go on to open. It holds no PIN, and never more than ``capacity`` codes.
public struct OfflineMemory: Hashable, Sendable {
  /// The most codes that are remembered.
  public static let capacity = 512
  /// One-time codes are remembered so long after their end: a clock that is set back by less brings none back.
  public static let afterlife = Duration.hours(48)

  /// The codes, in the order of their first use.
  public private(set) var codes: [OfflineCode] = []

  /// Nothing was used.
  public init() {}

  /// True when the code was used.
  public func contains(_ code: OfflineCode) -> Bool { self.codes.contains(code) }

  /// Remembers the use of a code.
  /// - Parameters:
  ///   - code: the code.
  ///   - date: now, by the door's clock; what is long over is forgotten.
  /// - Returns: false when there is no room.
  mutating func add(_ code: OfflineCode, at date: Timestamp) -> Bool {
    if self.contains(code) { return true }
    self.codes.removeAll { $0.end + Self.afterlife <= date }
    guard self.codes.count < Self.capacity else { return false }
    self.codes.append(code)
    return true
  }
}

extension OfflineMemory {
  /// The memory as bytes to keep: the key's generation (4), then eight for each code, its start hour (4), its slot (2)
  /// and two zeros; big-endian.
  public func bytes(generation: UInt32) -> [UInt8] {
    OfflineDoorKey.bytes(generation)
      + self.codes.flatMap { code in
        OfflineDoorKey.bytes(UInt32(truncatingIfNeeded: code.startHour))
          + OfflineDoorKey.bytes(UInt32(truncatingIfNeeded: code.slot << 16))
      }
  }

  /// Reads what was kept; what is no code is left out. Codes of another key are not those of this one: nothing is taken.
  public init(_ bytes: [UInt8], generation: UInt32) {
    guard bytes.starts(with: OfflineDoorKey.bytes(generation)) else { return }
    for start in stride(from: 4, to: bytes.count - 7, by: 8) where self.codes.count < Self.capacity {
      func number(_ range: Range<Int>) -> Int { range.reduce(0) { $0 << 8 | Int(bytes[start + $1]) } }
      guard let code = OfflineCode(startHour: number(0..<4), slot: number(4..<6)) else { continue }
      self.codes.append(code)
    }
  }
}
