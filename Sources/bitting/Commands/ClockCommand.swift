import ArgumentParser
import Foundation
import Gateway
import LockCore
import Sealing
import SyncEngine

/// `bitting clock`: the wall clock of a box on which no time daemon keeps it.
struct ClockCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clock", abstract: "Believe the wall clock after it ran ahead.", subcommands: [Believe.self])

  /// Takes what the wall clock says.
  struct Believe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Believe the wall clock: what was dated later is dated now.",
      discussion: """
        bittingd must be stopped. For a box on which no time daemon keeps the clock, after it ran ahead or the box was off \
        for more than 30 days. Where one keeps it, the daemon does this by itself. Set the clock first: date -s.
        """)

    @OptionGroup(title: "Which data directory") var data: DataOptions

    func run() async throws {
      do {
        let store = try self.data.store()
        let key = try self.data.sealKey()
        // Held until the process ends.
        _ = try self.data.take()
        let now = Timestamp.present
        let isAnew = try Store.believeClock(inStoreAt: store, key: key, at: now)
        print("It is \(now.iso8601). \(isAnew ? "What was dated later is dated now." : "Nothing was dated later.")")
      } catch let fault as StartFault {
        throw fault.reported(by: "bitting")
      } catch let fault as Store.Fault {
        throw StartFault(fault.status, "\(fault)").reported(by: "bitting")
      }
    }
  }
}
