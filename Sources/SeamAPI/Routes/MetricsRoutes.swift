import OpenMetrics
import SyncEngine

extension Route {
  /// What is measured.
  static let metrics: [Route] = [
    Route(text: "/metrics", .read, needs: .read) { call in
      let families = await call.engine.metrics() + call.surroundings.metrics() + call.tally.metrics
      return PlainText(contentType: OpenMetricsText.contentType, text: OpenMetricsText.text(of: families))
    }
  ]
}

/// The body of a reply that is no JSON.
struct PlainText: Sendable {
  /// Its media type.
  var contentType: String
  /// The body.
  var text: String
}
