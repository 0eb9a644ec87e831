import ArgumentParser
import Gateway
import SyncEngine

/// `bitting keys`: who may ask the daemon.
struct Keys: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make, list and revoke API keys.",
    subcommands: [Create.self, List.self, Revoke.self], defaultSubcommand: List.self)

  /// Makes one.
  struct Create: GatewayCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make an API key, and show it once.",
      discussion: """
        Scopes: read sees everything but PINs; write changes codes and devices and moves bolts; reveal sees PINs; admin \
        makes and revokes keys and reads the audit log. Each of the others includes read.
        """)

    @Argument(
      help: ArgumentHelp("What the key is called, for example the program that will use it.", valueName: "name"))
    var name: String

    @Option(
      name: .customLong("scope"),
      help: ArgumentHelp(
        "What it may do: read, write, reveal or admin; may be given several times.", valueName: "scope"))
    var scopes: [String] = []

    @OptionGroup(title: "Which daemon, and how it is shown") var gateway: GatewayOptions

    func validate() throws {
      let known = Scopes.named.map(\.name)
      guard !self.scopes.isEmpty else {
        throw ValidationError("Say what the key may do, with --scope \(known.joined(separator: ", --scope ")).")
      }
      if let wrong = self.scopes.first(where: { !known.contains($0) }) {
        throw ValidationError("There is no scope '\(wrong)'; there are \(known.joined(separator: ", ")).")
      }
    }

    func run(asking client: GatewayClient) async throws {
      let answer = try await client.ask(
        "/bitting/keys/create",
        ["name": .string(self.name), "scopes": .array(Set(self.scopes).sorted().map(JSONValue.string))])
      if self.output.isJSON { return try self.output.json(answer) }
      let key = answer["api_key"] ?? [:]
      try self.output.facts([
        ("Key", key["token"]?.string ?? ""), ("Name", key["name"]?.string ?? ""), ("Scopes", key.scopeNames),
      ])
      try self.output.line("\nThe key is shown this once; keep it where only its program can read it.")
    }
  }

  /// Lists them.
  struct List: GatewayCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the API keys, with what each may do and when it was used last.")

    @OptionGroup(title: "Which daemon, and how it is shown") var gateway: GatewayOptions

    func run(asking client: GatewayClient) async throws {
      let answer = try await client.ask("/bitting/keys/list")
      if self.output.isJSON { return try self.output.json(answer) }
      let keys = answer["api_keys"]?.array ?? []
      if keys.isEmpty {
        return try self.output.line("No key yet: make one with: bitting keys create NAME --scope read")
      }
      let time = SiteTime(zone: nil)
      var table = Table(columns: [
        .init(title: "Name", isElastic: true), .init(title: "Scopes"), .init(title: "Begins with"),
        .init(title: "Made"), .init(title: "Last used"), .init(title: "From"), .init(title: "Revoked"),
      ])
      for key in keys {
        table.add(
          .init(key["name"]?.string ?? ""), .init(key.scopeNames), .init(key["short_token"]?.string ?? "-"),
          .init(time.text(key["created_at"])), .init(time.text(key["last_used_at"])),
          .init(key["last_used_from"]?.string ?? "-"), .init(time.text(key["revoked_at"]), .red))
      }
      try self.output.table(table)
    }
  }

  /// Revokes one.
  struct Revoke: GatewayCommand {
    static let configuration = CommandConfiguration(
      abstract: "Revoke an API key: what is asked with it from now on is refused.",
      discussion: """
        There is no way back; make a new key instead. The last key with the scope admin may go too: root on the box \
        needs none.
        """)

    @Argument(help: ArgumentHelp("The key: its name, its id, or the beginning of either.", valueName: "key"))
    var key: String

    @OptionGroup(title: "Which daemon, and how it is shown") var gateway: GatewayOptions

    func run(asking client: GatewayClient) async throws {
      let keys = try await client.ask("/bitting/keys/list")["api_keys"]?.array ?? []
      let good = keys.filter { $0["revoked_at"]?.string == nil }
      let naming = Naming(
        kind: "API key",
        candidates: good.map { key in
          let name = key["name"]?.string ?? ""
          return .init(
            id: key["api_key_id"]?.string ?? "", names: [name, key["short_token"]?.string ?? name], label: name)
        }, listing: "bitting keys list")
      let found = try naming.find(self.key)
      let answer = try await client.ask("/bitting/keys/revoke", ["api_key_id": .string(found.id)])
      if self.output.isJSON { return try self.output.json(answer) }
      try self.output.line("\(found.label.printable) is revoked.")
      if !good.contains(where: { $0["api_key_id"]?.string != found.id && $0.scopeNames.contains("admin") }) {
        try self.output.line("No key has the scope admin now: keys are made on the box itself, with sudo.")
      }
    }
  }
}

extension JSONValue {
  /// What a key may do, for people.
  fileprivate var scopeNames: String { (self["scopes"]?.array ?? []).compactMap(\.string).joined(separator: " ") }
}
