import ArgumentParser
import Foundation
import Gateway
import LockCore
import SyncEngine

/// How long a command waits for the lock.
struct WaitOptions: ParsableArguments {
  @Flag(inversion: .prefixedNo, help: "Wait until the lock has proved it.")
  var wait = true

  @Option(help: ArgumentHelp("Wait at most so long.", valueName: "seconds"))
  var patience = 120

  func validate() throws {
    guard (1...86_400).contains(self.patience) else { throw ValidationError("--patience wants 1 to 86400 seconds.") }
  }
}

extension Codes {
  /// Makes one.
  struct Add: GatewayCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make an access code, and wait until the lock has proved to hold it.",
      discussion: """
        Without --code a PIN is drawn that the lock takes. Times are ISO 8601, without an offset in the zone of the site, \
        or 'now', or a distance such as +90m, +2h, +3d. A code whose time is to come is not waited for longer than it \
        takes the daemon to plan it.

          bitting codes add "Front Door" --name Anna --until 2026-12-04T11:00
          bitting codes add studio --name Cleaner --until +3h
        """)

    @Argument(help: ArgumentHelp("The lock: its name, its id, or the beginning of either.", valueName: "lock"))
    var lock: String

    @Option(help: "Whom it is for.")
    var name: String?

    @Option(help: ArgumentHelp("The PIN; '-' reads it from standard input. Drawn when left out.", valueName: "digits"))
    var code: String?

    @Option(help: ArgumentHelp("How many digits a drawn PIN has.", valueName: "count"))
    var length: Int?

    @Option(help: ArgumentHelp("When it begins to open; now when left out.", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("When it ends; without it the code is good until it is removed.", valueName: "time"))
    var until: String?

    @Flag(help: "Leave it alone when somebody changes it at the lock.")
    var allowChanges = false

    @Flag(help: "An offline code: the door takes it without hearing of it. Wants --from and --until on full hours.")
    var offline = false

    @Flag(help: "With --offline: it opens once, within a day of --from.")
    var once = false

    @Flag(help: "Show the PIN.")
    var reveal = false

    @OptionGroup var waiting: WaitOptions
    @OptionGroup(title: "Which daemon, and how it is shown") var gateway: GatewayOptions

    func run(asking client: GatewayClient) async throws {
      let lock = try await client.lock(self.lock)
      let time = SiteTime(device: lock)
      var members: [String: JSONValue] = ["device_id": .string(lock.deviceID)]
      if let name = self.name { members["name"] = .string(name) }
      if let code = self.code { members["code"] = .string(try PINInput.read(code)) }
      if let length = self.length { members["preferred_code_length"] = .int(Int64(length)) }
      if self.allowChanges { members["allow_external_modification"] = true }
      if self.offline { members["is_offline_access_code"] = true }
      if self.once { members["is_one_time_use"] = true }
      if self.from != nil || self.until != nil {
        members["starts_at"] = .string(try time.argument(self.from ?? "now", of: "--from").iso8601)
        if let until = self.until {
          members["ends_at"] = .string(try time.argument(until, of: "--until").iso8601)
        } else if !self.once {
          throw StartFault(.usage, "a code with --from wants an end too: give --until")
        }
      }
      let made = try await client.ask("/access_codes/create", members)["access_code"] ?? .null
      let title = "Setting \(self.name ?? made.codeID.short) on \(lock.displayName)"
      if self.waiting.wait {
        _ = try await client.settle(made.codeID, title: title, within: .seconds(self.waiting.patience))
      }
      let code =
        try await client.ask("/access_codes/get", ["access_code_id": .string(made.codeID)])["access_code"] ?? .null
      if self.output.isJSON { return try self.output.json(["access_code": code.showingPINs(self.reveal)]) }
      try self.output.told(code, on: lock, time)
      if self.reveal {
        try self.output.line("PIN: \(code["code"]?.string ?? "(not assigned yet)")")
      } else if self.code == nil {
        try self.output.line("See the PIN with: bitting codes show \(code.codeID.short) --reveal")
      }
    }
  }

  /// Changes one.
  struct Set: GatewayCommand {
    static let configuration = CommandConfiguration(
      abstract: "Change an access code, and wait until the lock has proved it.",
      discussion: "What is left out stays as it is. Times are written as for 'bitting codes add'.")

    @OptionGroup var subject: CodeArgument

    @Option(help: "The new name.")
    var name: String?

    @Option(
      name: .customLong("code"),
      help: ArgumentHelp("The new PIN; '-' reads it from standard input.", valueName: "digits"))
    var pin: String?

    @Option(help: ArgumentHelp("When it begins to open.", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("When it ends.", valueName: "time"))
    var until: String?

    @Flag(help: "It is good until it is removed.")
    var ongoing = false

    @OptionGroup var waiting: WaitOptions
    @OptionGroup(title: "Which daemon, and how it is shown") var gateway: GatewayOptions

    func validate() throws {
      guard self.name != nil || self.pin != nil || self.from != nil || self.until != nil || self.ongoing else {
        throw ValidationError("Nothing to change: give --name, --code, --from, --until or --ongoing.")
      }
      if self.ongoing, self.from != nil || self.until != nil {
        throw ValidationError("--ongoing takes the times away: leave --from and --until out.")
      }
    }

    func run(asking client: GatewayClient) async throws {
      let (before, lock) = try await client.accessCode(self.subject.code, on: self.subject.on, withOthers: false)
      let time = SiteTime(device: lock)
      var members: [String: JSONValue] = ["access_code_id": .string(before.codeID)]
      if let name = self.name { members["name"] = .string(name) }
      if let pin = self.pin { members["code"] = .string(try PINInput.read(pin)) }
      if let from = self.from { members["starts_at"] = .string(try time.argument(from, of: "--from").iso8601) }
      if let until = self.until { members["ends_at"] = .string(try time.argument(until, of: "--until").iso8601) }
      if self.ongoing { members["type"] = "ongoing" }
      if self.from != nil || self.until != nil, before["type"]?.string == "ongoing" { members["type"] = "time_bound" }
      _ = try await client.ask("/access_codes/update", members)
      let name = self.name ?? before["name"]?.string ?? before.codeID.short
      if self.waiting.wait {
        _ = try await client.settle(
          before.codeID, title: "Changing \(name) on \(lock.displayName)", within: .seconds(self.waiting.patience))
      }
      let code =
        try await client.ask("/access_codes/get", ["access_code_id": .string(before.codeID)])["access_code"] ?? .null
      if self.output.isJSON { return try self.output.json(["access_code": code.showingPINs(false)]) }
      try self.output.told(code, on: lock, time)
    }
  }

  /// Removes one.
  struct Remove: GatewayCommand {
    static let configuration = CommandConfiguration(
      abstract: "Remove an access code, and wait until the lock has proved that it is gone.",
      discussion: "A code that others put on a lock can be removed as well.")

    @OptionGroup var subject: CodeArgument
    @OptionGroup var waiting: WaitOptions
    @OptionGroup(title: "Which daemon, and how it is shown") var gateway: GatewayOptions

    func run(asking client: GatewayClient) async throws {
      let (code, lock) = try await client.accessCode(self.subject.code, on: self.subject.on)
      let isManaged = code["is_managed"]?.bool != false
      _ = try await client.ask(
        isManaged ? "/access_codes/delete" : "/access_codes/unmanaged/delete", ["access_code_id": .string(code.codeID)])
      let name = code["name"]?.string ?? code.codeID.short
      var isGone = false
      if self.waiting.wait {
        isGone =
          try await client.settle(
            code.codeID, title: "Removing \(name) from \(lock.displayName)", within: .seconds(self.waiting.patience))
          == nil
      }
      if self.output.isJSON {
        return try self.output.json(["access_code_id": .string(code.codeID), "is_gone": .bool(isGone)])
      }
      try self.output.line(
        isGone
          ? "\(name.printable) is gone from \(lock.displayName.printable)."
          : "\(name.printable) is being removed from \(lock.displayName.printable).")
    }
  }
}

