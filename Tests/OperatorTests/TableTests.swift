import LockCore
import SyncEngine
import Testing

@testable import bitting

@Suite struct `Laying out for people` {
  private static let table: Table = {
    var table = Table(columns: [
      .init(title: "Lock", isElastic: true), .init(title: "Battery", isNumber: true), .init(title: "State"),
    ])
    table.add("Front Door by the harbour", "100 %", "online")
    table.add("Studio", "7 %", "offline")
    return table
  }()

  @Test func `columns stand below each other, numbers at the right, nothing behind the last`() {
    #expect(
      Self.table.lines(width: nil) == [
        "LOCK                       BATTERY  STATE",
        "Front Door by the harbour    100 %  online",
        "Studio                         7 %  offline",
      ])
  }

  @Test func `where a line would be too long, elastic cells are cut`() {
    #expect(
      Self.table.lines(width: 31) == [
        "LOCK           BATTERY  STATE", "Front Door b…    100 %  online", "Studio             7 %  offline",
      ])
    #expect(Self.table.lines(width: 20)[1].hasPrefix("Front D…"), "never below what tells one from another")
  }

  @Test func `colours change no width`() {
    let painted = Self.table.lines(width: nil) { text, tint in tint == nil ? text : "<\(text)>" }
    #expect(painted[0].replacing("<", with: "").replacing(">", with: "") == Self.table.lines(width: nil)[0])
  }

  @Test func `what a name holds cannot move the cursor`() {
    let cell = Table.Cell("a\u{1B}[2J\u{202E}\nb")
    #expect(cell.text == "a\u{FFFD}[2J\u{FFFD}\u{FFFD}b")
  }
}

@Suite struct `Times of the site` {
  private static let now = Timestamp(iso8601: "2026-11-25T20:00:00Z") ?? .distantPast
  private static let time = SiteTime(zone: "Europe/Berlin", now: Self.now)

  @Test(arguments: [
    ("now", "2026-11-25T20:00:00.000Z"), ("+90m", "2026-11-25T21:30:00.000Z"), ("-2h", "2026-11-25T18:00:00.000Z"),
    ("+3d", "2026-11-28T20:00:00.000Z"), ("2026-12-01T15:00", "2026-12-01T14:00:00.000Z"),
    ("2026-07-01 15:00:30", "2026-07-01T13:00:30.000Z"), ("2026-12-01", "2026-11-30T23:00:00.000Z"),
    ("2026-12-01T15:00Z", "2026-12-01T15:00:00.000Z"), ("2026-12-01T15:00-05:00", "2026-12-01T20:00:00.000Z"),
    // The night on which the clocks go back.
    ("2026-10-25T01:30", "2026-10-24T23:30:00.000Z"), ("2026-10-25T03:30", "2026-10-25T02:30:00.000Z"),
  ])
  func `a time is understood as it is written`(text: String, instant: String) {
    #expect(Self.time.read(text)?.iso8601 == instant)
  }

  @Test(arguments: ["", "tomorrow", "+2", "+h", "2h", "+-2h", "2026-02-30", "15:00", "+99999999d"])
  func `what is no time is refused`(text: String) {
    #expect(Self.time.read(text) == nil)
  }

  @Test(arguments: [
    ("2026-11-25T20:02:00Z", "2026-11-25 21:02:00 (in 2 min)"),
    ("2026-11-25T19:59:59.500Z", "2026-11-25 20:59:59 (just now)"),
    ("2026-11-25T18:00:00Z", "2026-11-25 19:00:00 (2 h ago)"),
    ("2026-11-20T20:00:00Z", "2026-11-20 21:00:00 (5 d ago)"),
  ])
  func `an instant is told in the site's zone, and how far it is`(instant: String, text: String) throws {
    #expect(Self.time.full(try #require(Timestamp(iso8601: instant))) == text)
  }
}

@Suite struct `PINs stay hidden` {
  @Test func `every member that holds a PIN is null unless it is asked for`() {
    let event: JSONValue = [
      "code": "1234", "name": "Anna", "from": ["code": "1111"],
      "changed_properties": [
        ["property": "code", "from": "1111", "to": "1234"], ["property": "name", "from": "A", "to": "B"],
      ],
    ]
    let hidden: JSONValue = [
      "code": nil, "name": "Anna", "from": ["code": nil],
      "changed_properties": [
        ["property": "code", "from": nil, "to": nil], ["property": "name", "from": "A", "to": "B"],
      ],
    ]
    #expect(event.showingPINs(false) == hidden)
    #expect(event.showingPINs(true) == event)
  }

  @Test func `a document is indented, its members in order`() {
    let value: JSONValue = ["b": [1, [:]], "a": nil]
    #expect(value.indented == "{\n  \"a\": null,\n  \"b\": [\n    1,\n    {}\n  ]\n}")
  }
}
