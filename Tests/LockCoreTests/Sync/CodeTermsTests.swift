import LockCore
import Testing

@Suite struct CodeTermsTests {
  @Test(
    arguments: [
      ("Zoë", "Zoë"), ("A\u{0}B", "AB"), ("\u{0}", nil), ("a\r\nb\tc\u{7F}\u{85}", "abc"), ("👩‍👧 guest", "👩‍👧 guest"),
    ] as [(String, String?)])
  func `a name has no control characters, which neither stores nor locks give back`(given: String, kept: String?) throws
  {
    let pin = try #require(PINCode("345678"))
    var terms = CodeRecord.Terms(name: given, pin: pin, window: nil)
    #expect(terms.name == kept)
    terms.name = "x"
    terms.name = given
    #expect(terms.name == kept)
  }
}
