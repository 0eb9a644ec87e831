import LockCore
import Testing

@Suite struct PINCodeTests {
  @Test(arguments: ["0", "0000", "0123", "1234", "00000000000000000001"])
  func `1 to 20 digits are a PIN, leading zeros kept`(digits: String) {
    #expect(PINCode(digits)?.digits == digits)
    #expect(PINCode(digits)?.count == digits.count)
  }

  @Test(arguments: [
    "", "12a4", " 1234", "12 34", "-123", "+123", "1234\n", "١٢٣٤", "１２３４", "1234\u{301}", "123456789012345678901",
  ])
  func `anything else is none`(digits: String) {
    #expect(PINCode(digits) == nil)
  }

  @Test func `leading zeros tell PINs apart`() {
    #expect(PINCode("0123") != PINCode("123"))
    #expect(PINCode("0000") != PINCode("000"))
  }

  @Test func `a PIN has no printable form, however it is shown`() throws {
    let pin = try #require(PINCode("7351"))
    var dumped = ""
    dump(pin, to: &dumped)
    dump([pin: [pin]], to: &dumped)
    let shown = [
      "\(pin)", "\([pin])", "\(Optional(pin) as Any)", String(describing: pin), String(reflecting: pin),
      pin.description, pin.debugDescription, dumped, "\(SlotContents.code(pin))",
      String(reflecting: SlotEntry(pin: pin)), String(reflecting: Credential(id: .init(rawValue: "a"), pin: pin)),
      String(reflecting: LockCommand.program(slot: 1, SlotEntry(pin: pin))),
      String(reflecting: CodeRecord.Terms(name: nil, pin: pin, window: nil)),
      String(reflecting: CodeState.Mutation.updatingCode(from: pin)),
    ]
    for text in shown { #expect(!text.contains("7351")) }
    #expect("\(pin)" == "PIN of 4 digits")
  }

  @Test func `reflection does not reach the digits`() throws {
    let pin = try #require(PINCode("7351"))
    #expect(Mirror(reflecting: pin).children.isEmpty)
    #expect(Mirror(reflecting: pin).descendant("digits") == nil)
  }

  @Test(arguments: [
    ("1234", "1234", true), ("1234", "1235", false), ("1234", "0234", false), ("1234", "123", false),
    ("1234", "12345", false), ("1234", "", false), ("0000", "0000", true), ("0", "00", false),
    ("12345678901234567890", "12345678901234567890", true), ("12345678901234567890", "123456789012345678901", false),
    ("12345678901234567890", "12345678901234567891", false),
  ]) func `the constant-time match is equality of digits`(mine: String, typed: String, matches: Bool) throws {
    #expect(try #require(PINCode(mine)).matchesInConstantTime(Array(typed.utf8)) == matches)
  }

  @Test func `digits that are null bytes do not match a shorter PIN`() throws {
    let pin = try #require(PINCode("12"))
    #expect(!pin.matchesInConstantTime([0x31, 0x32, 0, 0]))
    #expect(!pin.matchesInConstantTime([UInt8](repeating: 0, count: 1000)))
  }
}
