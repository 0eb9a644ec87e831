import Foundation

/// The file in which a simulated lock keeps its codes, as a real one keeps them in its flash.
struct LockMemoryFile<Memory: Codable> {
  let url: URL

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
