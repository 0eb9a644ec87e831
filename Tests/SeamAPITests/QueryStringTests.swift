import SyncEngine
import Testing

@testable import SeamAPI

@Suite struct `Reading query strings` {
  private static let parameters: [Parameter] = [
    .optional("name", .text), .optional("ids", .ids), .optional("flag", .flag), .optional("limit", .limit),
    .optional("has", .map), .nullable("page_cursor", .text),
  ]

  private func read(_ text: String) throws -> JSONValue {
    .object(try QueryString(text).members(for: Self.parameters))
  }

  private static let strict: [(query: String, value: JSONValue)] = [
    ("_strict=true", [:]),
    ("name=a+b%20c%C3%A9&_strict=true", ["name": "a b cé"]),
    ("ids=a&ids=b&_strict=true", ["ids": ["a", "b"]]),
    ("ids=a%2Cb&_strict=true", ["ids": ["a,b"]]),
    ("ids=&_strict=true", ["ids": []]),
    ("page_cursor=&_strict=true", ["page_cursor": nil]),
    ("has.a=1&has.b=&_strict=true", ["has": ["a": "1", "b": nil]]),
    ("flag=true&limit=5&_strict=true", ["flag": true, "limit": 5]),
    ("flag=yes&limit=+5&_strict=true", ["flag": "yes", "limit": " 5"]),
    ("ids[]=a&_strict=true", [:]),
    ("other=1&name=100%&_strict=true", ["name": "100%"]),
  ]

  @Test(arguments: strict)
  func `strictly, only the libraries' own way is understood`(query: String, value: JSONValue) throws {
    #expect(try self.read(query) == value)
  }

  private static let generous: [(query: String, value: JSONValue)] = [
    ("ids[]=a&ids[]=b", ["ids": ["a", "b"]]),
    ("ids=a,b", ["ids": ["a", "b"]]),
    ("ids=a", ["ids": ["a"]]),
    ("ids[]=", ["ids": []]),
    ("flag=yes", ["flag": true]),
    ("flag=0", ["flag": false]),
    ("flag=maybe", ["flag": "maybe"]),
    ("limit=%207%20", ["limit": 7]),
    ("limit=seven", ["limit": "seven"]),
    ("limit=5&_strict=false", ["limit": 5]),
    ("&&name", ["name": nil]),
    ("ids=a,b&_strict=TRUE", ["ids": ["a", "b"]]),
    ("flag=1&_strict=", ["flag": true]),
    ("flag=no&ids[]=a,b", ["flag": false, "ids": ["a,b"]]),
  ]

  @Test(arguments: generous)
  func `generously, other ways of writing are understood too`(query: String, value: JSONValue) throws {
    #expect(try self.read(query) == value)
  }

  @Test(arguments: [
    "name=a&name=b", "name=a&name=b&_strict=true", "ids=a&ids[]=b", "ids=a,b&ids=c", "ids=a&ids=", "has.a=1&has.a=2",
    "has=&has.a=1", "ids=a,,b",
  ])
  func `what can be read in two ways is refused`(query: String) {
    let fault = #expect(throws: APIFault.self) { try self.read(query) }
    #expect(fault?.type == "invalid_query_params")
    #expect(fault?.status == 400)
  }

  @Test func `what is written is read back`() throws {
    let members: [String: JSONValue] = [
      "name": "a&b=ü ,%", "ids": ["x,y", "z"], "flag": false, "limit": 12, "has": ["k": "v"], "page_cursor": nil,
    ]
    let text = QueryString.encoded(members) + "&_strict=true"
    #expect(try self.read(text) == .object(members))
  }
}
