import Foundation
import LockTransport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct UnixSocketTests {
  /// Runs a test with a reactor and an empty directory of its own.
  private func withDirectory(_ body: (Reactor, URL) async throws -> Void) async throws {
    try await withReactor { reactor in
      let directory = FileManager.default.temporaryDirectory.appending(path: "bitting-\(UUID().uuidString.prefix(8))")
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: directory) }
      try await body(reactor, directory)
    }
  }

  @Test func `packets stay whole both ways, on each of many links`() async throws {
    try await self.withDirectory { reactor, directory in
      let socket = UnixSocket(path: directory.appending(path: "lock").path)
      let listener = try socket.listen(on: reactor)
      var accepted = listener.links.makeAsyncIterator()
      var pairs: [(Link, Link)] = []
      for _ in 0..<20 {
        let near = try LinkOpener.unix(socket).open(on: reactor)
        pairs.append((near, try #require(await accepted.next())))
      }
      for (number, (near, far)) in pairs.enumerated() {
        let packet = Array(repeating: UInt8(number), count: 1 + number * 25)
        near.write(packet)
        near.write([1])
        far.write(packet)
        #expect(await far.next == .bytes(packet))
        #expect(await far.next == .bytes([1]))
        #expect(await near.next == .bytes(packet))
      }
      for (near, far) in pairs {
        far.close()
        #expect(await near.next == .closed(.hungUp))
      }
      listener.close()
      #expect(await accepted.next() == nil)
      #expect(throws: LinkFault.socket(path: socket.path, .missing)) { try socket.open(on: reactor) }
    }
  }

  @Test func `those who connect before they are asked for are taken in all`() async throws {
    try await self.withDirectory { reactor, directory in
      let socket = UnixSocket(path: directory.appending(path: "lock").path)
      let listener = try socket.listen(on: reactor)
      let near = try (0..<30).map { _ in try socket.open(on: reactor) }
      for (number, link) in near.enumerated() { link.write([UInt8(number)]) }
      var accepted = listener.links.makeAsyncIterator()
      for number in 0..<30 {
        let far = try #require(await accepted.next())
        #expect(await far.next == .bytes([UInt8(number)]))
        far.close()
      }
      listener.close()
    }
  }

  @Test func `a listener that nobody attends to costs nothing, and a full one says so`() async throws {
    try await self.withDirectory { reactor, directory in
      let socket = UnixSocket(path: directory.appending(path: "lock").path)
      let listener = try socket.listen(on: reactor)
      var fault: LinkFault?
      for _ in 0..<1000 where fault == nil {
        do throws(LinkFault) { _ = try socket.open(on: reactor) } catch { fault = error }
      }
      #expect(fault == .socket(path: socket.path, .crowded))
      listener.close()
    }
  }

  @Test func `only the owner may connect`() async throws {
    try await self.withDirectory { reactor, directory in
      let socket = UnixSocket(path: directory.appending(path: "lock").path)
      let listener = try socket.listen(on: reactor)
      let mode = try FileManager.default.attributesOfItem(atPath: socket.path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
      listener.close()
      #expect(!FileManager.default.fileExists(atPath: socket.path))
    }
  }

  @Test func `a socket that was left behind is replaced, one in use or a file is not`() async throws {
    try await self.withDirectory { reactor, directory in
      let socket = UnixSocket(path: directory.appending(path: "lock").path)
      let first = try socket.listen(on: reactor)
      #expect(throws: LinkFault.socket(path: socket.path, .taken)) { try socket.listen(on: reactor) }
      // Kept under another name, it outlives its listener as after a crash.
      let kept = directory.appending(path: "kept").path
      try FileManager.default.linkItem(atPath: socket.path, toPath: kept)
      first.close()
      try FileManager.default.moveItem(atPath: kept, toPath: socket.path)
      #expect(throws: LinkFault.socket(path: socket.path, .unattended)) { try socket.open(on: reactor) }
      let second = try socket.listen(on: reactor)
      try socket.open(on: reactor).close()
      second.close()

      let file = UnixSocket(path: directory.appending(path: "file").path)
      try Data().write(to: URL(filePath: file.path))
      #expect(throws: LinkFault.socket(path: file.path, .otherKind)) { try file.listen(on: reactor) }
      #expect(throws: LinkFault.socket(path: file.path, .otherKind)) { try file.open(on: reactor) }
      #expect(FileManager.default.fileExists(atPath: file.path))
    }
  }

  @Test func `paths that no socket can have are refused`() async throws {
    try await self.withDirectory { reactor, directory in
      for (path, fault) in [
        (directory.path + "/" + String(repeating: "x", count: 108), .pathTooLong),
        (directory.path + "/none/lock", .missing), ("", .missing),
      ] as [(String, LinkFault.SocketFault)] {
        let socket = UnixSocket(path: path)
        #expect(throws: LinkFault.socket(path: path, fault)) { try socket.open(on: reactor) }
        #expect(throws: LinkFault.socket(path: path, fault)) { try socket.listen(on: reactor) }
      }
    }
  }

  @Test func `every fault says where, and what to do`() {
    let faults: [LinkFault.SocketFault] = [
      .missing, .unattended, .forbidden, .otherKind, .taken, .crowded, .pathTooLong,
    ]
    let texts = faults.map { LinkFault.socket(path: "/run/lock", $0).description }
    #expect(Set(texts).count == faults.count)
    #expect(texts.allSatisfy { $0.contains("/run/lock") && $0.contains(": ") })
  }

  @Test func `a device that comes is connected to at once`() async throws {
    try await self.withDirectory { reactor, directory in
      let socket = UnixSocket(path: directory.appending(path: "lock").path)
      let opener = LinkOpener.unix(socket)
      let missing = LinkFault.socket(path: socket.path, .missing)
      for _ in 0..<3 {
        let watch = opener.watch(on: reactor)
        defer { watch.close() }
        #expect(throws: missing) { try opener.open(on: reactor) }
        let start = Reactor.uptime
        async let waited: Void = watch.wait(atMost: .seconds(60), after: missing)
        let listener = try socket.listen(on: reactor)
        await waited
        #expect(Reactor.uptime - start < .seconds(5))
        try opener.open(on: reactor).close()
        listener.close()
      }
    }
  }
}
