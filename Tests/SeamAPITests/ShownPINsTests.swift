import SyncEngine
import Testing

@testable import SeamAPI

@Suite struct `PINs in answers` {
  /// An access code, an event and lists with a PIN in each place that there is.
  private let answer: JSONValue = [
    "access_codes": [
      [
        "access_code_id": "a", "code": "4711", "name": "4711",
        "pending_mutations": [["from": ["code": "1001"], "to": ["code": "4711"], "mutation_code": "updating_code"]],
        "errors": [
          ["error_code": "x", "modified_fields": [["field": "code", "from": "4711", "to": "1002"]]],
          ["modified_fields": [["field": "ends_at", "from": "2026", "to": nil]]],
        ],
      ],
      ["access_code_id": "b", "code": nil],
    ],
    "events": [
      ["access_code_id": "c", "code": "1003", "device_custom_metadata": ["code": "blue"]],
      ["access_code_id": "c", "changed_properties": [["property": "code", "from": "1004", "to": "1003"]]],
    ],
    "device": ["custom_metadata": ["code": "red"]], "code": "1005",
  ]

  @Test func `each PIN is found with its access code`() {
    #expect(
      self.answer.shownPINs == ["a": ["4711", "1001", "1002"], "c": ["1003", "1004"]])
  }

  @Test func `without them nothing else is missing`() {
    #expect(
      self.answer.withoutPINs == [
        "access_codes": [
          [
            "access_code_id": "a", "code": nil, "name": "4711",
            "pending_mutations": [["from": ["code": nil], "to": ["code": nil], "mutation_code": "updating_code"]],
            "errors": [
              ["error_code": "x", "modified_fields": [["field": "code", "from": nil, "to": nil]]],
              ["modified_fields": [["field": "ends_at", "from": "2026", "to": nil]]],
            ],
          ],
          ["access_code_id": "b", "code": nil],
        ],
        "events": [
          ["access_code_id": "c", "code": nil, "device_custom_metadata": ["code": "blue"]],
          ["access_code_id": "c", "changed_properties": [["property": "code", "from": nil, "to": nil]]],
        ],
        "device": ["custom_metadata": ["code": "red"]], "code": nil,
      ])
    #expect(self.answer.withoutPINs.shownPINs.isEmpty)
  }

  @Test func `who reads the same PINs again is put down once an hour, a changed PIN at once`() {
    let start = ContinuousClock.now
    let panel = Caller(.key(id: "k", name: "panel"), scopes: .reveal, address: "192.0.2.1")
    let elsewhere = Caller(.key(id: "k", name: "panel"), scopes: .reveal, address: "192.0.2.2")
    var log = RevealLog()
    var entries: [Int: [String]] = [:]
    for minute in 0..<150 {
      let pins = ["a": Set(["4711"]), "b": Set([minute < 30 ? "1001" : "1002"])]
      let now = start + .seconds(60 * minute)
      let due = log.due(pins, to: panel, at: now)
      if !due.isEmpty {
        entries[minute] = due
        log.recorded(due, of: pins, to: panel, at: now)
      }
    }
    #expect(entries == [0: ["a", "b"], 30: ["b"], 60: ["a"], 90: ["b"], 120: ["a"]])
    #expect(log.due(["a": ["4711"]], to: elsewhere, at: start + .seconds(9000)) == ["a"])
  }

  @Test func `the same refusal is put down once an hour with the number of those between`() {
    let start = ContinuousClock.now
    let panel = Caller(.key(id: "k", name: "panel"), scopes: .read, address: nil)
    var log = RefusalLog()
    var told: [Int: Int] = [:]
    for minute in 0...120 {
      let now = start + .seconds(60 * minute)
      if let before = log.refused("/x", outcome: "insufficient_scope", to: panel, at: now) { told[minute] = before }
    }
    #expect(told == [0: 0, 60: 59, 120: 59])
    #expect(log.refused("/x", outcome: "invalid_input", to: panel, at: start) == 0)
  }
}
