/// Finds frames in the bytes of a line, whatever pieces they come in and whatever noise is between.
///
/// It holds at most one unfinished frame (1440 bytes) beside what was appended and not yet taken.
public struct OSDPFrameReader: Sendable {
  private var buffer: [UInt8] = []
  private var head = 0

  /// Starts empty.
  public init() {}

  /// Takes the next bytes of the line.
  public mutating func append(_ bytes: some Collection<UInt8>) {
    if self.head == self.buffer.count {
      self.removeAll()
    } else if self.head > OSDPFrame.lengths.upperBound {
      self.buffer.removeSubrange(..<self.head)
      self.head = 0
    }
    self.buffer.append(contentsOf: bytes)
  }

  /// The next whole frame with a right check; nil until more bytes come.
  ///
  /// A frame that turns out wrong costs only its first byte: a good one may begin inside it.
  public mutating func next() -> OSDPFrame? {
    while let start = self.buffer[self.head...].firstIndex(of: OSDPFrame.start) {
      self.head = start
      guard let length = self.pendingLength else {
        guard self.buffer.count - start < 4 else {
          self.head += 1
          continue
        }
        return nil
      }
      guard self.buffer.count - start >= length else { return nil }
      if let frame = OSDPFrame(self.buffer[start..<(start + length)]) {
        self.head += length
        return frame
      }
      self.head += 1
    }
    self.head = self.buffer.count
    return nil
  }

  /// Address byte of the frame that is still arriving, with the reply bit; nil when there is none.
  public var pendingAddress: UInt8? {
    self.pendingLength == nil ? nil : self.buffer[self.head + 1]
  }

  /// The rest of the frame that is still arriving will not come: forget its first byte and look on behind it with
  /// ``next()``.
  public mutating func abandonPending() {
    if self.head < self.buffer.count { self.head += 1 }
  }

  /// Forgets everything.
  public mutating func removeAll() {
    self.buffer.removeAll(keepingCapacity: self.buffer.capacity <= 8192)
    self.head = 0
  }

  private var pendingLength: Int? {
    guard self.buffer.count - self.head >= 4 else { return nil }
    let length = Int(self.buffer[self.head + 2]) | Int(self.buffer[self.head + 3]) << 8
    return OSDPFrame.lengths.contains(length) ? length : nil
  }
}
