import Foundation

@testable import Gateway

/// The tables of docs/configuration.md: one for each section, with what stands below it by its path.
enum ConfigurationTables {
  /// A page in which what stands between `<!-- keys SECTION -->` and `<!-- end -->` is written anew.
  static func filled(into page: String) -> String {
    var lines: [Substring] = []
    var isSkipping = false
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
      if line == "<!-- end -->" { isSkipping = false }
      if !isSkipping { lines.append(line) }
      guard let found = line.wholeMatch(of: #/<!-- keys ([\w. ]+) -->/#) else { continue }
      isSkipping = true
      lines.append(contentsOf: Self.text(for: String(found.1)).split(separator: "\n", omittingEmptySubsequences: false))
    }
    return lines.joined(separator: "\n")
  }

  /// The sections that have a table of their own, by the paths of their keys.
  static var sections: [String] { Self.all.map(\.path) + ["variables"] }

  private static let all: [(path: String, section: ConfigurationSection)] =
    ConfigurationFile.schema.entries.compactMap { entry in entry.form.section.map { (entry.name, $0) } }
    + [("lines.devices", ConfigurationFile.DeviceKeys.section)]

  private static func text(for path: String) -> String {
    if path == "variables" { return Self.variables }
    guard let section = Self.all.first(where: { $0.path == path })?.section else { return "" }
    var lines = ["\(section.introduction)\n", "| key | type | default | meaning |", "|---|---|---|---|"]
    lines += Self.rows(of: section, prefix: "")
    return lines.joined(separator: "\n")
  }

  private static func rows(of section: ConfigurationSection, prefix: String) -> [String] {
    section.entries.flatMap { entry -> [String] in
      let name = prefix + entry.name
      if case .mapping(let inner) = entry.form { return Self.rows(of: inner, prefix: "\(name).") }
      var meaning = entry.meaning
      if entry.needsRestart { meaning += ". A change needs a restart" }
      if let example = entry.example { meaning += "; for example `\(example)`" }
      let row = "| `\(name)` | \(entry.form.column) | \(entry.presence.column) | \(meaning) |"
      if case .either(_, .mapping(let inner)) = entry.form { return [row] + Self.rows(of: inner, prefix: "\(name).") }
      return [row]
    }
  }

  private static var variables: String {
    let rows = ConfigurationFile.schema.scalars.map {
      "| `\(ConfigurationOverlay.variable(for: $0.path))` | `\($0.path)` |"
    }
    return (["| variable | key |", "|---|---|"] + rows).joined(separator: "\n")
  }
}
