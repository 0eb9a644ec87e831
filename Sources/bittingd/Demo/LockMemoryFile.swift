import Foundation
import Gateway

/// The file in which a simulated lock keeps its codes, as a real one keeps them in its flash; or what else is of it.
struct LockMemoryFile<Memory: Codable> {
  let url: URL

  /// The file of a simulated lock.
  /// - Parameters:
  ///   - name: the lock's name.
  ///   - kind: what is kept, where that is not its codes.
  ///   - directory: the daemon's own.
  init(of name: String, kind: String? = nil, in directory: DataDirectory) {
    let parts = ["simulated", name.replacing(" ", with: "-")] + (kind.map { [$0] } ?? [])
    self.url = directory.url.appendingPathComponent("\(parts.joined(separator: "-")).json")
  }

  /// What was kept; nil when there is nothing, or nothing that can be read: then the lock is as new.
  func read() -> Memory? {
    (try? Data(contentsOf: self.url)).flatMap { try? JSONDecoder().decode(Memory.self, from: $0) }
  }

  /// Keeps the memory; a full disk makes the simulated lock forgetful, not the gateway.
  func write(_ memory: Memory) {
    guard let data = try? JSONEncoder().encode(memory) else { return }
    try? data.write(to: self.url, options: .atomic)
    try? FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: self.url.path)
  }
}
