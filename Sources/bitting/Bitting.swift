import ArgumentParser
import Gateway

/// The operator's command line.
@main struct Bitting: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bitting",
    abstract: "The operator's tool of a Bitting gateway.",
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
    SealKeyCommand.self,
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
