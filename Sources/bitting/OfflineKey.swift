import ArgumentParser
import Foundation
import Gateway
import LockCore
import LockTransport
import OfflineCodes
import Sealing
import SyncEngine

/// `bitting offline-key`: the keys of doors that take offline codes.
struct OfflineKey: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "offline-key", abstract: "Hand out or renew the key of a door's offline codes.",
    subcommands: [Export.self, Renew.self])

  /// Writes a key into a file.
  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write the offline key of a door into a file.",
      discussion: """
        Whoever has the file can make every offline code of the door: keep it like a key. It is readable by its owner \
        alone. Works while bittingd runs; a door gets its key when bittingd first serves it.
        """)

    @Argument(help: ArgumentHelp("The door: its name or its device_id.", valueName: "door"))
    var door: String

    @Option(help: ArgumentHelp("The file to write; DOOR.offline-key.json when left out.", valueName: "file"))
    var to: String?

    @OptionGroup(title: "Which data directory") var data: DataOptions

    func run() async throws {
      do {
        let store = try self.data.store()
        let sealKey = try self.data.sealKey()
        guard let (name, key) = try Store.offlineKey(ofLock: self.door, inStoreAt: store, under: sealKey) else {
          throw StartFault(
            .unavailable,
            "no door '\(self.door)' takes offline codes here; give its name as bittingd shows it, or its device_id")
        }
        let path = self.to ?? "\(name.replacing(" ", with: "-").replacing("/", with: "-")).offline-key.json"
        try OfflineKeyFile(name: name, key: key).write(to: path)
        print("\(path): the offline key of \(name), number \(key.generation)")
      } catch let fault as StartFault {
        throw fault.reported(by: "bitting")
      } catch let fault as Store.Fault {
        throw StartFault(fault.status, "\(fault)").reported(by: "bitting")
      }
    }
  }

  /// Makes a new key.
  struct Renew: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give a door a new offline key: every offline code of the old one is dead.",
      discussion: """
        bittingd must be stopped. A door whose codes the gateway holds has the new key with its next start; a lock with \
        a key of its own must be given the new one. Exported files of the old key are worthless.
        """)

    @Argument(help: ArgumentHelp("The door: its name or its device_id.", valueName: "door"))
    var door: String

    @OptionGroup(title: "Which data directory") var data: DataOptions

    func run() async throws {
      do {
        let sealKey = try self.data.sealKey()
        let store = try Store(path: try self.data.take().path("bitting.sqlite"), key: sealKey)
        guard let key = try store.renewOfflineKey(ofLock: self.door, at: Reactor.now.date) else {
          throw StartFault(
            .unavailable,
            "no door '\(self.door)' takes offline codes here; give its name as bittingd shows it, or its device_id")
        }
        print("\(self.door) has offline key number \(key.generation); the codes of earlier ones are dead")
      } catch let fault as StartFault {
        throw fault.reported(by: "bitting")
      } catch let fault as Store.Fault {
        throw StartFault(fault.status, "\(fault)").reported(by: "bitting")
      }
    }
  }
}
