import Testing

@testable import LockTransport

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// What is begun on a descriptor and decided later, such as a connection.
@Suite struct DecisionTests {
  @Test func `what is written and received before the decision waits for it`() async throws {
    try await withReactor { reactor in
      let (near, far) = try Link.pair(on: reactor)
      defer { far.close() }
      #expect(near.channel.begin { _ in -EINPROGRESS } == -EINPROGRESS)
      near.write([1])
      far.write([2])
      #expect(await near.channel.decision() == 0)
      #expect(await near.bytes(1) == [2])
      #expect(await far.bytes(1) == [1])
      near.close()
    }
  }

  @Test func `what fails at once leaves the channel as it was`() async throws {
    try await withReactor { reactor in
      let (near, far) = try Link.pair(on: reactor)
      #expect(near.channel.begin { _ in -EINVAL } == -EINVAL)
      far.write([2])
      #expect(await near.bytes(1) == [2])
      near.close()
      far.close()
    }
  }

  @Test func `closing decides, and is told once`() async throws {
    try await withReactor { reactor in
      let (near, far) = try Link.pair(on: reactor)
      near.close()
      #expect(near.channel.begin { _ in 0 } == -EBADF)
      #expect(await near.channel.decision() == -ECANCELED)
      far.close()
    }
  }
}
