internal import OpenMetrics
internal import Synchronization

/// Requests since the daemon was started, counted by route; a path that is none counts as one route. Safe from any
/// task.
final class RequestTally: Sendable {
  /// From a reading to the longest wait for a lock, in seconds.
  private static let bounds: [Double] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30]

  private struct Key: Hashable {
    var route: String
    var status: Int
  }
  private struct State {
    var counts: [Key: Int] = [:]
    var durations: [String: Histogram] = [:]
  }
  private let state = Mutex(State())

  /// A request was answered.
  /// - Parameters:
  ///   - route: its path; nil for a path that is none.
  ///   - status: HTTP status.
  ///   - duration: from its head to the head of the answer.
  func answered(_ route: String?, status: Int, after duration: Duration) {
    let route = route ?? "none"
    self.state.withLock { state in
      state.counts[Key(route: route, status: status), default: 0] += 1
      state.durations[route, default: Histogram(bounds: Self.bounds)].add(duration)
    }
  }

  /// The counts, for whoever scrapes.
  var metrics: [MetricFamily] {
    let state = self.state.withLock { $0 }
    var requests = MetricFamily("bitting_http_requests", .counter, "Requests answered, by route and status.")
    for (key, count) in state.counts.sorted(by: { ($0.key.route, $0.key.status) < ($1.key.route, $1.key.status) }) {
      requests.add(count, labels: ["route": key.route, "status": "\(key.status)"])
    }
    var durations = MetricFamily(
      "bitting_http_request_duration", .histogram, unit: "seconds", "Time to answer a request, by route.")
    for (route, histogram) in state.durations.sorted(by: { $0.key < $1.key }) {
      durations.add(histogram, labels: ["route": route])
    }
    var refused = MetricFamily("bitting_api_key_failures", .counter, "Requests without a key that is known.")
    refused.add(state.counts.filter { $0.key.status == 401 }.values.reduce(0, +))
    return [requests, durations, refused]
  }
}
