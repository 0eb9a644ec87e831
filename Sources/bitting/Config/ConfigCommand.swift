import ArgumentParser
import Foundation
import Gateway
import SyncEngine

/// `bitting config`: looks after the configuration of the gateway.
struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Check the gateway's configuration, and tell what may stand in it.",
    subcommands: [Check.self, Show.self, Schema.self, Manual.self])

  /// The file, and the variables on top of it.
  struct File: ParsableArguments {
    @Argument(help: ArgumentHelp("The configuration; the installed one when left out.", valueName: "file"))
    var file: String?

    /// Where the file stands.
    var path: String { ConfigurationPlace(option: self.file).path }

    /// What variables say on top of it.
    var overlay: ConfigurationOverlay { ConfigurationOverlay(environment: ProcessInfo.processInfo.environment) }
  }

  /// `bitting config check`
  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Tell all that is wrong with a configuration, and how to mend it.",
      discussion: """
        Each finding is a line: FILE:LINE: what is wrong; how to mend it. Also looks at the ports, key files and \
        certificates that are named, on this machine. Changes nothing, and works while bittingd runs.

        Exit status: 0 the daemon can start with it; 78 it cannot.
        """)

    @OptionGroup var file: File

    @Flag(help: "Take warnings for errors.")
    var strict = false

    @Flag(help: "Print the findings as one JSON object.")
    var json = false

    func run() throws {
      let path = self.file.path
      let findings = ConfigurationInspection(path: path, overlay: self.file.overlay).findings
      let isGood = !findings.contains { $0.severity == .error || self.strict }
      if self.json {
        struct Report: Encodable {
          var file: String
          var ok: Bool
          var findings: [ConfigurationInspection.Finding]
        }
        try ConfigCommand.printJSON(Report(file: path, ok: isGood, findings: findings))
      } else {
        for finding in findings {
          print(finding.severity == .warning ? "warning: \(finding.sentence)" : finding.sentence)
        }
        if isGood { print("\(path): good\(findings.isEmpty ? "" : ", with warnings")") }
      }
      if !isGood { throw ExitCode(ExitStatus.configuration.rawValue) }
    }
  }

  /// `bitting config show`
  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print every value that holds, and where it comes from.",
      discussion: "Exit status: 0; 78 when the configuration is wrong.")

    @OptionGroup var file: File

    @Flag(help: "Print them as one JSON object.")
    var json = false

    func run() throws {
      let path = self.file.path
      let settings: [ConfigurationSource.Setting]
      do {
        let source = try ConfigurationSource(path: path, overlay: self.file.overlay)
        _ = try source.file()
        settings = source.settings
      } catch {
        throw StartFault(.configuration, error.sentences(file: path).joined(separator: "\n")).reported(by: "bitting")
      }
      func place(_ origin: ConfigurationOrigin) -> String {
        switch origin {
        case .line(let line): "\(path):\(line)"
        case .variable(let name), .option(let name): name
        case .fallback: "default"
        }
      }
      if self.json {
        let rows = settings.map { ["key": $0.path, "value": $0.text, "from": place($0.origin)] }
        return try ConfigCommand.printJSON(["settings": rows])
      }
      let width = settings.map(\.path.count).max() ?? 0
      for (path, text, origin, _) in settings {
        let padding = String(repeating: " ", count: width - path.count)
        print("\(path)\(padding)  \(text)  (\(place(origin)))")
      }
    }
  }

  /// `bitting config schema`
  struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print the JSON Schema of the configuration, for editors.",
      discussion: """
        It describes the form of a file: keys, types and ranges. 'bitting config check' also looks at what refers to \
        what, and at this machine.
        """)

    func run() throws { try ConfigCommand.printJSON(ConfigurationJSONSchema.document) }
  }

  /// `bitting config manual`
  struct Manual: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print the manual page bitting.yaml(5).",
      discussion: "Read it with: bitting config manual | man -l -")

    @Option(help: ArgumentHelp("The date of the page, for example: November 25, 2026.", valueName: "date"))
    var date: String?

    func run() throws { print(ConfigurationManual.page(date: self.date ?? "$Mdocdate$"), terminator: "") }
  }

  fileprivate static func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
  }
}
