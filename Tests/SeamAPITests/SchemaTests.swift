import LockCore
import SyncEngine
import Testing

@testable import SeamAPI

@Suite struct `Checking input` {
  private static let schema = Schema(
    [
      .required("device_id", .id), .optional("code", .digits(count: 4...12)), .optional("starts_at", .timestamp),
      .optional("type", .choice(["ongoing", "time_bound"])), .optional("limit", .limit), .optional("flag", .flag),
      .optional("ids", .ids), .optional("between", .list(.timestamp, count: 2...2)), .optional("metadata", .map),
      .optional("properties", .object([.nullable("name", .text)])), .nullable("name", .text),
      .optional("stored", .metadata), .optional("delay", .number(1...60)), .optional("old", .flag),
      .optional("new", .flag),
    ],
    synonyms: [("old", "new")], rules: [{ $0.has("code") && $0.has("type") ? "Provide code or type, not both" : nil }])

  private func fault(_ document: JSONValue) -> APIFault? {
    do throws(APIFault) {
      _ = try Self.schema.input(from: document)
      return nil
    } catch {
      return error
    }
  }

  private static let problems: [(document: String, message: String)] = [
    ("{}", "device_id is required"),
    (#"{"device_id": null}"#, #"Expected string, received null for "device_id""#),
    (#"{"device_id": 1}"#, #"Expected string, received number for "device_id""#),
    (#"{"device_id": "d", "code": "12ab"}"#, #"Must contain only digits for "code""#),
    (#"{"device_id": "d", "code": "123"}"#, #"String must contain at least 4 digit(s) for "code""#),
    (#"{"device_id": "d", "code": "1234567890123"}"#, #"String must contain at most 12 digit(s) for "code""#),
    (#"{"device_id": "d", "starts_at": "tomorrow"}"#, #"Invalid ISO 8601 date and time for "starts_at""#),
    (#"{"device_id": "d", "type": "x"}"#, #"Invalid enum value. Expected 'ongoing' | 'time_bound' for "type""#),
    (#"{"device_id": "d", "limit": 0}"#, #"Number must be greater than or equal to 1 for "limit""#),
    (#"{"device_id": "d", "limit": 1.5}"#, #"Expected integer, received float for "limit""#),
    (#"{"device_id": "d", "limit": 1e300}"#, #"Expected integer, received float for "limit""#),
    (#"{"device_id": "d", "flag": "true"}"#, #"Expected boolean, received string for "flag""#),
    (#"{"device_id": "d", "ids": ["a", 2]}"#, #"Expected string, received number for "ids.1""#),
    (#"{"device_id": "d", "between": ["2026-01-01"]}"#, #"Array must contain exactly 2 element(s) for "between""#),
    (
      #"{"device_id": "d", "metadata": {"k": []}}"#,
      #"Expected string, boolean or null, received array for "metadata.k""#
    ),
    (#"{"device_id": "d", "properties": {"name": 1}}"#, #"Expected string, received number for "properties.name""#),
    (#"{"device_id": "d", "old": true, "new": false}"#, #"Must not differ from new for "old""#),
    (#"{"device_id": "d", "code": "1234", "type": "ongoing"}"#, "Provide code or type, not both"),
    (
      #"{"code": 1, "flag": 2}"#,
      #"3 Input Errors: device_id is required, Expected string, received number for "code", Expected boolean, received number for "flag""#
    ),
    ("[]", "Expected object, received array"),
    (#"{"device_id": "d", "name": "a\u0000b"}"#, #"String must not contain the character U+0000 for "name""#),
    (#"{"device_id": "d", "delay": 0.5}"#, #"Number must be greater than or equal to 1 for "delay""#),
    (#"{"device_id": "d", "stored": {"a.b": "x"}}"#, #"Keys must not contain a dot for "stored.a.b""#),
    (#"{"device_id": "d", "stored": {"": "x"}}"#, #"Keys must have 1 to 40 characters for "stored""#),
    (
      #"{"device_id": "d", "stored": {"k": 1}}"#,
      #"Expected string, boolean or null, received number for "stored.k""#
    ),
  ]

  @Test(arguments: problems)
  func `each problem is named with its parameter`(document: String, message: String) throws {
    let fault = self.fault(try JSONReader.read(Array(document.utf8)))
    #expect(fault?.message == message)
    #expect(fault?.type == "invalid_input")
    #expect(fault?.status == 400)
  }

  @Test func `the problems make a tree`() {
    let fault = self.fault(["properties": ["name": 1], "ids": [1]])
    let tree: JSONValue = [
      "_errors": [], "device_id": ["_errors": ["Required"]],
      "ids": ["_errors": [], "0": ["_errors": ["Expected string, received number"]]],
      "properties": ["_errors": [], "name": ["_errors": ["Expected string, received number"]]],
    ]
    #expect(fault?.body["error"]?["validation_errors"] == tree)
    #expect(fault?.body["ok"] == false)
  }

  @Test func `unknown parameters are ignored, synonyms merged, null kept apart from absent`() throws {
    let input = try Self.schema.input(from: ["device_id": "D", "other": 1, "old": true, "name": nil])
    #expect(input.values == ["device_id": "D", "new": true, "name": nil])
    #expect(input.lock() == LockID(rawValue: "d"))
    #expect(input.has("name"))
    #expect(!input.has("other"))
  }

  @Test func `a refusal quotes nothing that was sent`() {
    for document: JSONValue in [
      ["device_id": "d", "code": "31337x"], ["device_id": "d", "type": "31337"],
      ["device_id": "d", "starts_at": "31337"],
    ] {
      let body = String(decoding: self.fault(document)?.body.bytes ?? [], as: UTF8.self)
      #expect(!body.isEmpty && !body.contains("31337"))
    }
  }

  private static let lengths: [(name: String, accepted: JSONValue, refused: JSONValue)] = [
    ("device_id", .string(String(repeating: "x", count: 200)), .string(String(repeating: "x", count: 201))),
    ("name", .string(String(repeating: "n", count: 1000)), .string(String(repeating: "n", count: 1001))),
    // One character to the eye, many to whoever must keep it.
    ("name", .string("e"), .string("e" + String(repeating: "\u{301}", count: 1000))),
    ("limit", 300_000, 300_001), ("delay", .double(59.5), .double(60.5)),
    ("stored", ["k": .string(String(repeating: "v", count: 500))], ["k": .string(String(repeating: "v", count: 501))]),
    ("stored", [String(repeating: "k", count: 40): true], [String(repeating: "k", count: 41): true]),
  ]

  @Test(arguments: lengths)
  func `what is too long or too large is refused`(name: String, accepted: JSONValue, refused: JSONValue) {
    #expect(self.fault(.object(["device_id": "d"].merging([name: accepted]) { $1 })) == nil)
    #expect(self.fault(.object(["device_id": "d"].merging([name: refused]) { $1 }))?.type == "invalid_input")
  }
}
