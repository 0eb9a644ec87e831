import SyncEngine

/// What was refused to whom lately, as a value: the first refusal is put down, the same one within an hour is counted
/// and told with the next entry.
struct RefusalLog {
  /// One entry stands for so long.
  static let window = Duration.seconds(3600)
  /// With more kinds than this the memory is emptied: rather an entry too many.
  static let most = 4096

  private struct Kind: Hashable {
    var identity: Caller.Identity
    var action: String
    var outcome: String
  }

  private struct Told {
    var since: ContinuousClock.Instant
    var untold = 0
  }

  private var told: [Kind: Told] = [:]

  /// Something was refused.
  /// - Returns: how many times it was refused before without an entry, when this one is to be put down; else nil.
  mutating func refused(
    _ action: String, outcome: String, to caller: Caller, at now: ContinuousClock.Instant
  ) -> Int? {
    let kind = Kind(identity: caller.identity, action: action, outcome: outcome)
    if let told = self.told[kind], told.since + Self.window > now {
      self.told[kind]?.untold += 1
      return nil
    }
    let untold = self.told[kind]?.untold ?? 0
    if self.told.count >= Self.most { self.told = [:] }
    self.told[kind] = Told(since: now)
    return untold
  }
}
