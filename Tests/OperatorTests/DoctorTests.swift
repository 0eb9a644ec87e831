import Gateway
import LockCore
import LockTransport
import SyncEngine
import Testing

@testable import bitting

@Suite struct `What the doctor finds` {
  private static func data(_ change: (inout BoxCondition.Data) -> Void) -> BoxCondition.Data {
    var data = BoxCondition.Data(path: "/var/lib/bitting", disk: DiskSpace(free: 8 << 30, size: 16 << 30))
    data.hasCredential = true
    change(&data)
    return data
  }

  @Test func `a box on which all is well has only good findings`() {
    let box = BoxCondition(data: Self.data { _ in })
    #expect(box.findings.allSatisfy { $0.verdict == .good })
    #expect(box.findings.map(\.subject) == ["data directory", "disk", "store", "seal key", "clock", "clock chip"])
  }

  @Test(
    arguments: [
      (Self.data { $0.exists = false }, "data directory", Finding.Verdict.warning, "is not there"),
      (Self.data { $0.mode = 0o755 }, "data directory", .bad, "chmod 700"),
      (Self.data { $0.disk?.free = 30 << 20 }, "disk", .bad, "nearly full: 30 MiB of 16384 MiB"),
      (Self.data { $0.disk?.free = 300 << 20 }, "disk", .warning, "getting full"),
      (Self.data { $0.disk?.freeFiles = 7 }, "disk", .bad, "7 inodes free"),
      (Self.data { $0.disk?.isReadOnly = true }, "disk", .bad, "takes no writes"),
      (Self.data { $0.isReadable = false }, "store", .warning, "sudo"),
      (Self.data { $0.storeFault = "The store is damaged." }, "store", .bad, "damaged"),
      (Self.data { $0.hasStore = false }, "store", .good, "none yet"),
      (Self.data { ($0.hasCredential, $0.keyMode) = (false, 0o600) }, "seal key", .warning, "beside the data"),
      (Self.data { $0.keyMode = 0o600 }, "seal key", .warning, "systemctl restart bitting"),
      (Self.data { $0.credentialFault = "it does not open" }, "seal key", .bad, "does not open"),
      (Self.data { ($0.hasCredential, $0.keyMode) = (false, 0o644) }, "seal key", .bad, "chmod 600"),
    ] as [(BoxCondition.Data, String, Finding.Verdict, String)])
  func `each trouble with the data directory is named with its cure`(
    data: BoxCondition.Data, subject: String, verdict: Finding.Verdict, words: String
  ) throws {
    let finding = try #require(data.findings.first { $0.subject == subject })
    #expect(finding.verdict == verdict)
    #expect(finding.sentence.contains(words))
  }

  @Test(
    arguments: [
      (BoxCondition.Clock(isSynchronized: false), "clock", Finding.Verdict.warning, "set-ntp"),
      (.init(isSynchronized: false, keepers: ["chronyd"]), "clock", .warning, "chronyd runs and has not set it"),
      (.init(isSynchronized: true, keepers: ["chronyd"]), "clock", .good, "by chronyd"),
      (.init(hasChip: false), "clock chip", .warning, "RTC"),
    ] as [(BoxCondition.Clock, String, Finding.Verdict, String)])
  func `a clock that nobody keeps is told`(
    clock: BoxCondition.Clock, subject: String, verdict: Finding.Verdict, words: String
  ) throws {
    let finding = try #require(clock.findings.first { $0.subject == subject })
    #expect(finding.verdict == verdict)
    #expect(finding.sentence.contains(words))
  }

  @Test(arguments: [
    (true, false, Finding.Verdict.bad, "pid 77"), (true, true, .good, "rules"), (false, false, .good, "no line"),
  ])
  func `who opens serial ports unasked matters where there is a serial line and no rule`(
    usesPorts: Bool, hasRules: Bool, verdict: Finding.Verdict, words: String
  ) throws {
    for name in BoxCondition.portProbers {
      let box = BoxCondition(
        data: Self.data { _ in }, probers: [name: 77], hasPortRules: hasRules, usesPorts: usesPorts)
      let finding = try #require(box.findings.first { $0.subject == name })
      #expect(finding.verdict == verdict)
      #expect(finding.sentence.contains(words))
    }
  }

  @Test(
    arguments: [
      (-100, 100, nil, false, Finding.Verdict.good, "holds until 2026-"), (-100, 10, nil, false, .warning, "in 10 d"),
      (-100, -1, nil, false, .bad, "has ended"), (1, 100, nil, false, .bad, "clock"),
      (nil, nil, "the key is not that of the certificate", false, .bad, "not that"),
      (-100, 100, nil, true, .bad, "chmod o="),
    ] as [(Int?, Int?, String?, Bool, Finding.Verdict, String)])
  func `a certificate is judged by its times and its files`(
    begin: Int?, end: Int?, fault: String?, isKeyOpen: Bool, verdict: Finding.Verdict, words: String
  ) throws {
    let now = try #require(Timestamp(iso8601: "2026-07-01T00:00:00Z"))
    var certificate = CertificateCondition(file: "gateway.pem", fault: fault, isKeyOpen: isKeyOpen, key: "gateway.key")
    if let begin, let end { certificate.validity = now + .hours(24 * begin)...now + .hours(24 * end) }
    let finding = try #require(certificate.findings(at: now).last)
    #expect(finding.verdict == verdict)
    #expect(finding.sentence.contains(words))
  }

  private static let status: JSONValue = [
    "version": "1.0.0", "store": ["problem": nil], "clock": ["is_held": false], "issues": [],
    "access_codes": ["failed": 0], "exposure": ["excess": 0],
  ]

  private static func status(_ change: [String: JSONValue]) -> DaemonCondition {
    .answers(.object((Self.status.object ?? [:]).merging(change) { _, new in new }))
  }

  @Test(
    arguments: [
      (DaemonCondition.fails(.noSocket(path: "/s")), "daemon", Finding.Verdict.bad, "systemctl start"),
      (.fails(.forbidden(path: "/s")), "daemon", .warning, "sudo"),
      (.unasked("give --url"), "daemon", .bad, "give --url"),
      (Self.status(["version": "0.9.0"]), "daemon", .warning, "restart"),
      (Self.status([:]), "daemon", .good, "1.0.0"),
      (Self.status(["store": ["problem": "disk full"]]), "daemon's store", .bad, "disk full"),
      (Self.status(["clock": ["is_held": true]]), "daemon's clock", .bad, "set-ntp"),
      (
        Self.status([
          "issues": [["display_name": "Front Door", "error_code": "device_disconnected", "message": "Check power."]]
        ]),
        "lock Front Door", .bad, "Check power."
      ),
      (
        Self.status(["issues": [["display_name": "Studio", "warning_code": "privacy_mode", "message": "Somebody."]]]),
        "lock Studio", .warning, "privacy_mode"
      ),
      (Self.status(["access_codes": ["failed": 2]]), "access codes", .warning, "2 codes have"),
      (Self.status(["exposure": ["excess": 1]]), "exposure", .warning, "1 PIN"),
    ] as [(DaemonCondition, String, Finding.Verdict, String)])
  func `what the daemon tells, or that it tells nothing, is judged`(
    daemon: DaemonCondition, subject: String, verdict: Finding.Verdict, words: String
  ) throws {
    let finding = try #require(daemon.findings(version: "1.0.0").first { $0.subject == subject })
    #expect(finding.verdict == verdict)
    #expect(finding.sentence.contains(words))
  }
}
