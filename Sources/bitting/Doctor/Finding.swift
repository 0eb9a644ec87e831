import LockTransport

/// One thing that was looked at by the doctor.
struct Finding: Hashable, Encodable {
  /// How it is.
  enum Verdict: String, Hashable, Encodable {
    /// As it should be.
    case good
    /// It works, and may not for long.
    case warning
    /// It stands in the way.
    case bad
  }

  /// What it is about, in a word or two.
  var subject: String
  /// How it is.
  var verdict: Verdict
  /// What is so, and where it is not good what to do.
  var sentence: String

  static func good(_ subject: String, _ sentence: String) -> Self {
    .init(subject: subject, verdict: .good, sentence: sentence)
  }
  static func warning(_ subject: String, _ sentence: String) -> Self {
    .init(subject: subject, verdict: .warning, sentence: sentence)
  }
  static func bad(_ subject: String, _ sentence: String) -> Self {
    .init(subject: subject, verdict: .bad, sentence: sentence)
  }
}

extension Finding {
  /// The same as the report of ports has it.
  init(_ finding: PortReport.Finding) {
    self.init(
      subject: finding.subject, verdict: Verdict(rawValue: finding.verdict.rawValue) ?? .warning,
      sentence: finding.sentence)
  }
}
