/// A key that is declared once: what it is called, what it may be, what it means.
protocol DocumentedKey: Sendable {
  var entry: ConfigurationEntry { get }
}

/// A key whose value is read as `Value`.
struct ConfigurationKey<Value: Sendable>: DocumentedKey {
  var entry: ConfigurationEntry
  /// Stands for a value that is missing or wrong, while the rest is looked through for further mistakes.
  let placeholder: Value
  /// Reads a value that fits the form.
  let read: @Sendable (ConfigurationNode) -> Value?

  /// A key that a running daemon cannot take over.
  var takesRestart: Self {
    var key = self
    key.entry.needsRestart = true
    return key
  }

  /// A key with a value that shows how it is written.
  func example(_ text: String) -> Self {
    var key = self
    key.entry.example = text
    return key
  }

  init(
    _ name: String, _ form: ConfigurationForm, _ presence: ConfigurationEntry.Presence, _ meaning: String,
    placeholder: Value, read: @escaping @Sendable (ConfigurationNode) -> Value?
  ) {
    self.entry = ConfigurationEntry(
      name: name, form: form, presence: presence, meaning: meaning, example: nil, needsRestart: false)
    self.placeholder = placeholder
    self.read = read
  }
}

extension ConfigurationKey where Value == String {
  /// Any text that is not empty.
  static func text(_ name: String, _ presence: ConfigurationEntry.Presence, _ meaning: String) -> Self {
    .text(name, .text, presence, meaning)
  }

  /// A text of some form.
  static func text(
    _ name: String, _ form: ConfigurationForm, _ presence: ConfigurationEntry.Presence, _ meaning: String
  ) -> Self {
    Self(name, form, presence, meaning, placeholder: "") { $0.scalar }
  }
}

extension ConfigurationKey where Value == [String] {
  /// A list of texts.
  static func texts(
    _ name: String, of form: ConfigurationForm, _ presence: ConfigurationEntry.Presence, _ meaning: String
  ) -> Self {
    Self(name, .list(form, atLeast: 0), presence, meaning, placeholder: []) { $0.elements.compactMap(\.scalar) }
  }
}

extension ConfigurationKey where Value == [Int] {
  /// A list of whole numbers, of one at least.
  static func integers(
    _ name: String, in range: ClosedRange<Int>, _ presence: ConfigurationEntry.Presence, _ meaning: String
  ) -> Self {
    Self(name, .list(.integer(range), atLeast: 1), presence, meaning, placeholder: []) {
      $0.elements.compactMap { $0.scalar.flatMap { Int($0) } }
    }
  }
}

extension ConfigurationKey where Value: FixedWidthInteger {
  /// A whole number.
  static func integer(
    _ name: String, in range: ClosedRange<Value>, _ presence: ConfigurationEntry.Presence, _ meaning: String
  ) -> Self {
    Self(
      name, .integer(Int(range.lowerBound)...Int(range.upperBound)), presence, meaning, placeholder: range.lowerBound
    ) { $0.scalar.flatMap { Value($0) } }
  }
}

extension ConfigurationKey where Value == Bool {
  /// `true` or `false`
  static func flag(_ name: String, _ presence: ConfigurationEntry.Presence, _ meaning: String) -> Self {
    Self(name, .flag, presence, meaning, placeholder: false) { $0.scalar.flatMap(PlainScalar.flag) }
  }
}

extension ConfigurationKey where Value == Duration {
  /// A whole number with a unit.
  static func duration(
    _ name: String, in range: ClosedRange<Duration>, _ presence: ConfigurationEntry.Presence, _ meaning: String
  ) -> Self {
    Self(name, .duration(range), presence, meaning, placeholder: range.lowerBound) {
      $0.scalar.flatMap(ConfigurationForm.duration)
    }
  }
}

extension ConfigurationKey {
  /// One of some words, each with what it stands for.
  static func choice(
    _ name: String, _ choices: KeyValuePairs<String, Value>, _ presence: ConfigurationEntry.Presence,
    _ meaning: String
  ) -> Self {
    let pairs = choices.map { ($0.key, $0.value) }
    return Self(
      name, .choice(pairs.map(\.0)), presence, meaning, placeholder: choices[choices.startIndex].value
    ) { node in pairs.first { $0.0 == node.scalar }?.1 }
  }
}

/// A key below which a section stands, or a list of such sections.
struct ConfigurationSectionKey: DocumentedKey {
  let entry: ConfigurationEntry
  let section: ConfigurationSection

  /// A section.
  init(_ name: String, _ section: ConfigurationSection, _ presence: ConfigurationEntry.Presence, _ meaning: String) {
    self.section = section
    self.entry = ConfigurationEntry(
      name: name, form: .mapping(section), presence: presence, meaning: meaning, example: nil, needsRestart: false)
  }

  /// A list of sections.
  init(
    listOf section: ConfigurationSection, _ name: String, _ presence: ConfigurationEntry.Presence, _ meaning: String
  ) {
    self.section = section
    self.entry = ConfigurationEntry(
      name: name, form: .list(.mapping(section), atLeast: 0), presence: presence, meaning: meaning, example: nil,
      needsRestart: false)
  }
}
