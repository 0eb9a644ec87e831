/// One thing of this box that was looked at.
public struct Finding: Hashable, Sendable {
  /// How it is.
  public enum Verdict: String, Hashable, Sendable {
    /// As it should be.
    case good
    /// It works, and may not for long.
    case warning
    /// It stands in the way.
    case bad
  }

  /// What it is about, in a word or two.
  public var subject: String
  /// How it is.
  public var verdict: Verdict
  /// What is so, and where it is not good what to do.
  public var sentence: String

  /// Puts down what was found.
  /// - Parameters:
  ///   - subject: what it is about.
  ///   - verdict: how it is.
  ///   - sentence: what is so, and what to do.
  public init(subject: String, verdict: Verdict, sentence: String) {
    (self.subject, self.verdict, self.sentence) = (subject, verdict, sentence)
  }

  /// Something is as it should be.
  public static func good(_ subject: String, _ sentence: String) -> Self {
    .init(subject: subject, verdict: .good, sentence: sentence)
  }
  /// Something works, and may not for long.
  public static func warning(_ subject: String, _ sentence: String) -> Self {
    .init(subject: subject, verdict: .warning, sentence: sentence)
  }
  /// Something stands in the way.
  public static func bad(_ subject: String, _ sentence: String) -> Self {
    .init(subject: subject, verdict: .bad, sentence: sentence)
  }
}
