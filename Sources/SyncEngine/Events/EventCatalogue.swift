/// The names of events: what clients may ask for and subscribe to.
public enum EventCatalogue {
  /// Types that the API has and no gateway ever tells of: those of things that are not at a door, of makers that are
  /// not served, and deprecated or unreleased ones. Asking for them and subscribing to them is no mistake; nothing
  /// comes of it.
  static let neverTold: [String] = [
    "access_code.issued", "access_code.delay_in_issuing", "access_code.failed_to_issue",
    "access_code.failed_to_update", "access_code.failed_to_expire", "access_code.delay_in_removing_from_device",
    "access_grant.created", "access_grant.deleted", "access_grant.access_granted_to_all_doors",
    "access_grant.access_granted_to_door", "access_grant.access_to_door_lost", "access_grant.access_times_changed",
    "access_grant.could_not_create_requested_access_methods", "access_method.issued", "access_method.revoked",
    "access_method.card_encoding_required", "access_method.deleted", "access_method.reissued",
    "access_method.created", "access_method.delay_in_issuing", "access_method.failed_to_issue",
    "acs_system.connected", "acs_system.added", "acs_system.disconnected", "acs_credential.deleted",
    "acs_credential.issued", "acs_credential.reissued", "acs_credential.invalidated", "acs_user.created",
    "acs_user.deleted", "acs_encoder.added", "acs_encoder.removed", "acs_access_group.deleted", "acs_entrance.added",
    "acs_entrance.removed", "client_session.deleted", "connected_account.created",
    "connected_account.successful_login", "connected_account.completed_first_sync", "connected_account.deleted",
    "connected_account.completed_first_sync_after_reconnection", "connected_account.reauthorization_requested",
    "connect_webview.login_succeeded", "connect_webview.login_failed", "device.third_party_integration_detected",
    "device.third_party_integration_no_longer_detected", "device.salto.privacy_mode_activated",
    "device.salto.privacy_mode_deactivated", "noise_sensor.noise_threshold_triggered",
    "thermostat.climate_preset_activated", "thermostat.manually_adjusted",
    "thermostat.temperature_threshold_exceeded", "thermostat.temperature_threshold_no_longer_exceeded",
    "thermostat.temperature_reached_set_point", "thermostat.temperature_changed", "camera.activated",
    "device.deleted", "device.doorbell_rang", "enrollment_automation.deleted", "phone.deactivated",
    "space.device_membership_changed",
    "space.created", "space.deleted",
  ]

  /// Every name that the API knows as a type of event, in the order of the catalogue.
  public static let knownNames: [String] = EventType.allCases.map(\.rawValue) + Self.neverTold
}
