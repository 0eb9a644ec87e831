import ArgumentParser
import Gateway

/// The operator's command line.
@main struct Bitting: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bitting",
    abstract: "The operator's tool of a Bitting gateway.",
    discussion: """
      Asks the daemon of this box through its unix socket, which is for root and the daemon's user alone: call it with \
      sudo; no key is needed then. From elsewhere it asks over TCP, with an API key. A lock or a code is named by its \
      name, by its id, or by the beginning of either. PINs are shown with --reveal only.

      Exit status: 0 done; 64 an option is wrong; 65 the daemon does not take what was given, or a file is not of the \
      right kind; 66 there is no such lock, code or file, or more than one is meant; 69 the daemon does not run or \
      cannot be reached, or something that is needed is not there; 70 a bug, here or in the daemon; 73 a file or \
      directory cannot be made or written, or is there already; 74 the store is damaged; 75 not done in time, or not \
      possible now, and it may work later; 76 something else answers, or a daemon of another age; 77 refused, by the lock \
      or because the key or this user may not; 78 the configuration or the seal key is wrong.
      """,
    version: Release.version,
    groupedSubcommands: [
      CommandGroup(
        name: "Looking",
        subcommands: [Status.self, Locks.self, Codes.self, Events.self, ExposureCommand.self, Audit.self]),
      CommandGroup(name: "Acting", subcommands: [LockDoor.self, UnlockDoor.self]),
      CommandGroup(name: "Setting up", subcommands: Self.settingUp),
      CommandGroup(name: "Trying out", subcommands: [Simulate.self]),
    ])

  private static let settingUp: [any ParsableCommand.Type] = [
    Pair.self,
    ConfigCommand.self,
    Keys.self,
    Doctor.self,
    Ports.self,
    OfflineKey.self,
    OfflineCodeCommand.self,
    Backup.self,
    BackupKeyCommand.self,
    Restore.self,
    Rescue.self,
    SealKeyCommand.self,
    ClockCommand.self,
  ]

  /// Pairs locks.
  struct Pair: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Pair a lock with this gateway.", subcommands: [PairNuki.self])
  }

  /// Plays locks.
  struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Play a lock from its own side, for tests.",
      subcommands: [SimulateKeypad.self, SimulateConnection.self, SimulateNuki.self])
  }
}