extension Output {
  /// Tells where a code stands.
  fileprivate func told(_ code: JSONValue, on lock: JSONValue, _ time: SiteTime) throws {
    let name = (code["name"]?.string ?? code.codeID.short).printable
    let until = code["ends_at"]?.timestamp.map { " until \(time.text($0))" } ?? ""
    let place = lock.displayName.printable
    switch (code["status"]?.string, code["is_scheduled_on_device"]?.bool) {
    case ("set", _): try self.line("\(name) opens \(place)\(until).")
    case (_, true?):
      try self.line("\(name) is stored on \(place); it opens from \(time.text(code["starts_at"]))\(until).")
    case ("unset", _):
      try self.line("\(name) is planned for \(place); it opens from \(time.text(code["starts_at"]))\(until).")
    default: try self.line("\(name) on \(place): \(code.stateCell.text).")
    }
  }
}

/// A PIN as an operator gives it.
enum PINInput {
  /// The digits, from the command line or, for `-`, from standard input, where no list of processes shows them.
  static func read(_ text: String) throws(StartFault) -> String {
    let digits = text == "-" ? (readLine() ?? "").trimmingCharacters(in: .whitespaces) : text
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw StartFault(.usage, "a PIN is digits alone; leave --code out to have one drawn")
    }
    return digits
  }
}

extension SiteTime {
  /// The instant that an option says.
  func argument(_ text: String, of option: String) throws(StartFault) -> Timestamp {
    guard let date = self.read(text) else {
      throw StartFault(
        .usage,
        "\(option) wants a time such as 2026-12-01T15:00, 2026-12-01T15:00+01:00, now or +2h, not '\(text.printable)'")
    }
    return date
  }
}
