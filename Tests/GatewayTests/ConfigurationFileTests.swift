import Foundation
import LockDrivers
import Testing

@testable import Gateway

/// What a configuration says, and what is wrong with one.
@Suite struct ConfigurationFileTests {
  static func read(
    _ text: String, directory: URL = URL(fileURLWithPath: "/nonexistent"),
    overlay: ConfigurationOverlay = ConfigurationOverlay()
  ) throws(ConfigurationFaults) -> ConfigurationFile {
    try ConfigurationSource(text, directory: directory, overlay: overlay).file()
  }

  /// The sentences of what is wrong.
  static func faults(of text: String) -> [String] {
    do {
      _ = try Self.read(text)
      return []
    } catch {
      return error.sentences(file: "f")
    }
  }

  @Test func aSiteNeedsANameAndAZoneAlone() throws {
    let file = try Self.read("site: { name: Harbour, time_zone: Europe/Berlin }")
    #expect(file.siteName == "Harbour")
    #expect(file.timeZone == "Europe/Berlin")
    #expect(file.doors.isEmpty && file.lines.isEmpty)
    #expect(file.retention.eventDays == 90 && file.backupPoolSize == 3 && file.logLevel == "notice")
    #expect(file.api.listen == ["127.0.0.1:8471"] && file.api.rateLimitScale == 1 && file.api.corsOrigins.isEmpty)
    #expect(file.bluetooth.maximumLinks == 5 && file.bluetooth.idleVisitsPerDay == 24)
  }

  @Test func theExampleOfTheDocumentationIsRead() throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
      UUID().uuidString, isDirectory: true)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let key = directory.appendingPathComponent("front-reader.key")
    try "7c4f0a93d15be8264760b2c9e83d51fa".write(to: key, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key.path)
    let file = try Self.read(ConfigurationExample.text, directory: directory)
    let door = try #require(file.doors.first)
    #expect(door.name == "Front Door" && door.line == "front" && door.codeLengths == [4, 5, 6, 7, 8])
    #expect(door.configuration.strike.time == .seconds(3))
    #expect(door.configuration.contact?.input == 0 && door.configuration.exitButton?.input == 1)
    // The key may be read by all: said, and no reason not to start.
    let warning = file.warnings.first?.sentence(file: "f")
    #expect(warning?.hasPrefix("f:17: lines[1].devices[1].key_file: ") == true)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key.path)
    #expect(try Self.read(ConfigurationExample.text, directory: directory).warnings.isEmpty)
  }

  @Test func everyMistakeIsToldAtOnceInTheOrderOfTheLines() {
    let faults = Self.faults(
      of: """
        site:
          name: 12
          timezone: Europe/Berlin
        api:
          request_timeout: 5 parsecs
          cors_origins: [https://panel.example, https://panel.example/path]
        events: { keep_days: 1 }
        lines:
          - name: front
            port: /dev/ttyS0
            protocol: zigbee
            devices:
              - { name: reader, address: 200, secure_channel: plain }
              - { name: reader, address: 6, secure_channel: install, key_file: x }
        doors:
          - name: Front Door
            reader: { device: readr }
            strike: { device: reader, secnds: 3 }
        keep_days: 3
        """)
    let places = faults.map { $0.split(separator: ":").prefix(3).joined(separator: ":") }
    #expect(
      places == [
        "f:2: site.name", "f:2: site", "f:3: site", "f:5: api.request_timeout", "f:6: api.cors_origins[2]",
        "f:7: events.keep_days", "f:11: lines[1].protocol", "f:13: lines[1].devices[1].address",
        "f:14: lines[1].devices[2].key_file", "f:14: lines[1].devices[2].name", "f:17: doors[1].reader.device",
        "f:18: doors[1].strike", "f:19: configuration",
      ], "\(faults)")
    #expect(faults.allSatisfy { $0.contains(";") })
  }

  @Test(arguments: [
    ("site: { name: A, timezone: UTC }", "did you mean 'time_zone'?"),
    ("site: { name: A, time_zone: UTC }\ndors: []", "did you mean 'doors'?"),
    ("site: { name: A, time_zone: UTC }\nkeep_days: 4", "it belongs into 'events'"),
    ("site: { name: A, time_zone: UTC }\nquux: 4", "known are site, log, api"),
    ("site: { name: on, time_zone: UTC }", "put it into quotes: \"on\""),
    ("site: { name: 2026-01-01, time_zone: UTC }", "put it into quotes: \"2026-01-01\""),
    ("site: { name: , time_zone: UTC }", "nothing will not do; write a text"),
    ("site: { name: A, time_zone: UTC }\nevents: { keep_days: \"30\" }", "a whole number from 2 to 3650"),
    ("site: { name: A, time_zone: UTC }\nevents: { keep_days: 030 }", "a whole number from 2 to 3650"),
  ])
  func aMistakeIsToldWithItsCure(text: String, cure: String) {
    let faults = Self.faults(of: text)
    #expect(faults.contains { $0.contains(cure) }, "\(faults)")
  }

  @Test func everyDefaultIsWithinItsRangeAndEveryExampleToo() throws {
    func look(at section: ConfigurationSection, _ path: String) throws {
      #expect(Set(section.names).count == section.names.count, "\(path)")
      for entry in section.entries {
        #expect(!entry.meaning.isEmpty && !entry.meaning.hasSuffix("."), "\(path)\(entry.name)")
        var texts = [entry.example].compactMap(\.self)
        if case .standard(let text) = entry.presence { texts.append(text) }
        for text in texts {
          let node = try ConfigurationNode.fallback(text, path: entry.name)
          #expect(entry.form.faults(of: node).isEmpty, "\(path)\(entry.name): \(text)")
        }
        if let inner = entry.form.section { try look(at: inner, "\(path)\(entry.name).") }
      }
    }
    try look(at: ConfigurationFile.schema, "")
  }
}
