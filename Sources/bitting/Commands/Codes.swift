import ArgumentParser
import SyncEngine

/// `bitting codes`: access codes.
struct Codes: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List access codes, make, change and remove them, and tell why one is in its state.",
    discussion: """
      A code is named by its name, by its id, or by the beginning of either. PINs are shown with --reveal only.
      """,
    subcommands: [List.self, Show.self, Add.self, Set.self, Remove.self, Explain.self], defaultSubcommand: List.self)

  /// Lists them.
  struct List: GatewayCommand {
    static let configuration = CommandConfiguration(abstract: "List the access codes of all locks, or of one.")

    @Argument(help: ArgumentHelp("One lock; all when left out.", valueName: "lock"))
    var lock: String?

    @Flag(help: "Codes that others put on the locks, too.")
    var others = false

    @Flag(help: "Show the PINs.")
    var reveal = false

    @OptionGroup(title: "Which daemon, and how it is shown") var gateway: GatewayOptions

    func run(asking client: GatewayClient) async throws {
      let all = try await client.locks()
      let locks = try self.lock.map { [try GatewayClient.lock($0, of: all)] } ?? all
      var codes = try await client.accessCodes(on: locks)
      if self.others { codes += try await client.accessCodes(on: locks, isManaged: false) }
      if self.output.isJSON {
        return try self.output.json(["access_codes": .array(codes.map { $0.code.showingPINs(self.reveal) })])
      }
      if codes.isEmpty { return try self.output.line("No access code yet; make one with: bitting codes add LOCK") }
      try self.output.table(Self.table(codes, time: SiteTime(device: all.first), reveal: self.reveal))
    }

    static func table(_ codes: [(code: JSONValue, lock: JSONValue)], time: SiteTime, reveal: Bool) -> Table {
      var columns: [Table.Column] = [
        .init(title: "Lock", isElastic: true), .init(title: "Code", isElastic: true), .init(title: "State"),
        .init(title: "From"), .init(title: "Until"), .init(title: "Issues", isElastic: true), .init(title: "Id"),
      ]
      if reveal { columns.insert(.init(title: "PIN"), at: 2) }
      var table = Table(columns: columns)
      for (code, lock) in codes {
        var row: [Table.Cell] = [
          .init(lock.displayName), .init(code["name"]?.string ?? "(no name)"), code.stateCell,
          .init(time.text(code["starts_at"])), .init(time.text(code["ends_at"])), code.ownIssuesCell,
          .init(code.codeID.short),
        ]
        if reveal { row.insert(.init(code["code"]?.string ?? "(not told)"), at: 2) }
        table.rows.append(row)
      }
      return table
    }
  }

  /// Shows one.
  struct Show: GatewayCommand {
    static let configuration = CommandConfiguration(abstract: "Show an access code.")

    @OptionGroup var subject: CodeArgument

    @Flag(help: "Show the PIN.")
    var reveal = false

    @OptionGroup(title: "Which daemon, and how it is shown") var gateway: GatewayOptions

    func run(asking client: GatewayClient) async throws {
      let (code, lock) = try await client.accessCode(self.subject.code, on: self.subject.on)
      if self.output.isJSON { return try self.output.json(["access_code": code.showingPINs(self.reveal)]) }
      let time = SiteTime(device: lock)
      var facts: [(name: String, text: String)] = [
        ("Code", code["name"]?.string ?? "(no name)"), ("Id", code.codeID), ("Lock", lock.displayName),
        ("PIN", self.reveal ? code["code"]?.string ?? "(the lock does not tell it)" : "(shown with --reveal)"),
        ("State", code.stateCell.text),
      ]
      if code["type"]?.string == "time_bound" {
        facts += [("From", time.text(code["starts_at"])), ("Until", time.text(code["ends_at"]))]
      }
      facts.append((code["is_managed"]?.bool == false ? "Found" : "Made", time.text(code["created_at"])))
      try self.output.facts(facts)
      try self.output.issues(of: code, time)
    }
  }
}

/// Which access code is meant.
struct CodeArgument: ParsableArguments {
  @Argument(help: ArgumentHelp("The code: its name, its id, or the beginning of either.", valueName: "code"))
  var code: String

  @Option(help: ArgumentHelp("The lock that it is on, where a name is not enough.", valueName: "lock"))
  var on: String?
}

extension JSONValue {
  /// Where an access code stands, for people.
  var stateCell: Table.Cell {
    if self["is_managed"]?.bool == false { return "of others" }
    let word = self["display_status"]?.string?.lowercased() ?? self["status"]?.string ?? "-"
    let tint: Tint? =
      switch self["status"]?.string {
      case "set": .green
      case "setting", "removing", "unknown": .yellow
      default: nil
      }
    return .init(word, tint)
  }

  /// What is wrong with an access code itself, in a word each; what is wrong with its lock is shown there.
  var ownIssuesCell: Table.Cell {
    let errors = (self["errors"]?.array ?? []).filter { $0["is_access_code_error"]?.bool == true }
    let codes =
      errors.compactMap { $0["error_code"]?.string }
      + (self["warnings"]?.array ?? []).compactMap {
        $0["warning_code"]?.string
      }
    return codes.isEmpty ? "-" : .init(codes.joined(separator: ", "), errors.isEmpty ? .yellow : .red)
  }
}
