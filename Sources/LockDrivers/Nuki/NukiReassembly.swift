/// Puts the pieces of messages together that come over one characteristic: a lock with a small MTU sends runs of
/// 20 bytes, others one piece a message. Holds at most one unfinished message; to be emptied when the link drops.
public struct NukiReassembly: Hashable, Sendable {
  /// Which messages come.
  public enum Form: Hashable, Sendable {
    /// In clear, of the length that their command has.
    case plain
    /// Sealed, of the length that they say.
    case sealed
    /// Sealed, or an Error Report in clear: generation 5 once a session key is known.
    case sealedOrError
  }

  /// Which messages come; to be set between two messages.
  public var form: Form
  private var buffer: [UInt8] = []

  /// Begins with nothing.
  public init(_ form: Form) { self.form = form }

  /// Forgets an unfinished message.
  public mutating func removeAll() { self.buffer.removeAll() }

  /// Takes a piece and gives back the messages that it completes. What can be no message is dropped together with all
  /// that came with it: the next piece begins a message again.
  public mutating func received(_ piece: [UInt8]) -> [[UInt8]] {
    var messages: [[UInt8]] = []
    self.buffer += piece
    while !self.buffer.isEmpty {
      switch self.nextLength(lastPiece: piece.count) {
      case .unknown: return messages
      case .impossible:
        self.buffer.removeAll()
        return messages
      case .known(let length):
        guard self.buffer.count >= length else { return messages }
        messages.append(Array(self.buffer[..<length]))
        self.buffer.removeSubrange(..<length)
      }
    }
    return messages
  }

  private enum Length { case unknown, impossible, known(Int) }

  private func nextLength(lastPiece: Int) -> Length {
    switch self.form {
    case .plain: return self.plainLength(lastPiece: lastPiece)
    case .sealed: return self.sealedLength
    case .sealedOrError:
      if self.buffer.count == Self.errorLength, self.buffer[0] == 0x12, self.buffer[1] == 0,
        (try? NukiPlainFrame(wire: self.buffer)) != nil
      {
        return .known(Self.errorLength)
      }
      return self.sealedLength
    }
  }

  private static let errorLength = 7
  /// Whole lengths by command (u16).
  private static let plainLengths: [UInt16: Int] = [
    0x0001: 6, 0x0003: 36, 0x0004: 36, 0x0005: 36, 0x0006: 105, 0x0007: 88, 0x000E: 5, 0x0012: 7, 0x001E: 40, 0x004C: 5,
  ]

  private var sealedLength: Length {
    guard self.buffer.count >= NukiSealedFrame.headerLength else { return .unknown }
    let box = Int(self.buffer[28]) | Int(self.buffer[29]) << 8
    guard (NukiSealedFrame.shortestBox...NukiSealedFrame.longestBox).contains(box) else { return .impossible }
    return .known(NukiSealedFrame.headerLength + box)
  }

  private func plainLength(lastPiece: Int) -> Length {
    guard self.buffer.count >= 2 else { return .unknown }
    if let length = Self.plainLengths[UInt16(self.buffer[0]) | UInt16(self.buffer[1]) << 8] { return .known(length) }
    // A command without a known length is a message only when it came in one piece.
    let isWhole = self.buffer.count == lastPiece && (try? NukiPlainFrame(wire: self.buffer)) != nil
    return isWhole ? .known(self.buffer.count) : .impossible
  }
}
