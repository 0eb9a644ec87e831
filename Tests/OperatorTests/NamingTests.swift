import Gateway
import Testing

@testable import bitting

@Suite struct `Finding what is meant` {
  private static let naming = Naming(
    kind: "lock",
    candidates: [
      .init(id: "a1b2c3d4-0000", names: ["Front Door"], label: "Front Door"),
      .init(id: "a1b2ffff-0000", names: ["Front Gate", "Gate 1"], label: "Front Gate"),
      .init(id: "e5f60000-0000", names: ["Studio"], label: "Studio"),
      .init(id: "99990000-0000", names: ["Studio North"], label: "Studio North"),
    ], listing: "bitting locks")

  @Test(arguments: [
    ("Front Door", "a1b2c3d4-0000"), ("front door", "a1b2c3d4-0000"), ("front d", "a1b2c3d4-0000"),
    ("A1B2C3D4-0000", "a1b2c3d4-0000"), ("a1b2c", "a1b2c3d4-0000"), ("gate", "a1b2ffff-0000"),
    // The whole name of one is the beginning of another.
    ("studio", "e5f60000-0000"), ("studio n", "99990000-0000"),
  ])
  func `an id, a name or an unambiguous beginning is understood`(text: String, id: String) throws {
    #expect(try Self.naming.find(text).id == id)
  }

  @Test(arguments: [
    ("front", "'front' may be any of 2 locks: Front Door, Front Gate; give more of the name, or the id"),
    ("a1b2", "'a1b2' may be any of 2 locks: Front Door, Front Gate; give more of the name, or the id"),
    ("Frnot Door", "there is no lock 'Frnot Door'; did you mean 'Front Door'?"),
    ("stduio", "there is no lock 'stduio'; did you mean 'Studio' or 'Studio North'?"),
    ("frnt", "there is no lock 'frnt'; did you mean 'Front Door' or 'Front Gate'?"),
    ("door", "there is no lock 'door'; did you mean 'Front Door'?"),
    ("Cellar", "there is no lock 'Cellar'; see them with: bitting locks"),
    ("", "there is no lock ''; see them with: bitting locks"),
    ("a1b", "there is no lock 'a1b'; see them with: bitting locks"),
    ("\u{1B}[2J", "there is no lock '\u{FFFD}[2J'; see them with: bitting locks"),
  ])
  func `what is not clear is refused with what was perhaps meant`(text: String, sentence: String) {
    let fault = #expect(throws: StartFault.self) { try Self.naming.find(text) }
    #expect(fault?.message == sentence)
    #expect(fault?.status == .noInput)
  }
}
