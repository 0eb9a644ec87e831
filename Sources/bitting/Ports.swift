import ArgumentParser
import Foundation
import Gateway
import LockTransport

/// `bitting ports`: the serial ports of this box, and what to write into the configuration for each.
struct Ports: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the serial ports of this box, and what to write into bitting.yaml for each.",
    discussion: """
      With --config the lines of the configuration are looked at too. Changes nothing, opens no port, and works while \
      bittingd runs. Called with sudo it also sees which program holds a port.

      Exit status: 0 nothing is in the way; 69 something is; 78 the configuration is wrong.
      """)

  @Option(help: ArgumentHelp("The site, for what its lines say of their ports.", valueName: "file"))
  var config: String?

  @Flag(help: "Print the findings as one JSON object.")
  var json = false

  /// A finding as printed.
  private struct Shown: Encodable {
    var subject: String
    var verdict: String
    var sentence: String
  }

  func run() throws {
    let lines: [(name: String, port: PortSelector)]
    do {
      lines =
        try self.config.map { path throws(StartFault) in try ConfigurationFile(path: path).lines }?
        .map { ($0.name, $0.port) } ?? []
    } catch {
      throw error.reported(by: "bitting")
    }
    let report = PortReport(of: .present(), lines: lines) { path in
      PortReport.Sight(
        holder: SerialPort(path: path, baud: 9600).holder(),
        mayOpen: FileManager.default.isReadableFile(atPath: path) && FileManager.default.isWritableFile(atPath: path))
    }
    if self.json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      let shown = report.findings.map {
        Shown(subject: $0.subject, verdict: $0.verdict.rawValue, sentence: $0.sentence)
      }
      print(String(decoding: try encoder.encode(["findings": shown]), as: UTF8.self))
    } else {
      for finding in report.findings {
        let mark = finding.verdict == .good ? "ok  " : finding.verdict == .warning ? "warn" : "bad "
        print("\(mark)  \(finding.subject): \(finding.sentence)")
      }
      if report.findings.isEmpty { print("no serial adapter is plugged in") }
    }
    if report.findings.contains(where: { $0.verdict == .bad }) { throw ExitCode(ExitStatus.unavailable.rawValue) }
  }
}
