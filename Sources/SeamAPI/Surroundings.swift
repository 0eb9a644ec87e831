public import OpenMetrics
public import SyncEngine

/// What is asked of the daemon outside of engine and API: its process, its disk, its certificate.
public struct Surroundings: Sendable {
  /// What is measured there, for `/metrics`.
  public var metrics: @Sendable () async -> [MetricFamily]
  /// How it does, for `/health`.
  public var health: @Sendable () async -> [ServiceHealth]

  /// Nothing but what is given.
  /// - Parameters:
  ///   - metrics: gives what is measured.
  ///   - health: gives how it does.
  public init(
    metrics: @escaping @Sendable () async -> [MetricFamily] = { [] },
    health: @escaping @Sendable () async -> [ServiceHealth] = { [] }
  ) {
    (self.metrics, self.health) = (metrics, health)
  }
}
