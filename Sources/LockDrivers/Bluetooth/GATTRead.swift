/// Reads one value: Read, then Read Blob for as long as packets come full.
struct GATTRead: Sendable {
  let handle: UInt16
  private var value: [UInt8] = []

  init(handle: UInt16) { self.handle = handle }

  func begin() -> ATTPDU.FromClient { .read(handle: self.handle) }

  mutating func answered(_ answer: ATTPDU.FromServer, mtu: Int) -> GATTProcedure.Step {
    switch answer {
    case .value(let piece), .blob(let piece):
      self.value += piece
      if self.value.count > ATTPDU.longestValue { return .failed(.malformed) }
      if piece.count < mtu - 1 || self.value.count == ATTPDU.longestValue { return .done(.value(self.value)) }
      return .send(.readBlob(handle: self.handle, offset: UInt16(clamping: self.value.count)))
    case .error(_, _, .invalidOffset) where !self.value.isEmpty,
      .error(_, _, .attributeNotLong) where !self.value.isEmpty:
      // The value ends where the packet was full.
      return .done(.value(self.value))
    case .error(_, let handle, let error): return .failed(.att(error, handle: handle))
    default: return .failed(.malformed)
    }
  }
}
