import ArgumentParser
import Foundation
import Gateway
import SyncEngine

/// `bitting audit`: who did what.
struct Audit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read the audit log, and prove that nobody changed it.",
    subcommands: [List.self, Verify.self, Export.self, Head.self], defaultSubcommand: List.self)

  /// Lists entries.
  struct List: GatewayCommand {
    static let configuration = CommandConfiguration(abstract: "List the newest entries, oldest of them first.")

    @Option(name: [.customShort("n"), .customLong("limit")], help: "How many, 1 to 1000.")
    var limit = 50

    @OptionGroup(title: "Which daemon, and how it is shown") var gateway: GatewayOptions

    func run(asking client: GatewayClient) async throws {
      let answer = try await client.ask("/bitting/audit/list", ["limit": .int(Int64(self.limit))])
      if self.output.isJSON { return try self.output.json(answer) }
      let time = SiteTime(zone: nil)
      var table = Table(columns: [
        .init(title: "No", isNumber: true), .init(title: "When"), .init(title: "Who", isElastic: true),
        .init(title: "From"), .init(title: "What"), .init(title: "Outcome"), .init(title: "About", isElastic: true),
      ])
      for entry in (answer["audit_entries"]?.array ?? []).reversed() {
        let outcome = entry["outcome"]?.string ?? ""
        table.add(
          .init(entry["sequence"]?.whole.map(String.init) ?? ""), .init(time.text(entry["at"], seconds: true)),
          .init(entry.who), .init(entry["from"]?.string ?? "-"), .init(entry["action"]?.string ?? ""),
          .init(outcome, ["done", "pins_shown"].contains(outcome) ? nil : .yellow), .init(entry.about))
      }
      try self.output.table(table)
    }
  }

  /// Follows the chain.
  struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Prove that no entry was changed, taken out, put in or moved.",
      discussion: """
        Reads the store itself, or a file from 'bitting audit export'; needs no daemon and changes nothing. Whoever can \
        write the store can make a whole new log: note the head elsewhere now and then ('bitting audit head'), and give \
        it with --head.

        Exit status: 0 everything fits; 65 something does not; 66 there is nothing to read.
        """)

    @Argument(help: ArgumentHelp("A store, or an export; the store of the daemon when left out.", valueName: "file"))
    var file: String?

    @OptionGroup var data: DataDirectoryOption

    @Option(help: ArgumentHelp("A head that was noted earlier.", valueName: "number:hash"))
    var head: String?

    @Flag(help: "Print JSON, for programs.")
    var json = false

    func validate() throws {
      guard self.head.map({ AuditChain.Head($0) != nil }) ?? true else {
        throw ValidationError("--head wants NUMBER:HASH, as 'bitting audit head' has printed it.")
      }
    }

    func run() async throws {
      let log = AuditSource(file: self.file, dataDirectory: self.data.path)
      let output = Output(isJSON: self.json)
      let chain = try log.reported { () throws in try log.chain(noted: self.head.flatMap { AuditChain.Head($0) }) }
      if self.json {
        try output.json([
          "entries": .int(Int64(chain.count)), "head": .optional(chain.head?.description),
          "fits": .bool(chain.findings.isEmpty),
          "findings": .array(chain.findings.map { .string($0.description) }),
        ])
      } else {
        for finding in chain.findings { try output.line(finding.description) }
        if chain.findings.isEmpty {
          try output.line("\(chain.count.of("entry", "entries")), and each fits to the one before it.")
          if let head = chain.head { try output.line("Head, to be noted elsewhere: \(head)") }
        }
      }
      if !chain.findings.isEmpty { throw ExitCode(ExitStatus.dataError.rawValue) }
    }
  }

  /// Writes all of it.
  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write the whole log to standard output, one JSON object a line, oldest first.",
      discussion: "Reads the store itself; needs no daemon. 'bitting audit verify FILE' proves the result.")

    @OptionGroup var data: DataDirectoryOption

    func run() async throws {
      let log = AuditSource(file: nil, dataDirectory: self.data.path)
      let output = Output(isJSON: true)
      _ = try log.reported { () throws in try log.read { record in try output.line(record.line) } }
    }
  }

  /// Tells the head.
  struct Head: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print the head of the log, to be noted elsewhere: NUMBER:HASH of its last entry.")

    @OptionGroup var data: DataDirectoryOption

    func run() async throws {
      let log = AuditSource(file: nil, dataDirectory: self.data.path)
      let chain = try log.reported { () throws in try log.chain(noted: nil) }
      try Output(isJSON: false).line(chain.head.map { "\($0)" } ?? "0:\(AuditRecord.origin)")
    }
  }
}

extension JSONValue {
  /// Who did it, for people.
  fileprivate var who: String {
    let author = self["by"]
    switch author?["kind"]?.string {
    case "key": return author?["name"]?.string ?? "a key"
    case "local_user": return "user \(author?["uid"]?.whole ?? 0)"
    case "daemon": return "bittingd"
    default: return "nobody known"
    }
  }

  /// What was touched, for people.
  fileprivate var about: String {
    let subjects = (self["subjects"]?.object ?? [:]).sorted { $0.key < $1.key }
    let ids = subjects.flatMap { name, ids in
      (ids.array ?? []).compactMap(\.string).map { "\(name.replacing("_id", with: "")) \($0)" }
    }
    let details = (self["details"]?.object ?? [:]).sorted { $0.key < $1.key }.map { name, value in
      "\(name) \(value.string ?? String(decoding: value.bytes, as: UTF8.self))"
    }
    return (ids + details).joined(separator: ", ")
  }
}
