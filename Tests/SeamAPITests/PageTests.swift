import LockCore
import Seeded
import Testing

@testable import SeamAPI
@testable import SyncEngine

@Suite struct `Paging through a listing` {
  private static let attempts = [3, 5, 5, 9].enumerated().map { index, time in
    ActionAttempt(
      id: "id\(index)", kind: "UNLOCK_DOOR", device: LockID(rawValue: "d"), createdAt: Timestamp(milliseconds: time),
      status: .pending)
  }

  private static let seal = CursorSeal(key: Array(1...32))

  private func page(
    _ values: [String: JSONValue], of attempts: [ActionAttempt] = Self.attempts, seal: CursorSeal? = Self.seal
  ) throws -> (ids: [String], pagination: JSONValue) {
    let page = try Page(
      of: attempts, input: Input(values: values), path: "/x/list", baseURL: "http://gateway", limit: 500,
      seal: #require(seal))
    return (page.items.map(\.id), page.pagination)
  }

  @Test func `without more there is no next page`() throws {
    let page = try self.page([:])
    #expect(page.ids == ["id0", "id1", "id2", "id3"])
    #expect(page.pagination == ["has_next_page": false, "next_page_cursor": nil, "next_page_url": nil])
  }

  @Test(arguments: 1...4) func `pages follow each other without gap or repeat`(limit: Int) throws {
    var values: [String: JSONValue] = ["limit": .int(Int64(limit)), "device_id": "d", "page_cursor": nil]
    var seen: [String] = []
    while true {
      let page = try self.page(values)
      seen += page.ids
      guard let cursor = page.pagination["next_page_cursor"]?.string else { break }
      #expect(page.ids.count == limit)
      values["page_cursor"] = .string(cursor)
    }
    #expect(seen == ["id0", "id1", "id2", "id3"])
  }

  @Test func `a page begins where it was cut though its first item is gone`() throws {
    let first = try self.page(["limit": 1])
    let cursor = try #require(first.pagination["next_page_cursor"])
    let rest = try self.page(["limit": 1, "page_cursor": cursor], of: Self.attempts.filter { $0.id != "id1" })
    #expect(rest.ids == ["id2"])
  }

  @Test func `a cursor is for the same parameters only`() throws {
    let cursor = try #require(try self.page(["limit": 1]).pagination["next_page_cursor"])
    for values: [String: JSONValue] in [["limit": 2], ["limit": 1, "device_id": "d"], [:]] {
      let fault = #expect(throws: APIFault.self) {
        try self.page(values.merging(["page_cursor": cursor]) { _, cursor in cursor })
      }
      #expect(fault?.type == "mismatched_page_parameters")
    }
  }

  @Test(arguments: ["", "x", "bnVsbA==", "WzEsMl0=", "%%%", String(repeating: "W1tb", count: 50_000)])
  func `what is no cursor is refused`(cursor: String) {
    let fault = #expect(throws: APIFault.self) { try self.page(["page_cursor": .string(cursor)]) }
    #expect(fault?.type == "invalid_input")
  }

  @Test func `the next page's address repeats the parameters`() throws {
    let page = try self.page(["limit": 1, "device_ids": ["b", "a"]])
    let cursor = try #require(page.pagination["next_page_cursor"]?.string)
    let encoded = QueryString.encoded(["page_cursor": .string(cursor)])
    #expect(
      page.pagination["next_page_url"]
        == .string("http://gateway/x/list?device_ids=b&device_ids=a&limit=1&\(encoded)&_strict=true"))
  }

  @Test func `a forged or damaged cursor is refused, whatever was changed`() throws {
    let cursor = try #require(try self.page(["limit": 1]).pagination["next_page_cursor"]?.string)
    let bytes = Array(cursor.utf8)
    for index in bytes.indices {
      for other in "Aaz09+/=".utf8 where other != bytes[index] {
        var damaged = bytes
        damaged[index] = other
        let fault = #expect(throws: APIFault.self) {
          try self.page(["limit": 1, "page_cursor": .string(String(decoding: damaged, as: UTF8.self))])
        }
        #expect(fault?.status == 400 && fault?.type == "invalid_input")
      }
    }
    let foreign = CursorSeal(key: Array(repeating: 7, count: 32))
    let theirs = try #require(try self.page(["limit": 1], seal: foreign).pagination["next_page_cursor"])
    let fault = #expect(throws: APIFault.self) { try self.page(["limit": 1, "page_cursor": theirs]) }
    #expect(fault?.message.contains("page_cursor") == true)
  }

  @Test func `whatever comes and goes between pages, what stays is listed once`() throws {
    var random = SeededRandom(seed: 20_261_125)
    for _ in 0..<200 {
      func attempt(_ number: Int, _ time: Int) -> ActionAttempt {
        ActionAttempt(
          id: "id\(number)", kind: "UNLOCK_DOOR", device: LockID(rawValue: "d"),
          createdAt: Timestamp(milliseconds: Int64(time)), status: .pending)
      }
      var number = 30
      var all = (0..<number).map { attempt($0, Int.random(in: 0..<8, using: &random)) }
      let before = Set(all.map(\.id))
      var (removed, seen): (Set<String>, [String]) = ([], [])
      var values: [String: JSONValue] = ["limit": .int(Int64.random(in: 1...7, using: &random))]
      while true {
        all.sort { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
        let page = try self.page(values, of: all)
        seen += page.ids
        guard let cursor = page.pagination["next_page_cursor"], cursor != .null else { break }
        values["page_cursor"] = cursor
        for _ in 0..<Int.random(in: 0...3, using: &random) where !all.isEmpty {
          removed.insert(all.remove(at: Int.random(in: all.indices, using: &random)).id)
        }
        // Half of what comes is dated before the cursor, as after a clock was set back.
        for _ in 0..<Int.random(in: 0...2, using: &random) {
          all.append(attempt(number, Int.random(in: 0..<12, using: &random)))
          number += 1
        }
      }
      #expect(Set(seen).count == seen.count)
      #expect(before.subtracting(removed).isSubset(of: seen))
    }
  }
}
