import ArgumentParser
import Foundation
import Gateway
import LockTransport

/// `bitting doctor`: what stands in the way of the locks, and its cure.
struct Doctor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell what stands in the way of the locks, and its cure.",
    discussion: """
      Looks at the Bluetooth adapters, the kernel and the permissions of whoever calls it; call it as the daemon's user. \
      Changes nothing, and works while bittingd runs.

      Exit status: 0 nothing is in the way; 69 something is.
      """)

  @Option(help: ArgumentHelp("Where the daemon remembers.", valueName: "dir"))
  var dataDir = DataDirectory.usual

  @Flag(help: "Print the findings as one JSON object.")
  var json = false

  /// One thing that was looked at.
  private struct Finding: Encodable {
    enum Verdict: String, Encodable { case good, warning, bad }
    var subject: String
    var verdict: Verdict
    var sentence: String
  }

  func run() async throws {
    let findings: [Finding]
    do {
      let reactor = try Reactor()
      defer { reactor.shutDown() }
      let (locks, faults) = PairedNukiLock.all(in: URL(fileURLWithPath: self.dataDir, isDirectory: true))
      findings =
        Self.findings(of: await BluetoothCondition.look(on: reactor), needsRadio: !locks.isEmpty)
        + faults.map { Finding(subject: "key file", verdict: .bad, sentence: $0.message) }
    } catch {
      throw StartFault(.software, "\(error)").reported(by: "bitting")
    }
    if self.json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
      print(String(decoding: try encoder.encode(["findings": findings]), as: UTF8.self))
    } else {
      for finding in findings {
        let mark = finding.verdict == .good ? "ok  " : finding.verdict == .warning ? "warn" : "bad "
        print("\(mark)  \(finding.subject): \(finding.sentence)")
      }
    }
    if findings.contains(where: { $0.verdict == .bad }) { throw ExitCode(ExitStatus.unavailable.rawValue) }
  }

  private static func findings(of bluetooth: BluetoothCondition, needsRadio: Bool) -> [Finding] {
    let missing = needsRadio ? Finding.Verdict.bad : .warning
    var findings: [Finding] = []
    findings.append(
      bluetooth.kernel.warning.map { Finding(subject: "kernel", verdict: .warning, sentence: $0) }
        ?? Finding(subject: "kernel", verdict: .good, sentence: "\(bluetooth.kernel) is not known to be in the way"))
    if let problem = bluetooth.problem {
      findings.append(Finding(subject: "bluetooth", verdict: missing, sentence: problem))
    } else if bluetooth.adapters.isEmpty {
      findings.append(
        Finding(
          subject: "bluetooth", verdict: missing,
          sentence: "no adapter is plugged in; plug one in, or see the kernel's log for why it is not taken"))
    }
    for adapter in bluetooth.adapters { findings.append(Self.finding(on: adapter)) }
    findings.append(
      bluetooth.mayAdminister
        ? Finding(subject: "permission", verdict: .good, sentence: "this user may set adapters up")
        : Finding(
          subject: "permission", verdict: missing,
          sentence:
            "this user may not set adapters up; run: sudo systemctl enable --now bitting-bluetooth.socket (or call this with sudo)"
        ))
    if let handOver = bluetooth.handOver {
      findings.append(Finding(subject: "bluetoothd", verdict: .warning, sentence: handOver))
    }
    return findings
  }

  private static func finding(on adapter: BluetoothCondition.Adapter) -> Finding {
    let subject = "adapter \(adapter.address.map { "\($0)" } ?? "hci\(adapter.index)")"
    if !adapter.hasLowEnergy {
      return Finding(
        subject: subject, verdict: .warning, sentence: "it cannot do Low Energy; locks need another adapter")
    }
    if adapter.isHardBlocked {
      return Finding(
        subject: subject, verdict: .bad, sentence: "a switch or key of this box keeps it off; turn that on")
    }
    if adapter.isSoftBlocked {
      return Finding(
        subject: subject, verdict: .bad, sentence: "it is soft-blocked; run: sudo rfkill unblock bluetooth")
    }
    return Finding(
      subject: subject, verdict: .good,
      sentence: adapter.isPowered
        ? "'\(adapter.name)' is powered (hci\(adapter.index) now)"
        : "it is not powered; bittingd powers it when it starts (hci\(adapter.index) now)")
  }
}
