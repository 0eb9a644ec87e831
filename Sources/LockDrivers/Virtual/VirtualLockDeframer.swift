/// Cuts incoming bytes into VKL frames, whatever pieces they come in, and finds the next frame after garbage.
/// Never holds more than one frame's bytes between two calls.
public struct VirtualLockDeframer: Sendable {
  /// What was found in the bytes.
  public enum Finding: Hashable, Sendable {
    /// A frame.
    case frame(VirtualLockFrame)
    /// A frame with a good CRC that says nothing known: its kind and sequence.
    case malformed(kind: UInt8, sequence: UInt8)
  }

  /// The rest of a frame that pauses for longer than this does not come any more.
  static let longestPause: Duration = .milliseconds(500)

  private(set) var buffer: [UInt8] = []
  private var lastArrival: Duration = .zero

  /// Starts with nothing received.
  public init() {}

  /// Takes bytes in.
  /// - Parameters:
  ///   - bytes: any piece of the stream.
  ///   - uptime: when they came.
  /// - Returns: the frames completed by them, in order.
  public mutating func received(_ bytes: [UInt8], at uptime: Duration) -> [Finding] {
    if uptime - self.lastArrival > Self.longestPause { self.buffer.removeAll() }
    self.lastArrival = uptime
    self.buffer += bytes
    var findings: [Finding] = []
    var position = 0
    while let start = self.buffer[position...].firstIndex(of: VirtualLockFrame.start[0]) {
      switch self.candidate(at: start) {
      case .none: position = start + 1
      case .found(let finding, let end):
        findings.append(finding)
        position = end
      case .unfinished:
        self.buffer.removeFirst(start)
        return findings
      }
    }
    self.buffer.removeAll()
    return findings
  }

  private enum Candidate {
    case none
    case unfinished
    case found(Finding, end: Int)
  }

  private func candidate(at position: Int) -> Candidate {
    let rest = self.buffer[position...]
    if rest.count > 1, rest[position + 1] != VirtualLockFrame.start[1] { return .none }
    if rest.count > 2, rest[position + 2] != VirtualLockFrame.version { return .none }
    guard rest.count >= VirtualLockFrame.headerLength else { return .unfinished }
    let payloadLength = Int(rest[position + 5]) | Int(rest[position + 6]) << 8
    guard payloadLength <= VirtualLockFrame.maximumPayload else { return .none }
    let payloadEnd = position + VirtualLockFrame.headerLength + payloadLength
    let end = payloadEnd + VirtualLockFrame.trailerLength
    guard rest.endIndex >= end else { return .unfinished }
    let crc = UInt16(rest[payloadEnd]) | UInt16(rest[payloadEnd + 1]) << 8
    guard crc == VirtualLockFrame.crc16(rest[position..<payloadEnd]) else { return .none }
    let (kind, sequence) = (rest[position + 3], rest[position + 4])
    let payload = rest[(position + VirtualLockFrame.headerLength)..<payloadEnd]
    let frame = VirtualLockFrame(kind: kind, sequence: sequence, payload: payload)
    return .found(
      frame.map(Finding.frame) ?? .malformed(kind: kind, sequence: sequence), end: end)
  }
}
