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

  @OptionGroup var data: DataDirectoryOption

  @Option(
    help: ArgumentHelp(
      "The configuration; BITTING_CONFIG or the installed one when left out.", valueName: "file"))
  var config: String?

  @OptionGroup(title: "Which daemon, and how it is shown") var gateway: GatewayOptions

  func run() async throws {
    let findings: [Finding]
    do {
      findings = try await self.look()
    } catch {
      throw StartFault(.software, "\(error)").reported(by: "bitting")
    }
    try Output(isJSON: self.gateway.json).findings(findings)
    if findings.contains(where: { $0.verdict == .bad }) { throw ExitCode(ExitStatus.unavailable.rawValue) }
  }

  private func look() async throws -> [Finding] {
    var findings = await self.daemon()
    let place = ConfigurationPlace(option: self.config)
    var lines: [ConfigurationFile.Line] = []
    do throws(StartFault) {
      if let file = try place.file() {
        lines = file.lines
        findings.append(.good("configuration", "\(place.path) is right"))
        if let tls = file.api.tls {
          findings += CertificateCondition.look(
            at: CertificateFiles(certificate: tls.certificate, key: tls.key)
          ).findings(at: .present)
        }
      } else {
        findings.append(
          .warning("configuration", "there is none at \(place.path): no serial line is served; see bitting.yaml(5)"))
      }
    } catch {
      findings.append(
        Finding(
          subject: "configuration", verdict: place.isForbidden ? .warning : .bad, sentence: error.message))
    }
    findings += PortReport.ofThisBox(lines: lines, user: .daemon(of: self.data.path)).findings
    let (locks, faults) = PairedNukiLock.names(in: URL(fileURLWithPath: self.data.path, isDirectory: true))
    findings += faults.map { .bad("key file", $0.message) }
    let reactor = try Reactor()
    let bluetooth = await BluetoothCondition.look(on: reactor)
    reactor.shutDown()
    findings += bluetooth.findings(needsRadio: !locks.isEmpty)
    // The last: as root it goes on with less than all rights.
    return findings + BoxCondition.look(at: self.data.path, usesPorts: !lines.isEmpty).findings
  }

  private func daemon() async -> [Finding] {
    let client: GatewayClient
    do throws(StartFault) {
      client = try self.gateway.client()
    } catch {
      return DaemonCondition.unasked(error.message).findings(version: Release.version)
    }
    var findings: [Finding]
    do throws(GatewayFault) {
      let status = try await client.ask("/bitting/status", within: .seconds(10))["status"] ?? .null
      findings = DaemonCondition.answers(status).findings(version: Release.version)
      let parts = DaemonCondition.findings(health: try await client.ask("/health", within: .seconds(10)))
      findings += parts.filter { part in !findings.contains { $0.subject == part.subject } }
    } catch {
      findings = DaemonCondition.fails(error).findings(version: Release.version)
    }
    await client.close()
    return findings
  }
}
