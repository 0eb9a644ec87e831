public import LockCore

/// What a door remembers of offline codes that were used there: one-time codes, so that none opens twice, and codes of
/// more than 24 hours, so that they go on to open. It holds no PIN, and never more than ``capacity`` codes.
public struct OfflineMemory: Hashable, Sendable, Codable {
  /// The most codes that are remembered.
  public static let capacity = 512
  /// One-time codes are remembered so long after their end: a clock that is set back by less brings none back.
  public static let afterlife = Duration.hours(48)

  /// The codes, in the order of their first use.
  public private(set) var codes: [OfflineCode] = []

  /// Nothing was used.
  public init() {}

  /// Decodes what was remembered; beyond ``capacity`` nothing is taken.
  public init(from decoder: any Decoder) throws {
    self.codes = Array(try decoder.singleValueContainer().decode([OfflineCode].self).prefix(Self.capacity))
  }

  /// Encodes the codes.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(self.codes)
  }

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
  /// The memory as bytes: eight for each code, the start hour (4) and the slot (2), both big-endian, and two zeros.
  public var bytes: [UInt8] {
    self.codes.flatMap { code in
      OfflineDoorKey.bytes(UInt32(truncatingIfNeeded: code.startHour))
        + OfflineDoorKey.bytes(UInt32(truncatingIfNeeded: code.slot << 16))
    }
  }

  /// Reads ``bytes``; what is no code is left out.
  public init(bytes: [UInt8]) {
    for start in stride(from: 0, to: bytes.count - 7, by: 8) where self.codes.count < Self.capacity {
      func number(_ range: Range<Int>) -> Int { range.reduce(0) { $0 << 8 | Int(bytes[start + $1]) } }
      guard let code = OfflineCode(startHour: number(0..<4), slot: number(4..<6)) else { continue }
      self.codes.append(code)
    }
  }
}
