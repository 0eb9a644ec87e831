import Foundation
import LockCore
import OfflineCodes
import Testing

/// `vectors.json`: codes and what a door says to them; checked from Python as well, by another implementation.
struct OfflineVectors: Decodable {
  struct Code: Decodable {
    var startHour: Int
    var kind: String
    var length: Int
    var variant: Int
    var slot: Int
    var pin: String
  }

  struct Key: Decodable {
    var door: String
    var generation: UInt32
    var secret: String
    var codes: [Code]
  }

  struct Entry: Decodable {
    var pin: String
    var at: String
    var opens: Bool
  }

  struct Scenario: Decodable, CustomTestStringConvertible {
    var name: String
    var entries: [Entry]
    var testDescription: String { self.name }
  }

  struct Door: Decodable {
    var door: String
    var generation: UInt32
    var secret: String
    var scenarios: [Scenario]
  }

  var keys: [Key]
  var doors: [Door]

  static func load() throws -> OfflineVectors {
    let url = try #require(Bundle.module.url(forResource: "vectors", withExtension: "json"))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(OfflineVectors.self, from: Data(contentsOf: url))
  }

  static func key(_ door: String, _ generation: UInt32, _ secret: String) throws -> OfflineDoorKey {
    let digits = Array(secret)
    let bytes = stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
    return try #require(
      try OfflineDoorKey(door: LockID(rawValue: door), generation: generation, secret: bytes))
  }
}

extension OfflineVectors.Code {
  func code() throws -> OfflineCode {
    let term: OfflineTerm =
      switch self.kind {
      case "hourly": .hours(self.length)
      case "daily": .days(self.length)
      case "weekly": .weeks(self.length)
      default: .once
      }
    return try #require(OfflineCode(startHour: self.startHour, term: term, variant: self.variant))
  }
}
