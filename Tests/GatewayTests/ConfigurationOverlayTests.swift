import Foundation
import Testing

@testable import Gateway

/// What stands over the file: variables, and options over them.
@Suite struct ConfigurationOverlayTests {
  private let text = "site: { name: A, time_zone: UTC }\nevents: { keep_days: 30 }\nlog:\n"

  @Test func anOptionStandsOverAVariableOverTheFileOverTheDefault() throws {
    let environment = [
      "BITTING_EVENTS_KEEP_DAYS": "40", "BITTING_LOG_LEVEL": "debug", "BITTING_SITE_NAME": "12",
      "BITTING_API_LISTEN": "127.0.0.1:1", "BITTING_API_RATE_LIMITS": "off",
    ]
    let overlay = ConfigurationOverlay(
      environment: environment,
      options: [("api.listen", "--listen", ["127.0.0.1:2", "[::1]:2"]), ("log.level", "--log-level", [])])
    let source = try ConfigurationSource(self.text, directory: URL(fileURLWithPath: "/"), overlay: overlay)
    let file = try source.file()
    #expect(file.retention.eventDays == 40 && file.logLevel == "debug" && file.siteName == "12")
    #expect(file.api.listen == ["127.0.0.1:2", "[::1]:2"] && file.api.rateLimitScale == nil)
    #expect(file.timeZone == "UTC" && file.backupPoolSize == 3)
    var origins: [String: ConfigurationOrigin] = [:]
    for setting in source.settings { origins[setting.path] = setting.origin }
    #expect(origins["retention.events_days"] == .variable("BITTING_EVENTS_KEEP_DAYS"))
    #expect(origins["api.listen"] == .option("--listen"))
    #expect(origins["site.time_zone"] == .line(1))
    #expect(origins["access_codes.backup_pool_size"] == .fallback)
  }

  @Test func aMistakeInAVariableOrAnOptionIsToldWithItsName() throws {
    let overlay = ConfigurationOverlay(
      environment: ["BITTING_EVENTS_KEEP_DAYS": "1", "BITTING_SITE_TIME_ZONE": "Europe/Bergen"],
      options: [("api.listen", "--listen", ["nonsense"])])
    let faults = #expect(throws: ConfigurationFaults.self) {
      try ConfigurationFileTests.read(self.text, overlay: overlay)
    }
    let sentences = faults?.sentences(file: "f") ?? []
    #expect(sentences.contains { $0.hasPrefix("BITTING_EVENTS_KEEP_DAYS: events.keep_days: '1' will not do; ") })
    #expect(sentences.contains { $0.hasPrefix("BITTING_SITE_TIME_ZONE: ") })
    #expect(sentences.contains { $0.hasPrefix("--listen: ") })
    #expect(faults?.startFault(file: "f").status == .configuration)
  }

  @Test func aWrongOptionAloneIsAWrongUse() {
    let overlay = ConfigurationOverlay(environment: [:], options: [("log.level", "--log-level", ["loud"])])
    let faults = #expect(throws: ConfigurationFaults.self) {
      try ConfigurationFileTests.read(self.text, overlay: overlay)
    }
    #expect(faults?.startFault(file: "f").status == .usage)
  }

  @Test func anUnknownVariableIsWarnedAboutWithASuggestion() {
    let overlay = ConfigurationOverlay(
      environment: ["BITTING_SITE_TIMEZONE": "UTC", "BITTING_QUUX": "1", "BITTING_API_KEY": "x", "HOME": "/"])
    let warnings = overlay.warnings.map { $0.sentence(file: "f") }
    #expect(warnings.count == 2)
    #expect(warnings.last?.contains("did you mean BITTING_SITE_TIME_ZONE?") == true)
    #expect(warnings.first?.hasPrefix("BITTING_QUUX: ") == true)
  }

  @Test func noTwoKeysShareAVariable() {
    let names = ConfigurationFile.schema.scalars.map { ConfigurationOverlay.variable(for: $0.path) }
    #expect(Set(names).count == names.count && Set(names).isDisjoint(with: ConfigurationOverlay.others))
  }
}
