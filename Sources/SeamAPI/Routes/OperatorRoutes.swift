import LockCore
import SyncEngine

extension Route {
  /// What operators ask: how the site does, why a code is in its state, and what would open without the gateway.
  static let operators: [Route] = [
    Route("/bitting/status", .read, needs: .read) { call in
      ["status": await call.engine.status().json(version: call.version)]
    },
    Route("/bitting/access_codes/explain", .read, needs: .read, Schema([.required("access_code_id", .id)])) { call in
      let id = try call.input.required("access_code_id", Input.accessCode)
      let explanation = try await call.engine.explanation(of: id)
      return ["explanation": explanation.json(workspace: await call.engine.workspace().id)]
    },
    Route("/bitting/exposure", .read, needs: .read, Schema([.optional("device_id", .id)])) { call in
      let exposures = try await call.engine.exposures(device: call.input.lock())
      return ["exposures": .array(exposures.map(\.json))]
    },
  ]
}
