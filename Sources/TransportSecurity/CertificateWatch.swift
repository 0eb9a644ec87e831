import LockCore

/// When the files of a certificate are read again, and when its end is told: a value.
///
/// A renewal writes two files, one after the other: they are read once nothing has changed between two looks.
struct CertificateWatch: Equatable, Sendable {
  /// What an operator is told of a certificate's end.
  enum Notice: Equatable, Sendable {
    /// It ends soon, after this time.
    case endsIn(Duration)
    /// It has ended.
    case hasEnded
    /// It does not hold yet: more likely the clock is wrong.
    case notYetValid
  }

  /// How long before its end an operator is told.
  static let early = Duration.hours(14 * 24)
  /// How often.
  static let every = Duration.hours(24)

  private var tried: FileStamp
  private var changed: FileStamp?
  private var told: Timestamp?

  /// - Parameter tried: the files that were read.
  init(tried: FileStamp) { self.tried = tried }

  /// Somebody looked at the files.
  /// - Returns: true when they are to be read now.
  mutating func looked(_ stamp: FileStamp) -> Bool {
    defer { self.changed = stamp }
    guard stamp != self.tried, stamp == self.changed else { return false }
    self.tried = stamp
    return true
  }

  /// The files are read now, whatever was seen before.
  mutating func reads(_ stamp: FileStamp) { (self.tried, self.changed) = (stamp, stamp) }

  /// Another certificate is in use: what was told of the one before does not count.
  mutating func replaced() { self.told = nil }

  /// What is to be told of the certificate in use; nil for nothing, and between two times.
  mutating func notice(notBefore: Timestamp, notAfter: Timestamp, at now: Timestamp) -> Notice? {
    let notice: Notice
    if now < notBefore {
      notice = .notYetValid
    } else if now > notAfter {
      notice = .hasEnded
    } else if notAfter - now <= Self.early {
      notice = .endsIn(notAfter - now)
    } else {
      return nil
    }
    if let told, now - told < Self.every, now >= told { return nil }
    self.told = now
    return notice
  }
}
