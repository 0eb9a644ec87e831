extension Duration {
  /// The length in its largest unit, cut: `45 s`, `12 min`, `5 h`, `3 d`.
  var words: String {
    let seconds = self.components.seconds
    switch seconds {
    case ..<90: return "\(seconds) s"
    case ..<5400: return "\(seconds / 60) min"
    case ..<172_800: return "\(seconds / 3600) h"
    default: return "\(seconds / 86_400) d"
    }
  }
}

extension Int {
  /// `1 lock`, `3 locks`.
  func of(_ noun: String, _ plural: String? = nil) -> String { "\(self) \(self == 1 ? noun : plural ?? noun + "s")" }
}
