import Seeded
import SyncEngine
import Testing

@testable import SeamAPI

@Suite struct `Reading and writing JSON` {
  private static let documents: [(text: String, value: JSONValue)] = [
    ("null", .null), (" true ", true), ("-0", 0), ("12", 12), ("-1.5e2", .double(-150)),
    ("9223372036854775807", .int(.max)), ("9223372036854775808", .double(9_223_372_036_854_775_808)),
    (#""a\"\\\/\b\f\n\r\t\u00e9\ud83d\udd11""#, "a\"\\/\u{8}\u{C}\n\r\té🔑"), ("[]", []), ("{}", [:]),
    (#"[1,[2,{"a":null}]]"#, [1, [2, ["a": nil]]]), (#"{"a":1,"a":2}"#, ["a": 2]),
  ]

  @Test(arguments: documents)
  func `a document is read as it stands`(text: String, value: JSONValue) throws {
    #expect(try JSONReader.read(Array(text.utf8)) == value)
  }

  @Test(arguments: [
    ("", "the text ends too early at line 1, column 1"),
    (#"{"code": 12"#, "the text ends too early at line 1, column 12"),
    ("{\n  'code': 1\n}", "expected a member name in quotes at line 2, column 3"),
    (#"{"a" 1}"#, "expected ':' at line 1, column 6"),
    (#"{"a":1,}"#, "expected a member name in quotes at line 1, column 8"),
    ("[1 2]", "expected ',' or ']' at line 1, column 4"),
    ("[1,]", "expected a value at line 1, column 4"),
    ("01", "a number must not begin with 0 at line 1, column 1"),
    ("1.", "the text ends too early at line 1, column 3"),
    ("1e999", "the number is too large at line 1, column 1"),
    ("tru", "expected a value at line 1, column 1"),
    ("\"a\nb\"", "a control character must be escaped at line 1, column 3"),
    (#""\x""#, "unknown escape at line 1, column 2"),
    (#""\ud800""#, "half of a surrogate pair at line 1, column 2"),
    (#""\udc00""#, "half of a surrogate pair at line 1, column 2"),
    (#""\u12g4""#, "expected four hexadecimal digits at line 1, column 4"),
    ("{} x", "unexpected text after the document at line 1, column 4"),
  ])
  func `what is no JSON is refused with its place`(text: String, explanation: String) throws {
    let fault = #expect(throws: JSONFault.self) { try JSONReader.read(Array(text.utf8)) }
    #expect(fault?.explanation == explanation)
  }

  @Test func `bytes that are no UTF-8 are refused`() {
    #expect(throws: JSONFault.self) { try JSONReader.read([0x22, 0xC3, 0x28, 0x22]) }
  }

  @Test func `nesting is bounded, however deep a hostile text goes`() throws {
    let depth = JSONReader.maximumDepth
    let allowed = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    #expect(throws: Never.self) { try JSONReader.read(Array(allowed.utf8)) }
    for opening in ["[", #"{"a":"#] {
      let hostile = String(repeating: opening, count: 200_000)
      let fault = #expect(throws: JSONFault.self) { try JSONReader.read(Array(hostile.utf8)) }
      #expect(fault?.reason == "arrays and objects are nested more than 64 deep")
    }
  }

  @Test func `random damage never does more than refuse`() throws {
    var random = SeededRandom(seed: 8471)
    let document = Array(#"{"device_id":"é\n","code":"1234","list":[1,-2.5e3,true,null,{"a":"\u00e9"}]}"#.utf8)
    for _ in 0..<20_000 {
      var damaged = document
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        damaged[Int.random(in: damaged.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      guard let value = try? JSONReader.read(damaged) else { continue }
      #expect(try JSONReader.read(value.bytes) == value)
    }
  }

  @Test func `equal values are written as equal bytes, members in order`() {
    let value: JSONValue = ["b": [1, .double(0.5), nil], "a": "\u{1}\"\\\n", "c": .double(.infinity)]
    #expect(String(decoding: value.bytes, as: UTF8.self) == #"{"a":"\u0001\"\\\n","b":[1,0.5,null],"c":null}"#)
  }
}
