/// The few signs of Markdown in the descriptions of keys: `` `code` `` and `[words](page)`.
enum MarkedText {
  /// A piece of a text.
  enum Piece: Equatable {
    case words(String)
    case code(String)
  }

  /// The pieces of a text; of a link its words stay.
  static func pieces(of text: String) -> [Piece] {
    var pieces: [Piece] = []
    for (number, part) in text.replacing(#/\[([^\]]*)\]\([^)]*\)/#, with: { "\($0.1)" })
      .split(separator: "`", omittingEmptySubsequences: false).enumerated() where !part.isEmpty
    {
      pieces.append(number.isMultiple(of: 2) ? .words(String(part)) : .code(String(part)))
    }
    return pieces
  }

  /// The text without signs.
  static func plain(_ text: String) -> String {
    Self.pieces(of: text).map { piece in
      switch piece {
      case .words(let text): text
      case .code(let text): "'\(text)'"
      }
    }.joined()
  }

  /// The text in the language of manual pages.
  static func roff(_ text: String) -> String {
    Self.pieces(of: text).map { piece in
      switch piece {
      case .words(let text): Self.escaped(text)
      case .code(let text): "\\fB\(Self.escaped(text))\\fP"
      }
    }.joined()
  }

  /// A text of which roff takes no sign for its own.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "\\": escaped += "\\e"
      case "-": escaped += "\\-"
      case "…": escaped += "..."
      case "'": escaped += "\\(aq"
      case "\"": escaped += "\\(dq"
      case "\n": escaped += " "
      default: escaped.append(character)
      }
    }
    return escaped.hasPrefix(".") ? "\\&" + escaped : escaped
  }
}
