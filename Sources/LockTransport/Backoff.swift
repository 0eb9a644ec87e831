/// How long to wait before a link is opened anew: 1 s, 2 s, 4 s … 60 s, for ever. A value; knows no clock.
public struct Backoff: Hashable, Sendable {
  /// The first delay.
  public static let shortest = Duration.seconds(1)
  /// No delay is longer.
  public static let longest = Duration.seconds(60)
  /// A link that lived this long was a good one: the next delay is the first again.
  public static let goodLife = Duration.seconds(10)

  private var step = Self.shortest

  /// Begins with the first delay.
  public init() {}

  /// The next delay; the one after is twice as long.
  /// - Parameter jitter: 0 to 1, by chance: shortens the delay by up to a quarter of it, so that links that were
  ///   lost together are not opened together for ever.
  public mutating func next(jitter: Double) -> Duration {
    let delay = self.step * (1 - (jitter > 0 ? min(jitter, 1) : 0) / 4)
    self.step = min(self.step * 2, Self.longest)
    return delay
  }

  /// A link is gone that was open for so long; after a good life the delays begin anew.
  public mutating func linkClosed(after life: Duration) {
    if life >= Self.goodLife { self.step = Self.shortest }
  }
}
