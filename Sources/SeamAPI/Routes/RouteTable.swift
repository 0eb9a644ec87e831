/// Every path of the API by its name.
struct RouteTable: Sendable {
  private let routes: [String: Route]

  /// The route of a path.
  subscript(path: String) -> Route? { self.routes[path] }

  /// Collects the routes.
  init() {
    let offered =
      Route.site + Route.devices + Route.deviceSimulation + Route.locks + Route.accessCodes + Route.unmanagedAccessCodes
      + Route.unmanagedDevices + Route.deviceReports + Route.actionAttempts + Route.events + Route.webhooks
    self.routes = Dictionary((offered + Self.later).map { ($0.path, $0) }) { first, _ in first }
  }

  /// Paths that client libraries know and this gateway does not offer yet.
  private static let later: [Route] = []
}
