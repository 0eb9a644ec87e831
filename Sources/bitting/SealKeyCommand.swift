import ArgumentParser
import Foundation
import Gateway
import Glibc
import Sealing
import SyncEngine

/// `bitting seal-key`: the key that opens what is sealed in the data directory.
struct SealKeyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seal-key", abstract: "Change the key that opens what is sealed in the data directory.",
    subcommands: [Rotate.self])

  /// Seals everything anew.
  struct Rotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Seal all PINs and keys anew, under another seal key.",
      discussion: """
        bittingd must be stopped. For when the seal key may have become known, or is to come from elsewhere from now on. \
        Snapshots of before are deleted, since they open with the old key; backups keep what they were made with. With \
        --to the new key is read from a file, which you put where the daemon gets its key from before you start it.
        """)

    @Option(help: ArgumentHelp("The new key; one is drawn into the data directory when left out.", valueName: "file"))
    var to: String?

    @OptionGroup(title: "Which data directory") var data: DataOptions

    func run() async throws {
      do {
        let store = try self.data.store()
        let old = try self.data.sealKey()
        let given = try self.to.map { file throws(StartFault) in try SealKey.found(for: self.data.url, file: file) }
        let directory = try self.data.take()
        let new = try given ?? SealKey.drawnNext(in: directory.url)
        // With the old seal, so that the new one is all that opens them afterwards.
        let before = try Store.seal(ofStoreAt: store, under: old)
        let folders = [directory.url, directory.url.appendingPathComponent("demo", isDirectory: true)]
        let locks = folders.map { PairedNukiLock.all(in: $0, seal: before).locks }
        let (seal, leftover) = try Store.rotate(store, from: old, to: new)
        // The store wants the new key now, so what goes wrong from here on is told and ends nothing.
        var warnings: [String] = []
        if let leftover {
          warnings.append(
            "what was sealed before may still lie in free pages of the store (\(leftover)): make room, and rotate again"
          )
        }
        for (folder, locks) in zip(folders, locks) {
          for lock in locks {
            do { try lock.write(to: folder, seal: seal) } catch {
              warnings.append("the key file of '\(lock.name)' stays sealed as it was, and opens all the same: \(error)")
            }
          }
        }
        for snapshot in StoreSnapshots(of: directory.url).all {
          do { try FileManager.default.removeItem(at: snapshot) } catch {
            warnings.append("\(snapshot.path) opens with the old key and cannot be deleted")
          }
        }
        if given == nil {
          do throws(StartFault) { try SealKey.takeNext(in: directory.url) } catch { warnings.append(error.message) }
        }
        for warning in warnings { FileHandle.standardError.write(Data("bitting: warning: \(warning)\n".utf8)) }
        print("Everything in \(self.data.path) is sealed anew, with the seal key \(new.id).")
        if let to = self.to { print("Put \(to) where the daemon gets its seal key from, and start it.") }
      } catch let fault as StartFault {
        throw fault.reported(by: "bitting")
      } catch let fault as Store.Fault {
        throw StartFault(fault.status, "\(fault)").reported(by: "bitting")
      }
    }
  }
}
