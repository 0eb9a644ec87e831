import Glibc
import LockCore
import Synchronization

/// The date that every response carries, made once a second at most and only when one is asked for.
final class HTTPDate: Sendable {
  private let made = Mutex<(second: Int, text: String)>((-1, ""))

  /// Now, in the form of RFC 9110, for example `Sun, 06 Nov 1994 08:49:37 GMT`.
  var now: String {
    let second = time(nil)
    return self.made.withLock { made in
      if made.second != second { made = (second, Self.text(second)) }
      return made.text
    }
  }

  /// - Parameter second: seconds since 1970-01-01T00:00:00Z.
  static func text(_ second: Int) -> String {
    let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let parts = Timestamp(milliseconds: Int64(second) * 1000).iso8601.split { "-T.".contains($0) }
    let month = Int(parts[1]).map { months[$0 - 1] } ?? ""
    return "\(days[second / 86_400 % 7]), \(parts[2]) \(month) \(parts[0]) \(parts[3]) GMT"
  }
}
