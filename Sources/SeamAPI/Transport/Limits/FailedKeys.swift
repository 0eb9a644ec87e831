/// How many wrong API keys came from where, as a value.
///
/// After ``mostInWindow`` wrong keys within a minute from one address, each further wrong key gets 429 in place of 401
/// until the minute is over. A right key works all the while and at once: behind one address may be a whole house, and
/// a guest must not be able to lock its panel out. What keeps a guesser out is the key itself (140 bits), not this
/// limit; it tells a client with an old key to stop, and the operator that somebody tries.
///
/// An IPv6 address counts as its /64, which is one customer. There is room for ``mostSources``; further ones share one.
struct FailedKeys {
  /// So many wrong keys within ``window`` are answered like one.
  static let mostInWindow = 20
  /// From the first wrong key on.
  static let window = Duration.seconds(60)
  /// So many addresses are told apart.
  static let mostSources = 1024
  /// A burst from one source is told once in this time, and at most ``mostTold`` bursts of all together.
  static let tellingWindow = Duration.seconds(3600)
  /// See ``tellingWindow``.
  static let mostTold = 20

  /// What follows from a wrong key.
  struct Verdict: Equatable {
    /// How long the client is told to wait; nil while it has not failed too often.
    var retryAfter: Duration?
    /// Wrong keys from there that nothing was told of yet, when that is to be told now.
    var told: Int?
    /// The address, or the network, that they are counted for.
    var source: String
  }

  private struct Tally {
    var since: ContinuousClock.Instant
    var count = 0
    var untold = 0
    var toldAt: ContinuousClock.Instant?
  }

  private var tallies: [String: Tally] = [:]
  private var nextSweep: ContinuousClock.Instant?
  private var tellingSince: ContinuousClock.Instant?
  private var toldCount = 0

  /// How many addresses are remembered.
  var count: Int { self.tallies.count }

  /// A wrong key came.
  /// - Parameter address: IPv4 or IPv6 address of the client; nil for none.
  mutating func failed(from address: String?, at now: ContinuousClock.Instant) -> Verdict {
    self.sweep(at: now)
    let own = Self.source(of: address)
    let source = self.tallies[own] == nil && self.tallies.count >= Self.mostSources ? "others" : own
    var tally = self.tallies[source] ?? Tally(since: now)
    if tally.since + Self.window <= now { (tally.since, tally.count) = (now, 0) }
    tally.count += 1
    tally.untold += 1
    var verdict = Verdict(source: source)
    if tally.count > Self.mostInWindow { verdict.retryAfter = now.duration(to: tally.since + Self.window) }
    if tally.count >= Self.mostInWindow, tally.toldAt.map({ $0 + Self.tellingWindow <= now }) ?? true,
      self.mayTell(at: now)
    {
      verdict.told = tally.untold
      (tally.untold, tally.toldAt) = (0, now)
    }
    self.tallies[source] = tally
    return verdict
  }

  private mutating func mayTell(at now: ContinuousClock.Instant) -> Bool {
    if self.tellingSince.map({ $0 + Self.tellingWindow <= now }) ?? true {
      (self.tellingSince, self.toldCount) = (now, 0)
    }
    self.toldCount += 1
    return self.toldCount <= Self.mostTold
  }

  /// Forgets what is long past, once a minute.
  private mutating func sweep(at now: ContinuousClock.Instant) {
    guard self.nextSweep.map({ $0 <= now }) ?? true else { return }
    self.nextSweep = now + Self.window
    self.tallies = self.tallies.filter { _, tally in
      tally.since + Self.window > now || tally.toldAt.map { $0 + Self.tellingWindow > now } ?? false
    }
  }

  /// What an address is counted as: IPv4 as it is, IPv6 as its /64.
  static func source(of address: String?) -> String {
    guard let address else { return "unknown" }
    guard address.contains(":") else { return address }
    let plain = address.prefix { $0 != "%" }
    if plain.lowercased().hasPrefix("::ffff:"), plain.contains(".") { return String(plain.dropFirst(7)) }
    let halves = plain.split(separator: ":", omittingEmptySubsequences: false)
    let gap = halves.firstIndex { $0.isEmpty } ?? halves.count
    // What is left out between two colons is zeros.
    var groups = halves[..<gap].map { $0.lowercased() }
    let tail = halves[gap...].filter { !$0.isEmpty }.map { $0.lowercased() }
    if gap < halves.count { groups += Array(repeating: "0", count: max(0, 8 - groups.count - tail.count)) }
    groups += tail
    return groups.prefix(4).joined(separator: ":") + "::/64"
  }
}
