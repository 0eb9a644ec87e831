import LockCore
import SyncEngine

/// Something that is listed in the order of its making.
protocol Listed {
  /// When it was made.
  var createdAt: Timestamp { get }
  /// Its id as a text; orders what was made at the same time.
  var listingID: String { get }
}

extension DeviceView: Listed {
  var listingID: String { self.id.rawValue }
}
extension AccessCodeView: Listed {
  var listingID: String { self.id.rawValue }
}
extension AccountView: Listed {
  var listingID: String { self.id }
}
extension ActionAttempt: Listed {
  var listingID: String { self.id }
}

/// A part of a listing, and the way to the next one.
struct Page<Item: Listed> {
  /// The items.
  var items: ArraySlice<Item>
  /// The `pagination` object.
  var pagination: JSONValue

  /// Cuts the page that a request asks for.
  /// - Parameters:
  ///   - all: everything that fits the request, ordered by time of making and id.
  ///   - input: what was asked, with `limit` and `page_cursor`.
  ///   - path: where it was asked.
  ///   - baseURL: what goes before the path in the address of the next page.
  ///   - limit: how many when the request does not say.
  ///   - seal: marks the cursors that are given away.
  init(
    of all: [Item], input: Input, path: String, baseURL: String, limit: Int, seal: CursorSeal
  ) throws(APIFault) {
    let fingerprint = PageCursor.fingerprint(of: input, path: path)
    var rest = all[...]
    if let text = input.text("page_cursor") {
      guard let cursor = PageCursor(text, sealedBy: seal) else {
        throw .invalidInput([
          InputProblem(
            path: ["page_cursor"], message: "Not a cursor of this gateway; leave it out to begin with the first page")
        ])
      }
      guard cursor.fingerprint == fingerprint else { throw .mismatchedPage }
      rest = all.drop { ($0.createdAt, $0.listingID) < (cursor.createdAt, cursor.id) }
    }
    self.items = rest.prefix(input.integer("limit") ?? limit)
    guard let next = rest.dropFirst(self.items.count).first else {
      self.pagination = ["has_next_page": false, "next_page_cursor": nil, "next_page_url": nil]
      return
    }
    let cursor = PageCursor(fingerprint: fingerprint, createdAt: next.createdAt, id: next.listingID)
      .text(sealedBy: seal)
    let parameters = input.values.merging(["page_cursor": .string(cursor)]) { _, cursor in cursor }
    self.pagination = [
      "has_next_page": true, "next_page_cursor": .string(cursor),
      "next_page_url": .string("\(baseURL)\(path)?\(QueryString.encoded(parameters))&_strict=true"),
    ]
  }
}

extension Call {
  /// The page of `all` that is asked for; see ``Page``.
  func page<Item: Listed>(of all: [Item], limit: Int) throws(APIFault) -> Page<Item> {
    try Page(
      of: all, input: self.input, path: self.path, baseURL: self.baseURL, limit: limit, seal: self.engine.cursorSeal)
  }
}
