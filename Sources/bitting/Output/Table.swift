/// Rows of cells under titles, laid out for a terminal.
struct Table: Hashable {
  /// A column.
  struct Column: Hashable {
    /// Its title.
    var title: String
    /// True for numbers: they stand at the right.
    var isNumber = false
    /// True when its cells may be cut where the line would be too long.
    var isElastic = false
  }

  /// What stands in one place.
  struct Cell: Hashable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    /// The text.
    var text: String
    /// Its colour; nil for the terminal's own.
    var tint: Tint?

    /// Makes a cell.
    init(_ text: String, _ tint: Tint? = nil) { (self.text, self.tint) = (text.printable, tint) }
    init(stringLiteral text: String) { self.init(text) }
  }

  /// The columns, from the left.
  var columns: [Column]
  /// The rows; each has a cell for every column.
  var rows: [[Cell]] = []

  /// Adds a row.
  mutating func add(_ cells: Cell...) { self.add(cells) }

  /// Adds a row.
  mutating func add(_ cells: [Cell]) { self.rows.append(cells) }

  /// The shortest that an elastic cell is cut to.
  private static let shortest = 8

  /// The lines. Cells of elastic columns are cut, the widest first, until a line fits.
  /// - Parameters:
  ///   - width: how long a line may be; nil for as long as it is.
  ///   - paint: colours a text without changing its width.
  func lines(width: Int?, paint: (String, Tint?) -> String = { text, _ in text }) -> [String] {
    var widths = self.columns.indices.map { index in
      max(self.columns[index].title.count, self.rows.map { $0[index].text.count }.max() ?? 0)
    }
    if let width {
      func excess() -> Int { widths.reduce(0, +) + 2 * (widths.count - 1) - width }
      while excess() > 0,
        let widest = self.columns.indices.filter({ self.columns[$0].isElastic && widths[$0] > Self.shortest })
          .max(by: { widths[$0] < widths[$1] })
      {
        widths[widest] -= 1
      }
    }
    let titles = self.columns.map { Cell($0.title.uppercased(), .faint) }
    return ([titles] + self.rows).map { cells in
      let line = self.columns.indices.map { index in
        let cell = cells[index]
        let text = cell.text.cut(to: widths[index])
        let space = String(repeating: " ", count: widths[index] - text.count)
        let painted = paint(text, cell.tint)
        return self.columns[index].isNumber ? space + painted : painted + space
      }.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}

extension String {
  /// The text without what could move a terminal's cursor or change its state.
  var printable: String {
    var text = String.UnicodeScalarView()
    for scalar in self.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: text.append("\u{FFFD}")
      default: text.append(scalar)
      }
    }
    return String(text)
  }

  /// The beginning that fits, with a mark when something is left out.
  fileprivate func cut(to width: Int) -> String {
    self.count <= width ? self : self.prefix(max(0, width - 1)) + "…"
  }
}
