/// The values of one section, each read by its key; and what is found to be wrong with them in sense.
///
/// The form was checked before: what does not fit is told already, and reads as its placeholder here.
struct ConfigurationValues {
  /// What is found while reading: one for a whole file.
  final class Findings {
    var faults: [ConfigurationFault] = []
    var warnings: [ConfigurationFault] = []
  }

  let node: ConfigurationNode?
  let findings: Findings

  /// The value, its default, or where neither is to be had its placeholder.
  subscript<Value>(key: ConfigurationKey<Value>) -> Value {
    if let node = self.node?[key.entry.name] {
      guard key.entry.form.faults(of: node).isEmpty else { return key.placeholder }
      return key.read(node) ?? key.placeholder
    }
    guard case .standard(let text) = key.entry.presence,
      let node = try? ConfigurationNode.fallback(text, path: key.entry.name)
    else { return key.placeholder }
    return key.read(node) ?? key.placeholder
  }

  /// The value that is given; nil when it is left out or does not fit.
  func given<Value>(_ key: ConfigurationKey<Value>) -> Value? {
    guard let node = self.node?[key.entry.name], key.entry.form.faults(of: node).isEmpty else { return nil }
    return key.read(node)
  }

  /// The section below a key; empty when it is left out.
  func section(_ key: some DocumentedKey) -> ConfigurationValues {
    ConfigurationValues(node: self.node?[key.entry.name], findings: self.findings)
  }

  /// The sections of a list.
  func sections(_ key: ConfigurationSectionKey) -> [ConfigurationValues] {
    (self.node?[key.entry.name]?.elements ?? []).map { ConfigurationValues(node: $0, findings: self.findings) }
  }

  /// True when something is said of the section at all.
  var isGiven: Bool { self.node != nil }

  /// Tells what is wrong with the section.
  func fault(_ message: String) { if let node = self.node { self.findings.faults.append(node.fault(message)) } }

  /// Tells what is wrong with one value; with the section where it is left out.
  func fault(_ key: some DocumentedKey, _ message: String) {
    if let node = self.node?[key.entry.name] ?? self.node { self.findings.faults.append(node.fault(message)) }
  }

  /// Tells what works and should be mended all the same.
  func warning(_ key: some DocumentedKey, _ message: String) {
    if let node = self.node?[key.entry.name] ?? self.node { self.findings.warnings.append(node.fault(message)) }
  }
}
