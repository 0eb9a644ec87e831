/// The manual page bitting.yaml(5), in mdoc.
package enum ConfigurationManual {
  /// The page.
  /// - Parameter date: as mdoc wants it: `November 25, 2026`.
  package static func page(date: String) -> String {
    var lines = [
      ".Dd \(date)", ".Dt BITTING.YAML 5", ".Os", ".Sh NAME", ".Nm bitting.yaml",
      ".Nd configuration of a Bitting gateway", ".Sh DESCRIPTION", "The daemon", ".Xr bittingd 8",
      "reads this file, usually", ".Pa \(ConfigurationFile.standardPath) ,",
      "when it starts, and again when it gets", ".Dv SIGHUP .",
      "It is YAML: mappings of keys, indented with spaces.", "A key that is not listed here is an error.", ".Pp",
      "Durations are a whole number and a unit:", ".Ql 500ms ,", ".Ql 5s ,", ".Ql 2m ,", ".Ql 1h .",
      "What reads like a number, a date, true or false is no text unless it stands in quotes.",
    ]
    for entry in ConfigurationFile.schema.entries {
      guard let section = entry.form.section else { continue }
      lines += [".Ss \(entry.name)"] + Self.sentences(section.introduction)
      lines += Self.list(of: section, prefix: entry.form.isList ? "" : "\(entry.name).")
    }
    lines += [".Sh ENVIRONMENT", "A variable stands over the file, an option of", ".Xr bittingd 8", "over both:"]
    lines += [".Bl -tag -width Ds -compact"]
    for scalar in ConfigurationFile.schema.scalars {
      lines += [".It Ev \(ConfigurationOverlay.variable(for: scalar.path))", MarkedText.escaped(scalar.path)]
    }
    lines += [".El", ".Sh FILES", ".Bl -tag -width Ds", ".It Pa \(ConfigurationFile.standardPath)"]
    lines += ["where the file stands on an installed gateway", ".El", ".Sh EXAMPLES", ".Bd -literal -offset indent"]
    lines += ConfigurationExample.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
      MarkedText.escaped(String($0))
    }
    lines += [
      ".Ed", ".Pp", "Check a file, with what it names on this machine:", ".Dl bitting config check FILE",
      ".Sh SEE ALSO", ".Xr bitting 1 ,", ".Xr bittingd 8",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  private static func list(of section: ConfigurationSection, prefix: String) -> [String] {
    [".Bl -tag -width Ds"] + Self.items(of: section, prefix: prefix) + [".El"]
  }

  private static func items(of section: ConfigurationSection, prefix: String) -> [String] {
    section.entries.flatMap { entry -> [String] in
      let name = prefix + entry.name
      if case .mapping(let inner) = entry.form { return Self.items(of: inner, prefix: "\(name).") }
      var lines = [".It Ic \(name)"] + Self.sentences(entry.meaning + ".")
      lines += [".br", "Type: \(MarkedText.roff(entry.form.column))."]
      switch entry.presence {
      case .required: lines.append("Required.")
      case .standard, .optional: lines.append("Default: \(MarkedText.roff(entry.presence.column)).")
      }
      if let example = entry.example { lines.append("Example: \\fB\(MarkedText.escaped(example))\\fP") }
      if entry.needsRestart { lines.append("A change needs a restart of the daemon.") }
      switch entry.form {
      case .list(.mapping(let inner), _): lines += Self.items(of: inner, prefix: "\(name)[].")
      case .either(_, .mapping(let inner)): lines += Self.items(of: inner, prefix: "\(name).")
      default: break
      }
      return lines
    }
  }

  /// Each sentence on a line of its own, as manual pages are written.
  private static func sentences(_ text: String) -> [String] {
    if text.isEmpty { return [] }
    return text.replacing(". ", with: ".\n").split(separator: "\n").map { MarkedText.roff(String($0)) }
  }
}

extension ConfigurationForm {
  fileprivate var isList: Bool { if case .list = self { true } else { false } }
}

extension ConfigurationEntry.Presence {
  /// The default as a column of a table has it.
  var column: String {
    switch self {
    case .required: "required"
    case .standard("[]"): "none"
    case .standard(let text): "`\(text)`"
    case .optional(let words): words
    }
  }
}
