import ArgumentParser
import SyncEngine

/// `bitting lock`: drives a bolt home.
struct LockDoor: GatewayCommand {
  static let configuration = CommandConfiguration(
    commandName: "lock", abstract: "Lock a door, and wait until its lock says that it is locked.")

  @Argument(help: ArgumentHelp("The lock: its name, its id, or the beginning of either.", valueName: "lock"))
  var lock: String

  @OptionGroup(title: "Which daemon, and how it is shown") var gateway: GatewayOptions

  func run(asking client: GatewayClient) async throws {
    try await client.moveBolt(of: self.lock, by: "/locks/lock_door", "Locking", "is locked", self.output)
  }
}

/// `bitting unlock`: opens a door.
struct UnlockDoor: GatewayCommand {
  static let configuration = CommandConfiguration(
    commandName: "unlock", abstract: "Unlock a door, and wait until its lock says that it is unlocked.")

  @Argument(help: ArgumentHelp("The lock: its name, its id, or the beginning of either.", valueName: "lock"))
  var lock: String

  @OptionGroup(title: "Which daemon, and how it is shown") var gateway: GatewayOptions

  func run(asking client: GatewayClient) async throws {
    try await client.moveBolt(of: self.lock, by: "/locks/unlock_door", "Unlocking", "is unlocked", self.output)
  }
}

extension GatewayClient {
  fileprivate func moveBolt(
    of name: String, by path: String, _ doing: String, _ done: String, _ output: Output
  ) async throws {
    let lock = try await self.lock(name)
    var progress = Progress()
    progress.show("\(doing) \(lock.displayName)")
    defer { progress.end() }
    let answer = try await self.ask(path, ["device_id": .string(lock.deviceID)])
    progress.end()
    let attempt = try await self.finish(
      answer["action_attempt"], title: "\(doing) \(lock.displayName)", within: .seconds(40))
    output.isJSON
      ? try output.json(["action_attempt": attempt]) : try output.line("\(lock.displayName.printable) \(done).")
  }
}
