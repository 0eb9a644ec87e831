import ArgumentParser
import Foundation
import Gateway
import LockTransport

/// `bitting ports`: the serial ports of this box, and what to write into the configuration for each.
struct Ports: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the serial ports of this box, and what to write into bitting.yaml for each.",
    discussion: """
      The lines of the configuration are looked at too: whether their ports are there, and whether the owner of the data \
      directory, as which the daemon runs, may open them. Changes nothing, opens no port, and works while bittingd runs. Call it with sudo: without, it sees neither \
      the installed configuration nor which program holds a port.

      Exit status: 0 nothing is in the way; 69 something is; 78 the configuration is wrong.
      """)

  @Option(help: ArgumentHelp("The configuration; the installed one when left out.", valueName: "file"))
  var config: String?

  @OptionGroup var data: DataDirectoryOption

  @Flag(help: "Print the findings as one JSON object.")
  var json = false

  func run() throws {
    let place = ConfigurationPlace(option: self.config)
    var findings: [Finding] = []
    var lines: [ConfigurationFile.Line] = []
    if place.isForbidden, !place.isNamed {
      findings.append(.warning("configuration", "this user may not read \(place.path); call this with sudo"))
    } else {
      do {
        lines = try place.file()?.lines ?? []
      } catch {
        throw error.reported(by: "bitting")
      }
    }
    findings += PortReport.ofThisBox(lines: lines, user: .daemon(of: self.data.path)).findings
    let output = Output(isJSON: self.json)
    try output.findings(findings)
    if findings.isEmpty, !self.json { try output.line("no serial adapter is plugged in") }
    if findings.contains(where: { $0.verdict == .bad }) { throw ExitCode(ExitStatus.unavailable.rawValue) }
  }
}
