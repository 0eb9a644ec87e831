import LockTransport

/// Runs a test with a reactor of its own, and ends that whatever happens.
func withReactor(_ body: (Reactor) async throws -> Void) async throws {
  let reactor = try Reactor()
  defer { reactor.shutDown() }
  try await body(reactor)
}

extension Link {
  /// Reads a stream until so many bytes are there; fewer when the link closes before.
  func bytes(_ count: Int) async -> [UInt8] {
    var bytes: [UInt8] = []
    if count == 0 { return bytes }
    for await case .bytes(let piece) in self.events {
      bytes += piece
      if bytes.count >= count { break }
    }
    return bytes
  }

  /// The next event.
  var next: LinkEvent? {
    get async {
      var events = self.events.makeAsyncIterator()
      return await events.next()
    }
  }
}
