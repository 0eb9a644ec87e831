internal import GRDB

/// The rows that a damaged store still has, table by table.
///
/// Where the tree of a table is damaged, its rows are also looked for in pages that nothing leads to any more. What is
/// found there may be an earlier state.
struct RescuedTables {
  /// A table as it should be.
  struct Layout {
    struct Column {
      var name: String
      var type: String
      var isRequired: Bool
      /// The number of the row stands for it.
      var isRowID: Bool
      /// What holds for rows that are older than the column.
      var fallback = DatabaseValue.null
    }

    var name: String
    var columns: [Column]

    /// True when the values can be those of a row, perhaps of one from before the last columns were added.
    func fits(_ values: [DatabaseValue]) -> Bool {
      values.count <= self.columns.count
        && self.columns[values.count...].allSatisfy { !$0.isRequired || !$0.fallback.isNull }
        && zip(values, self.columns).allSatisfy { value, column in
          switch value.storage {
          case .null: !column.isRequired || column.isRowID
          case .int64: column.type == "INTEGER"
          case .string(let text):
            column.type == "TEXT" && (column.name != "id" || text.utf8.count == 36)
              && (column.name != "lock_id" || text.utf8.count == 36)
          case .blob: column.type == "BLOB"
          case .double: false
          }
        }
    }

    func row(_ stored: DatabasePages.StoredRow) -> Row {
      var values: [String: (any DatabaseValueConvertible)?] = [:]
      for (value, column) in zip(stored.values, self.columns) {
        values[column.name] = column.isRowID && value.isNull ? stored.id.databaseValue : value
      }
      for column in self.columns[stored.values.count...] { values[column.name] = column.fallback }
      return Row(values)
    }
  }

  /// What there is of one table.
  struct Found {
    /// Rows that the table's own tree leads to.
    var rows: [Row] = []
    /// Rows that nothing leads to.
    var stray: [Row] = []
    /// Pages and rows of it that cannot be read; nil where it is not known where it begins.
    var unreadable: Int? = 0

    /// True when all of it was read.
    var isSound: Bool { self.unreadable == 0 }
  }

  private(set) var found: [String: Found] = [:]
  private let layouts: [Layout]
  private let pages: DatabasePages
  private var seen: Set<Int> = []

  /// Reads all that can be read.
  init(of pages: DatabasePages, layouts: [Layout]) {
    (self.pages, self.layouts) = (pages, layouts)
    let roots = self.roots()
    for layout in layouts {
      var found = Found()
      if let root = roots[layout.name] {
        self.walk(root, layout, &found)
      } else {
        found.unreadable = nil
      }
      self.found[layout.name] = found
    }
    if self.found.values.contains(where: { !$0.isSound }) { self.collectStrays() }
  }

  /// Every table that the store of this version has.
  static func layouts(of store: Store) throws -> [Layout] {
    try store.database.read { database in
      let names = try String.fetchAll(
        database,
        sql:
          "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'grdb%' ORDER BY name"
      )
      return try names.map { name in
        let rows = try Row.fetchAll(database, sql: "PRAGMA table_info(\(name))")
        let keys = rows.count(where: { ($0["pk"] as Int) > 0 })
        return Layout(
          name: name,
          columns: rows.map { row in
            Layout.Column(
              name: row["name"], type: row["type"], isRequired: row["notnull"],
              isRowID: keys == 1 && row["pk"] == 1 && row["type"] == "INTEGER",
              fallback: Self.value(of: row["dflt_value"]))
          })
      }
    }
  }

  /// The value of a default as the schema has it.
  private static func value(of text: String?) -> DatabaseValue {
    guard let text else { return .null }
    if let number = Int64(text) { return number.databaseValue }
    return text.hasPrefix("'") ? String(text.dropFirst().dropLast()).databaseValue : .null
  }

  /// Where each table begins, as the file says.
  private mutating func roots() -> [String: Int] {
    let schema = Layout(
      name: "sqlite_master",
      columns: [("type", "TEXT"), ("name", "TEXT"), ("tbl_name", "TEXT"), ("rootpage", "INTEGER"), ("sql", "TEXT")].map
      {
        .init(name: $0.0, type: $0.1, isRequired: false, isRowID: false)
      })
    var found = Found()
    self.walk(1, schema, &found)
    return found.rows.reduce(into: [:]) { roots, row in
      if row["type"] as String? == "table", let name = row["name"] as String?, let root = row["rootpage"] as Int? {
        roots[name] = root
      }
    }
  }

  private mutating func walk(_ number: Int, _ layout: Layout, _ found: inout Found) {
    var waiting = [number]
    while let number = waiting.popLast() {
      guard self.seen.insert(number).inserted, let page = self.pages.tablePage(number) else {
        found.unreadable = (found.unreadable ?? 0) + 1
        continue
      }
      switch page {
      case .interior(let children): waiting += children.reversed()
      case .leaf(let rows, let unreadable):
        let good = rows.filter { layout.fits($0.values) }
        found.rows += good.map(layout.row)
        found.unreadable = (found.unreadable ?? 0) + unreadable + rows.count - good.count
      }
    }
  }

  private mutating func collectStrays() {
    let damaged = self.layouts.filter { self.found[$0.name]?.isSound != true }
    let free = self.pages.freePages
    for number in 1...max(1, self.pages.count) where !self.seen.contains(number) && !free.contains(number) {
      guard case .leaf(let rows, _) = self.pages.tablePage(number) else { continue }
      for row in rows {
        let fitting = damaged.filter { $0.columns.count == row.values.count && $0.fits(row.values) }
        if fitting.count == 1 { self.found[fitting[0].name]?.stray.append(fitting[0].row(row)) }
      }
    }
  }
}
