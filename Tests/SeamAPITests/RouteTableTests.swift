import HTTPTypes
import SyncEngine
import Testing

@testable import SeamAPI

@Suite struct `The table of routes` {
  @Test(arguments: [
    ("/access_codes/create", ["POST"]),
    ("/access_codes/create_multiple", ["POST", "PUT"]),
    ("/access_codes/get", ["GET", "POST"]),
    ("/access_codes/list", ["GET", "POST"]),
    ("/access_codes/update", ["PATCH", "POST", "PUT"]),
    ("/access_codes/update_multiple", ["PATCH", "POST", "PUT"]),
    ("/access_codes/delete", ["DELETE", "POST"]),
    ("/access_codes/generate_code", ["GET", "POST"]),
    ("/access_codes/pull_backup_access_code", ["POST"]),
    ("/access_codes/report_device_constraints", ["POST"]),
    ("/access_codes/unmanaged/list", ["GET", "POST"]),
    ("/access_codes/unmanaged/get", ["GET", "POST"]),
    ("/access_codes/unmanaged/convert_to_managed", ["PATCH", "POST", "PUT"]),
    ("/access_codes/unmanaged/update", ["PATCH", "POST", "PUT"]),
    ("/access_codes/unmanaged/delete", ["DELETE", "POST"]),
    ("/access_codes/simulate/create_unmanaged_access_code", ["POST"]),
    ("/devices/list", ["GET", "POST"]),
    ("/devices/get", ["GET", "POST"]),
    ("/devices/update", ["PATCH", "POST", "PUT"]),
    ("/devices/delete", ["DELETE", "POST"]),
    ("/devices/list_device_providers", ["GET", "POST"]),
    ("/devices/report_provider_metadata", ["POST"]),
    ("/devices/unmanaged/list", ["GET", "POST"]),
    ("/devices/unmanaged/get", ["GET", "POST"]),
    ("/devices/unmanaged/update", ["PATCH", "POST", "PUT"]),
    ("/devices/simulate/connect", ["POST"]),
    ("/devices/simulate/disconnect", ["POST"]),
    ("/devices/simulate/remove", ["POST"]),
    ("/devices/simulate/connect_to_hub", ["POST"]),
    ("/devices/simulate/disconnect_from_hub", ["POST"]),
    ("/devices/simulate/paid_subscription", ["POST"]),
    ("/locks/list", ["GET", "POST"]),
    ("/locks/get", ["GET", "POST"]),
    ("/locks/lock_door", ["POST"]),
    ("/locks/unlock_door", ["POST"]),
    ("/locks/configure_auto_lock", ["POST"]),
    ("/locks/simulate/keypad_code_entry", ["POST"]),
    ("/locks/simulate/manual_lock_via_keypad", ["POST"]),
    ("/action_attempts/get", ["GET", "POST"]),
    ("/action_attempts/list", ["GET", "POST"]),
    ("/events/get", ["GET", "POST"]),
    ("/events/list", ["GET", "POST"]),
    ("/webhooks/create", ["POST"]),
    ("/webhooks/get", ["GET", "POST"]),
    ("/webhooks/list", ["GET", "POST"]),
    ("/webhooks/update", ["PATCH", "POST", "PUT"]),
    ("/webhooks/delete", ["DELETE", "POST"]),
    ("/workspaces/get", ["GET", "POST"]),
    ("/workspaces/list", ["GET", "POST"]),
    ("/connected_accounts/get", ["GET", "POST"]),
    ("/connected_accounts/list", ["GET", "POST"]),
    ("/health", ["GET", "POST"]),
    ("/health/get_health", ["GET", "POST"]),
  ])
  func `every path takes the verbs of all library generations`(
    path: String, methods: [String]
  ) throws {
    let route = try #require(RouteTable()[path])
    #expect(route.kind.methods.map(\.rawValue).sorted() == methods)
    #expect(route.needs.isEmpty == path.hasPrefix("/health"))
  }

  @Test func `every route says which scopes it needs: who may only read changes nothing, keys are for administrators`()
    throws
  {
    let table = RouteTable()
    for path in table.paths {
      let route = try #require(table[path])
      switch route.kind {
      case .read: #expect(path.hasPrefix("/health") || route.needs.contains(.read), "\(path)")
      case .update, .delete, .replace, .act: #expect(!route.needs.subtracting(.read).isEmpty, "\(path)")
      }
      if path.hasPrefix("/bitting/keys/") || path.hasPrefix("/bitting/audit/") { #expect(route.needs == .admin) }
    }
  }

  @Test func `other paths are unknown`() {
    for path in ["/", "", "/devices", "/devices/list/", "/Devices/list"] { #expect(RouteTable()[path] == nil) }
  }
}
