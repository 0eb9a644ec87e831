/// Why a link to a lock was opened that has none of its own. Each visit costs the lock some of its battery.
public enum VisitReason: String, Hashable, Sendable, Codable, CaseIterable {
  /// The gateway has just started and knows nothing of the lock's present.
  case start
  /// The lock signalled that something happened.
  case news
  /// A code is to be written, erased or looked at.
  case code
  /// The door is to be opened or locked.
  case command
  /// The log is to be read.
  case log
  /// Nothing happened for long: clock, battery, codes and log are looked at.
  case check
  /// The lock had fallen silent; is it there again?
  case recovery
}

/// Why a link that was asked for could not be had.
public enum LinkRefusal: Error, Hashable, Sendable {
  /// The lock did not answer: out of reach, its battery empty, or taken by another central.
  case absent
  /// No radio to reach it with: unplugged, switched off, blocked.
  case noRadio
  /// The lock refuses to bond, or the bond was lost and a new one was refused.
  case bondRefused
  /// The radio had no time for it before the link was needed.
  case busy
}
