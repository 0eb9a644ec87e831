import ArgumentParser
import SyncEngine

/// `bitting simulate keypad`: somebody types a PIN at a simulated door.
struct SimulateKeypad: GatewayCommand {
  static let configuration = CommandConfiguration(
    commandName: "keypad", abstract: "Type a PIN at the keypad of a simulated door, and see what comes of it.")

  @Argument(help: ArgumentHelp("The lock: its name, its id, or the beginning of either.", valueName: "lock"))
  var lock: String

  @Option(help: ArgumentHelp("The PIN; '-' reads it from standard input.", valueName: "digits"))
  var code: String

  @OptionGroup(title: "Which daemon, and how it is shown") var gateway: GatewayOptions

  func run(asking client: GatewayClient) async throws {
    let lock = try await client.lock(self.lock)
    let digits = try PINInput.read(self.code)
    let since = try await client.ask("/bitting/status")["status"]?["now"] ?? .null
    let answer = try await client.ask(
      "/locks/simulate/keypad_code_entry", ["device_id": .string(lock.deviceID), "code": .string(digits)])
    let attempt = try await client.finish(
      answer["action_attempt"], title: "Typing at \(lock.displayName)", within: .seconds(40))
    let told = try await client.ask(
      "/events/list",
      ["since": since, "device_id": .string(lock.deviceID), "event_types": ["lock.unlocked", "lock.access_denied"]])
    if self.output.isJSON {
      return try self.output.json([
        "action_attempt": attempt, "events": (told["events"] ?? []).showingPINs(false),
      ])
    }
    let event = told["events"]?.array?.last
    let name = lock.displayName.printable
    switch event?["event_type"]?.string {
    case "lock.unlocked"?: try self.output.line("\(name) opened\(Events.details(of: event ?? .null)).")
    case "lock.access_denied"?: try self.output.line("\(name) stayed shut\(Events.details(of: event ?? .null)).")
    default: try self.output.line("The PIN was typed at \(name); the lock told nothing of it.")
    }
  }
}

/// `bitting simulate connection`: plays with the connection of a simulated door.
struct SimulateConnection: GatewayCommand {
  /// What can be done to it.
  enum Change: String, CaseIterable, ExpressibleByArgument {
    case connect, disconnect, connectToHub = "connect-to-hub", disconnectFromHub = "disconnect-from-hub", remove

    /// The path of the API.
    var path: String { "/devices/simulate/\(self.rawValue.split(separator: "-").joined(separator: "_"))" }
  }

  static let configuration = CommandConfiguration(
    commandName: "connection", abstract: "Cut or mend the connection of a simulated door.")

  @Argument(help: ArgumentHelp("The lock: its name, its id, or the beginning of either.", valueName: "lock"))
  var lock: String

  @Argument(help: "connect, disconnect, connect-to-hub, disconnect-from-hub or remove.")
  var change: Change

  @OptionGroup(title: "Which daemon, and how it is shown") var gateway: GatewayOptions

  func run(asking client: GatewayClient) async throws {
    let lock = try await client.lock(self.lock)
    _ = try await client.ask(self.change.path, ["device_id": .string(lock.deviceID)])
    let device = try await client.ask("/devices/get", ["device_id": .string(lock.deviceID)])["device"] ?? .null
    if self.output.isJSON { return try self.output.json(["device": device]) }
    try self.output.line("\(device.displayName.printable) is \(device.linkCell.text) now.")
  }
}
