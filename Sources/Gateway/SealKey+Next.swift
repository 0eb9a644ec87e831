package import Foundation
import Glibc
package import Sealing
import SyncEngine

/// A key of the data directory that takes the place of another.
extension SealKey {
  private static func next(in directory: URL) -> String { directory.appendingPathComponent("seal-key.new").path }
  private static func own(in directory: URL) -> String { directory.appendingPathComponent("seal-key").path }

  /// Draws the next key of a data directory, beside the present one.
  package static func drawnNext(in directory: URL) throws(StartFault) -> SealKey {
    let path = Self.next(in: directory)
    _ = unsafe unlink(path)
    try Self.draw(into: path)
    return try Self.found(for: directory, file: path)
  }

  /// Lets the next key take the place of the present one.
  package static func takeNext(in directory: URL) throws(StartFault) {
    guard unsafe rename(Self.next(in: directory), Self.own(in: directory)) == 0 else {
      throw StartFault(
        .cannotCreate, "the new seal key cannot take its place: rename \(Self.next(in: directory)) to seal-key")
    }
  }

  /// Finishes a change of keys that was cut off: the store wants the next key already.
  static func settleNext(in directory: URL) throws(StartFault) {
    let path = Self.next(in: directory)
    // Left by a power cut: nothing was sealed with it.
    if Self.isEmpty(path) { _ = unsafe unlink(path) }
    guard FileManager.default.fileExists(atPath: path),
      let wanted = try? Store.sealKeyID(ofStoreAt: directory.appendingPathComponent("bitting.sqlite").path),
      (try? Self.found(for: directory, file: path))?.id == wanted
    else { return }
    try Self.takeNext(in: directory)
  }
}
