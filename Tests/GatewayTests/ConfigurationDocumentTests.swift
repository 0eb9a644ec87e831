import Foundation
import Testing

@testable import Gateway

/// What is made from the one description of the configuration.
@Suite struct ConfigurationDocumentTests {
  private static let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("docs/configuration.md")

  @Test func theTablesOfTheDocumentationSayWhatTheDescriptionSays() throws {
    var written = try String(contentsOf: Self.page, encoding: .utf8)
    let filled = ConfigurationTables.filled(into: written)
    if ProcessInfo.processInfo.environment["BITTING_WRITE_DOCS"] == "1", written != filled {
      try filled.write(to: Self.page, atomically: true, encoding: .utf8)
      written = filled
    }
    #expect(written == filled, "run `make docs`")
    for section in ConfigurationTables.sections {
      #expect(written.contains("<!-- keys \(section) -->"), "\(section) has no table")
    }
    #expect(written.contains(ConfigurationExample.text), "the example is another than the manual's")
  }

  @Test(arguments: [
    1...60, 0...100, 1...3600, 1...900, 2...3650, 7...7, 0...0, 1...9, 10...99, 5...1234, 99...101, 1000...60000,
  ])
  func aPatternMatchesTheNumbersOfItsRangeAndNoOthers(range: ClosedRange<Int>) throws {
    let pattern = try Regex(ConfigurationJSONSchema.pattern(of: range))
    for number in max(0, range.lowerBound - 120)...(range.upperBound + 120) {
      let isMatch = try pattern.wholeMatch(in: "\(number)") != nil
      if isMatch != range.contains(number) { Issue.record("\(number) of \(range)") }
    }
    #expect(try pattern.wholeMatch(in: "0\(range.upperBound)") == nil)
  }

  @Test func markedTextLosesItsSigns() {
    let text = "see [osdp.md](osdp.md#keys), `a-b` and …"
    #expect(MarkedText.plain(text) == "see osdp.md, 'a-b' and …")
    #expect(MarkedText.roff(text) == "see osdp.md, \\fBa\\-b\\fP and ...")
    #expect(MarkedText.escaped(".x") == "\\&.x")
  }

  @Test func spellingKnowsWhatIsNear() {
    #expect(Spelling.nearest(to: "secnds", among: ["seconds", "device"]) == "seconds")
    #expect(Spelling.nearest(to: "Naem", among: ["name", "port"]) == "name")
    #expect(Spelling.nearest(to: "quux", among: ["name", "port"]) == nil)
    #expect(Spelling.distance("abcd", "acbd") == 1)
    #expect(Spelling.distance("", "abc") == 3)
  }
}
