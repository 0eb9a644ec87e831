import Foundation
import LockCore
import LockSimulator
import Testing

@testable import SyncEngine

/// The one list of what is told: rules R93, R94, R146.
@Suite struct EventCatalogueTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  @Test func `R94: docs/events.md says what the catalogue says`() throws {
    let page = Self.root.appendingPathComponent("docs/events.md")
    if ProcessInfo.processInfo.environment["BITTING_WRITE_DOCS"] == "1" {
      try EventDocument.text.write(to: page, atomically: true, encoding: .utf8)
    }
    let written = try String(contentsOf: page, encoding: .utf8)
    #expect(written == EventDocument.text, "run `make docs`")
  }

  @Test func `R94: each type of the catalogue is told somewhere`() throws {
    let engine = Self.root.appendingPathComponent("Sources/SyncEngine")
    let files = FileManager.default.enumerator(at: engine, includingPropertiesForKeys: nil)
    let sources = (files?.allObjects.compactMap { $0 as? URL } ?? [])
      .filter { $0.pathExtension == "swift" && $0.deletingLastPathComponent().lastPathComponent != "Events" }
    let text = try sources.map { try String(contentsOf: $0, encoding: .utf8) }.joined(separator: "\n")
    let words = Set(text.split { !$0.isLetter && !$0.isNumber && $0 != "." && $0 != "_" && $0 != "\"" })
    for type in EventType.allCases {
      switch type.entry.subject {
      case .actionAttempt:
        // Every end of such an attempt is told; that there are such attempts is looked for.
        let kind = type.rawValue.split(separator: ".")[1].uppercased()
        #expect(words.contains("\"\(kind)\""), "\(type.rawValue)")
        #expect(
          EventType.end(ofAttempt: kind, succeeded: type.rawValue.hasSuffix(".succeeded")) == type, "\(type.rawValue)")
      default: #expect(words.contains(".\(type)"), "\(type.rawValue) is told nowhere")
      }
    }
  }

  @Test func `R94: no name is told and never told`() {
    #expect(Set(EventCatalogue.knownNames).count == EventCatalogue.knownNames.count)
  }

  @Test func `R94: an event carries the free members of its device`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    site.advance(by: .seconds(5))
    site.perform(
      try site.site.rename(
        site.id("Front"), nickname: nil, customMetadata: ["unit": "4B", "is_staff": true], at: site.date))
    _ = try site.act(.unlock, on: "Front")
    site.advance(by: .minutes(5))
    let told = site.events()
    let opening = told.first { $0["event_type"] == "lock.unlocked" }
    #expect(opening?["device_custom_metadata"] == ["unit": "4B", "is_staff": true])
    #expect(opening?["connected_account_custom_metadata"] == [:])
    #expect(told.first?["device_custom_metadata"] == [:])
  }

  @Test func `R94: whatever is wrong with an event's members is named`() {
    let type = EventType.lockUnlocked
    let whole = EventType.commonMembers.union(type.ids).union(type.metadata).union(["method"])
    #expect(type.differences(of: whole) == [])
    #expect(type.differences(of: whole.union(["code", "access_code_id"])) == [])
    #expect(
      type.differences(of: whole.subtracting(["method"]).union(["battery_level"])) == ["method", "battery_level"])
  }
}
