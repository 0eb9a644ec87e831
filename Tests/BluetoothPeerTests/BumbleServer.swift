import Foundation
import LockTransport
import Testing

/// Bumble's attribute server as a child process (`Tests/Peers/attribute_server.py`), one for all tests. Ends with
/// this process, whatever becomes of it: then its standard input ends.
final class BumbleServer: Sendable {
  /// The MTUs that there are servers for.
  static let mtus: [UInt16] = [23, 185, 247, 517]

  private static let shared = Result { try BumbleServer() }

  private let process: Process
  private let input: Pipe
  private let directory: URL

  private init() throws {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let python = tests.deletingLastPathComponent().appending(path: ".venv/bin/python")
    guard FileManager.default.isExecutableFile(atPath: python.path) else {
      throw Missing(description: "\(python.path) is missing: run 'make .venv/made-from' first, or 'make test'")
    }
    self.directory = FileManager.default.temporaryDirectory.appending(path: "bitting-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: self.directory, withIntermediateDirectories: true)
    self.process = Process()
    self.input = Pipe()
    self.process.executableURL = python
    self.process.arguments =
      [tests.appending(path: "Peers/attribute_server.py").path, self.directory.path] + Self.mtus.map(String.init)
    self.process.standardInput = self.input
    try self.process.run()
  }

  /// Opens a link to the server that takes packets of this length. Waits for a server that is just starting.
  static func link(mtu: UInt16, on reactor: Reactor) async throws -> Link {
    let server = try Self.shared.get()
    let opener = LinkOpener.unix(UnixSocket(path: server.directory.appending(path: String(mtu)).path))
    let patience = Reactor.uptime + .seconds(60)
    while true {
      let watch = opener.watch(on: reactor)
      defer { watch.close() }
      do throws(LinkFault) {
        return try opener.open(on: reactor)
      } catch {
        guard server.process.isRunning else { throw Missing(description: "the server has ended, see its output above") }
        guard Reactor.uptime < patience else { throw error }
        await watch.wait(atMost: .seconds(1), after: error)
      }
    }
  }

  private struct Missing: Error, CustomStringConvertible { var description: String }
}
