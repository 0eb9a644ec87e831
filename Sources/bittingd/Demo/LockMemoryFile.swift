import Foundation
import Gateway
import Sealing

/// Where the demo keeps what is of its locks: the daemon's own directory, with the seal of its store.
struct DemoFolder {
  let url: URL
  let seal: Seal
}

/// The file in which a simulated lock keeps its codes, as a real one keeps them in its flash; or what else is of it. A
/// real lock lets nobody read its flash: the file is sealed.
struct LockMemoryFile<Memory: Codable> {
  private let url: URL
  private let seal: Seal

  /// The file of a simulated lock.
  /// - Parameters:
  ///   - name: the lock's name.
  ///   - kind: what is kept, where that is not its codes.
  ///   - folder: the demo's own.
  init(of name: String, kind: String? = nil, in folder: DemoFolder) {
    let parts = ["simulated", name.replacing(" ", with: "-")] + (kind.map { [$0] } ?? [])
    self.url = folder.url.appendingPathComponent(parts.joined(separator: "-"))
    self.seal = folder.seal
  }

  private var place: SealedPlace { SealedPlace(file: self.url.lastPathComponent) }

  /// What was kept; nil when there is nothing, or nothing that can be read: then the lock is as new.
  func read() -> Memory? {
    guard let data = try? Data(contentsOf: self.url), let bytes = try? self.seal.open([UInt8](data), from: self.place)
    else { return nil }
    return try? JSONDecoder().decode(Memory.self, from: Data(bytes))
  }

  /// Keeps the memory; a full disk makes the simulated lock forgetful, not the gateway.
  func write(_ memory: Memory) {
    guard let data = try? JSONEncoder().encode(memory),
      let sealed = try? self.seal.seal([UInt8](data), for: self.place)
    else { return }
    try? Data(sealed).write(to: self.url, options: .atomic)
    try? FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: self.url.path)
  }
}
