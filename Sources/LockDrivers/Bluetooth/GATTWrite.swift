/// Writes one value: Write, or piece by piece when it does not fit into one packet. The server repeats each piece;
/// only when all came back as they were sent is the value written.
struct GATTWrite: Sendable {
  let handle: UInt16
  let value: [UInt8]
  private var state = State.whole
  /// So many octets were kept by the server.
  private var kept = 0

  private enum State: Sendable {
    case whole
    case piece(ArraySlice<UInt8>)
    case executing
    case cancelling(GATTFault)
  }

  init(handle: UInt16, value: [UInt8]) {
    self.handle = handle
    self.value = value
  }

  mutating func begin(mtu: Int) -> ATTPDU.FromClient {
    self.value.count <= mtu - 3 ? .write(handle: self.handle, self.value) : self.nextPiece(mtu: mtu)
  }

  mutating func answered(_ answer: ATTPDU.FromServer, mtu: Int) -> GATTProcedure.Step {
    switch (self.state, answer) {
    case (.cancelling(let fault), _): return .failed(fault)
    case (.whole, .written), (.executing, .executed): return .done(.written)
    case (.piece(let piece), .prepared(let handle, let offset, let echo)):
      guard handle == self.handle, Int(offset) == self.kept, echo[...] == piece else {
        return self.cancel(after: .malformed)
      }
      self.kept += piece.count
      if self.kept < self.value.count { return .send(self.nextPiece(mtu: mtu)) }
      self.state = .executing
      return .send(.executeWrite(true))
    case (.piece, .error(_, let handle, let error)) where self.kept > 0:
      return self.cancel(after: .att(error, handle: handle))
    case (_, .error(_, let handle, let error)): return .failed(.att(error, handle: handle))
    default: return .failed(.malformed)
    }
  }

  private mutating func nextPiece(mtu: Int) -> ATTPDU.FromClient {
    let piece = self.value.dropFirst(self.kept).prefix(mtu - 5)
    self.state = .piece(piece)
    return .prepareWrite(handle: self.handle, offset: UInt16(clamping: self.kept), Array(piece))
  }

  /// Pieces left behind would go into the next long write.
  private mutating func cancel(after fault: GATTFault) -> GATTProcedure.Step {
    self.state = .cancelling(fault)
    return .send(.executeWrite(false))
  }
}
