import ArgumentParser
import Gateway

/// The operator's command line.
@main struct Bitting: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bitting",
    abstract:
      "Pairs locks with a Bitting gateway, makes offline codes, looks after its radio, and plays locks for tests.",
    version: Release.version,
    subcommands: [
      Pair.self, ConfigCommand.self, Doctor.self, Ports.self, OfflineKey.self, OfflineCodeCommand.self, Simulate.self,
    ])

  /// Pairs locks.
  struct Pair: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Pair a lock with this gateway.", subcommands: [PairNuki.self])
  }

  /// Plays locks.
  struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Play a lock from its own side, for tests.", subcommands: [SimulateNuki.self])
  }
}
