import ArgumentParser
import Foundation
import Gateway
import LockTransport
import SyncEngine
import TransportSecurity

/// `bitting doctor`: what stands in the way of the locks, and its cure.
struct Doctor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell what stands in the way of the locks, and its cure.",
    discussion: """
      Looks at the daemon, the configuration, the data directory, disk, clock, serial ports and Bluetooth. Call it with \
      sudo: without, it does not see which program holds a port, and cannot look into the data directory. Changes \
      nothing, and works whether bittingd runs or not.

      Exit status: 0 nothing is in the way; 69 something is.
      """)

  @Option(help: ArgumentHelp("Where the daemon remembers.", valueName: "dir"))
  var dataDir = DataDirectory.usual

  @Option(
    help: ArgumentHelp(
      "The configuration; /etc/bitting/bitting.yaml where there is one when left out.", valueName: "file"))
  var config: String?

  @OptionGroup(title: "Which daemon, and how it is shown") var gateway: GatewayOptions

  /// Where the installed daemon has its configuration.
  private static let usualConfiguration = "/etc/bitting/bitting.yaml"

  func run() async throws {
    let findings: [Finding]
    do {
      findings = try await self.look()
    } catch {
      throw StartFault(.software, "\(error)").reported(by: "bitting")
    }
    let output = Output(isJSON: self.gateway.json)
    if output.isJSON {
      try output.json([
        "findings": .array(
          findings.map {
            [
              "subject": .string($0.subject), "verdict": .string($0.verdict.rawValue), "sentence": .string($0.sentence),
            ]
          })
      ])
    } else {
      for finding in findings {
        let (mark, tint): (String, Tint) =
          switch finding.verdict {
          case .good: ("ok  ", .green)
          case .warning: ("warn", .yellow)
          case .bad: ("bad ", .red)
          }
        try output.line("\(output.paint(mark, tint))  \(finding.subject): \(finding.sentence)")
      }
    }
    if findings.contains(where: { $0.verdict == .bad }) { throw ExitCode(ExitStatus.unavailable.rawValue) }
  }

  private func look() async throws -> [Finding] {
    var findings = await self.daemon().findings(version: Release.version)
    let path = self.config ?? Self.usualConfiguration
    var lines: [(name: String, port: PortSelector)] = []
    if self.config != nil || FileManager.default.fileExists(atPath: path) {
      do throws(StartFault) {
        let file = try ConfigurationFile(path: path)
        lines = file.lines.map { ($0.name, $0.port) }
        findings.append(.good("configuration", "\(path) is right"))
        if let tls = file.api.tls {
          findings += CertificateCondition.look(
            at: CertificateFiles(certificate: tls.certificate, key: tls.key)
          ).findings(at: .present)
        }
      } catch {
        findings.append(.bad("configuration", error.message))
      }
    } else {
      findings.append(
        .warning("configuration", "there is none at \(path): no serial line is served; see bitting.yaml(5)"))
    }
    let ports = PortReport(of: .present(), lines: lines) { path in
      PortReport.Sight(
        holder: SerialPort(path: path, baud: 9600).holder(),
        mayOpen: FileManager.default.isReadableFile(atPath: path) && FileManager.default.isWritableFile(atPath: path))
    }
    findings += ports.findings.map(Finding.init)
    let (locks, faults) = PairedNukiLock.names(in: URL(fileURLWithPath: self.dataDir, isDirectory: true))
    findings += faults.map { .bad("key file", $0.message) }
    let reactor = try Reactor()
    let bluetooth = await BluetoothCondition.look(on: reactor)
    reactor.shutDown()
    findings += bluetooth.findings(needsRadio: !locks.isEmpty)
    // The last: as root it goes on with less than all rights.
    return findings + BoxCondition.look(at: self.dataDir, usesPorts: !lines.isEmpty).findings
  }

  private func daemon() async -> DaemonCondition {
    let client: GatewayClient
    do throws(StartFault) {
      client = try self.gateway.client()
    } catch {
      return .unasked(error.message)
    }
    let condition: DaemonCondition
    do throws(GatewayFault) {
      condition = .answers(try await client.ask("/bitting/status", within: .seconds(10))["status"] ?? .null)
    } catch {
      condition = .fails(error)
    }
    await client.close()
    return condition
  }
}
