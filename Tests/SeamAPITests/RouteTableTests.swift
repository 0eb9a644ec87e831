import HTTPTypes
import Testing

@testable import SeamAPI

@Suite struct `The table of routes` {
  @Test(arguments: [
    ("/access_codes/create", ["POST"], true),
    ("/access_codes/create_multiple", ["POST", "PUT"], true),
    ("/access_codes/get", ["GET", "POST"], true),
    ("/access_codes/list", ["GET", "POST"], true),
    ("/access_codes/update", ["PATCH", "POST", "PUT"], true),
    ("/access_codes/update_multiple", ["PATCH", "POST", "PUT"], true),
    ("/access_codes/delete", ["DELETE", "POST"], true),
    ("/access_codes/generate_code", ["GET", "POST"], true),
    ("/access_codes/pull_backup_access_code", ["POST"], true),
    ("/access_codes/report_device_constraints", ["POST"], true),
    ("/access_codes/unmanaged/list", ["GET", "POST"], true),
    ("/access_codes/unmanaged/get", ["GET", "POST"], true),
    ("/access_codes/unmanaged/convert_to_managed", ["PATCH", "POST", "PUT"], true),
    ("/access_codes/unmanaged/update", ["PATCH", "POST", "PUT"], true),
    ("/access_codes/unmanaged/delete", ["DELETE", "POST"], true),
    ("/access_codes/simulate/create_unmanaged_access_code", ["POST"], true),
    ("/devices/list", ["GET", "POST"], true),
    ("/devices/get", ["GET", "POST"], true),
    ("/devices/update", ["PATCH", "POST", "PUT"], true),
    ("/devices/delete", ["DELETE", "POST"], true),
    ("/devices/list_device_providers", ["GET", "POST"], true),
    ("/devices/report_provider_metadata", ["POST"], true),
    ("/devices/unmanaged/list", ["GET", "POST"], true),
    ("/devices/unmanaged/get", ["GET", "POST"], true),
    ("/devices/unmanaged/update", ["PATCH", "POST", "PUT"], true),
    ("/devices/simulate/connect", ["POST"], true),
    ("/devices/simulate/disconnect", ["POST"], true),
    ("/devices/simulate/remove", ["POST"], true),
    ("/devices/simulate/connect_to_hub", ["POST"], true),
    ("/devices/simulate/disconnect_from_hub", ["POST"], true),
    ("/devices/simulate/paid_subscription", ["POST"], true),
    ("/locks/list", ["GET", "POST"], true),
    ("/locks/get", ["GET", "POST"], true),
    ("/locks/lock_door", ["POST"], true),
    ("/locks/unlock_door", ["POST"], true),
    ("/locks/configure_auto_lock", ["POST"], true),
    ("/locks/simulate/keypad_code_entry", ["POST"], true),
    ("/locks/simulate/manual_lock_via_keypad", ["POST"], true),
    ("/action_attempts/get", ["GET", "POST"], true),
    ("/action_attempts/list", ["GET", "POST"], true),
    ("/events/get", ["GET", "POST"], true),
    ("/events/list", ["GET", "POST"], true),
    ("/webhooks/create", ["POST"], true),
    ("/webhooks/get", ["GET", "POST"], true),
    ("/webhooks/list", ["GET", "POST"], true),
    ("/webhooks/update", ["PATCH", "POST", "PUT"], true),
    ("/webhooks/delete", ["DELETE", "POST"], true),
    ("/workspaces/get", ["GET", "POST"], true),
    ("/workspaces/list", ["GET", "POST"], true),
    ("/connected_accounts/get", ["GET", "POST"], true),
    ("/connected_accounts/list", ["GET", "POST"], true),
    ("/health", ["GET", "POST"], true),
    ("/health/get_health", ["GET", "POST"], true),
  ])
  func `every path takes the verbs of all library generations`(
    path: String, methods: [String], isOffered: Bool
  ) throws {
    let route = try #require(RouteTable()[path])
    #expect(route.kind.methods.map(\.rawValue).sorted() == methods)
    #expect((route.handle != nil) == isOffered)
    #expect(route.needsKey == !path.hasPrefix("/health"))
  }

  @Test func `other paths are unknown`() {
    for path in ["/", "", "/devices", "/devices/list/", "/Devices/list"] { #expect(RouteTable()[path] == nil) }
  }
}
