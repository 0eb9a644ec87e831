import LockCore
import SyncEngine

extension Route {
  /// Playing with the connection of a simulated device. Each returns once the gateway has noticed.
  static let deviceSimulation: [Route] = [
    Self.simulation("connect", .connect), Self.simulation("disconnect", .disconnect),
    Self.simulation("connect_to_hub", .connectToHub), Self.simulation("disconnect_from_hub", .disconnectFromHub),
    Self.simulation("remove", .remove),
    Route(
      "/devices/simulate/paid_subscription", .act, needs: .write,
      Schema([.required("device_id", .id), .required("is_expired", .flag)])
    ) { call in
      let isExpired = try call.input.required("is_expired", Input.flag)
      try await call.engine.simulate(.subscription(isExpired: isExpired), at: try call.input.requiredLock())
      return [:]
    },
  ]

  private static func simulation(_ name: String, _ change: LockSimulation.ConnectionChange) -> Route {
    Route("/devices/simulate/\(name)", .act, needs: .write, Schema([.required("device_id", .id)])) { call in
      try await call.engine.simulate(change, at: try call.input.requiredLock())
      return [:]
    }
  }
}
