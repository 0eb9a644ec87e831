import Foundation
import Testing

@testable import Gateway

@Suite struct `Which configuration is meant` {
  private static let missing = "/nowhere/bitting.yaml"

  @Test(
    arguments: [
      ("/a", ["BITTING_CONFIG": "/b"], "/a", true), (nil, ["BITTING_CONFIG": "/b"], "/b", true),
      (nil, ["BITTING_CONFIG": ""], Self.missing, false), (nil, [:], Self.missing, false),
    ] as [(String?, [String: String], String, Bool)])
  func `an option goes before the variable, the variable before the installed one`(
    option: String?, environment: [String: String], path: String, isNamed: Bool
  ) {
    let place = ConfigurationPlace(option: option, environment: environment, standard: Self.missing)
    #expect(place.path == path && place.isNamed == isNamed && !place.isThere && !place.isForbidden)
  }

  @Test func `one that is not there is missed when somebody named it, and is none else`() throws {
    #expect(try ConfigurationPlace(option: nil, environment: [:], standard: Self.missing).file() == nil)
    let named = ConfigurationPlace(option: Self.missing, environment: [:])
    #expect(throws: StartFault.self) { try named.file() }
  }
}
