import Foundation
import LockCore
package import OfflineCodes
import Sealing

/// A door's offline key in a file, as `bitting offline-key export` writes it and `bitting offline-code` reads it:
/// one JSON object, readable by its owner alone. Whoever has the file can make every offline code of the door.
package struct OfflineKeyFile: Codable {
  private var format = Self.format
  /// The door's name, for people.
  package var name: String
  private var door: String
  private var generation: UInt32
  private var secret: String

  private static let format = "bitting offline key 1"

  /// Puts a key down.
  package init(name: String, key: OfflineDoorKey) {
    self.name = name
    self.door = key.door.rawValue
    self.generation = key.generation
    self.secret = Hexadecimal.text(key.secret)
  }

  /// Reads a file.
  package init(path: String) throws(StartFault) {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
      throw StartFault(.unavailable, "\(path) cannot be read; name a file that bitting offline-key export has written")
    }
    guard let file = try? JSONDecoder().decode(Self.self, from: data), file.format == Self.format else {
      throw StartFault(.configuration, "\(path) is no offline key; make one with: bitting offline-key export DOOR")
    }
    self = file
  }

  /// The key.
  package func key() throws(StartFault) -> OfflineDoorKey {
    do {
      let secret = Hexadecimal.bytes(self.secret) ?? []
      if let key = try OfflineDoorKey(door: LockID(rawValue: self.door), generation: self.generation, secret: secret) {
        return key
      }
    } catch {
      throw StartFault(.software, "the cryptographic library does not work; see that libsodium is there")
    }
    throw StartFault(.configuration, "the offline key of \(self.name) is damaged; export it again")
  }

  /// Writes a new file, synced; one that is there is left as it is.
  package func write(to path: String) throws(StartFault) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    guard let data = try? encoder.encode(self) else { throw StartFault(.software, "the key cannot be encoded") }
    do {
      try NewFile.write([UInt8](data) + [UInt8(ascii: "\n")], to: path)
    } catch {
      let reason =
        switch error {
        case .exists: "is there already and is left as it is; name another file with --to, or delete that one"
        case .cannotCreate: "cannot be written; name another file with --to"
        case .cannotWrite: "cannot be written; is the disk full?"
        }
      throw StartFault(.cannotCreate, "\(path) \(reason)")
    }
  }
}
