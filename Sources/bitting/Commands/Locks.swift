import ArgumentParser
import SyncEngine

/// `bitting locks`: the locks of the site.
struct Locks: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the locks, or show one with all that is wrong with it.",
    subcommands: [List.self, Show.self], defaultSubcommand: List.self)

  /// Lists them.
  struct List: GatewayCommand {
    static let configuration = CommandConfiguration(abstract: "List the locks.")

    @OptionGroup(title: "Which daemon, and how it is shown") var gateway: GatewayOptions

    func run(asking client: GatewayClient) async throws {
      let locks = try await client.locks()
      if self.output.isJSON { return try self.output.json(["devices": .array(locks)]) }
      if locks.isEmpty { return try self.output.line("No lock yet: name doors in the configuration, or pair one.") }
      var table = Table(columns: [
        .init(title: "Lock", isElastic: true), .init(title: "Model", isElastic: true), .init(title: "Link"),
        .init(title: "Bolt"), .init(title: "Battery", isNumber: true), .init(title: "Issues", isElastic: true),
      ])
      for lock in locks {
        table.add(
          .init(lock.displayName), .init(lock.model), lock.linkCell, .init(lock.boltWord), lock.batteryCell,
          lock.issuesCell)
      }
      try self.output.table(table)
    }
  }

  /// Shows one.
  struct Show: GatewayCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show a lock: what it is, how it does, what is wrong and what to do.")

    @Argument(help: ArgumentHelp("The lock: its name, its id, or the beginning of either.", valueName: "lock"))
    var lock: String

    @OptionGroup(title: "Which daemon, and how it is shown") var gateway: GatewayOptions

    func run(asking client: GatewayClient) async throws {
      let lock = try await client.lock(self.lock)
      if self.output.isJSON { return try self.output.json(["device": lock]) }
      let time = SiteTime(device: lock)
      let properties = lock["properties"]
      let maker = properties?["model"]?["manufacturer_display_name"]?.string ?? ""
      var facts = [
        ("Lock", lock.displayName), ("Id", lock.deviceID), ("Model", "\(maker) \(lock.model)"),
        ("Link", lock.linkCell.text),
        ("Bolt", lock.boltWord), ("Battery", lock.batteryCell.text),
      ]
      if let serial = properties?["serial_number"]?.string { facts.append(("Serial", serial)) }
      if let isOpen = properties?["door_open"]?.bool { facts.append(("Door", isOpen ? "open" : "closed")) }
      if let most = properties?["max_active_codes_supported"]?.whole { facts.append(("Holds", most.of("code"))) }
      let lengths = (properties?["supported_code_lengths"]?.array ?? []).compactMap(\.whole).map(String.init)
      if !lengths.isEmpty { facts.append(("PIN lengths", lengths.joined(separator: ", "))) }
      facts.append(("Known since", time.text(lock["created_at"])))
      try self.output.facts(facts)
      try self.output.issues(of: lock, time)
    }
  }
}

extension JSONValue {
  /// The model of a device, for people.
  var model: String { self["properties"]?["model"]?["display_name"]?.string ?? "-" }

  /// Whether a device answers.
  var linkCell: Table.Cell {
    self["properties"]?["online"]?.bool == true ? .init("online", .green) : .init("offline", .red)
  }

  /// Where the bolt of a device stands.
  var boltWord: String {
    switch self["properties"]?["locked"]?.bool {
    case true?: "locked"
    case false?: "unlocked"
    case nil: "-"
    }
  }

  /// How full the battery of a device is.
  var batteryCell: Table.Cell {
    guard let battery = self["properties"]?["battery"], let level = battery["level"]?.number else { return "-" }
    let status = battery["status"]?.string
    return .init("\(Int((level * 100).rounded())) %", status == "critical" ? .red : status == "low" ? .yellow : nil)
  }

  /// What is wrong with a device, in a word each.
  var issuesCell: Table.Cell {
    let issues = self.issues
    guard let worst = issues.first else { return "-" }
    return .init(issues.map(\.code).joined(separator: ", "), worst.isError ? .red : .yellow)
  }
}
