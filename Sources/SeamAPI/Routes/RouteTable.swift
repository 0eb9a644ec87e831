/// Every path of the API by its name.
struct RouteTable: Sendable {
  private let routes: [String: Route]

  /// The route of a path.
  subscript(path: String) -> Route? { self.routes[path] }

  /// The paths, in alphabetical order.
  var paths: [String] { self.routes.keys.sorted() }

  /// Collects the routes.
  init() {
    let routes =
      Route.site + Route.devices + Route.deviceSimulation + Route.locks + Route.accessCodes + Route.unmanagedAccessCodes
      + Route.unmanagedDevices + Route.deviceReports + Route.actionAttempts + Route.events + Route.webhooks + Route.keys
      + Route.audit + Route.operators + Route.backups + Route.metrics
    self.routes = Dictionary(routes.map { ($0.path, $0) }) { first, _ in first }
  }
}
