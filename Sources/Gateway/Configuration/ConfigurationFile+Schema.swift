extension ConfigurationFile {
  /// Every key there is.
  package static let schema = RootKeys.section

  /// The keys at the top.
  enum RootKeys {
    static let site = ConfigurationSectionKey(
      "site", SiteKeys.section, .required("add 'site:' with 'name:' and 'time_zone:'"), "what the site is called")
    static let log = ConfigurationSectionKey("log", LogKeys.section, .optional("as below"), "what is logged")
    static let api = ConfigurationSectionKey("api", APIKeys.section, .optional("as below"), "how programs ask")
    static let webhooks = ConfigurationSectionKey(
      "webhooks", WebhookKeys.section, .optional("as below"), "how events are sent")
    static let accessCodes = ConfigurationSectionKey(
      "access_codes", AccessCodeKeys.section, .optional("as below"), "access codes of the whole site")
    static let retention = ConfigurationSectionKey(
      "retention", RetentionKeys.section, .optional("as below"), "how long what is over is remembered")
    static let events = ConfigurationSectionKey(
      "events", EventKeys.section, .optional("nothing"), "an earlier place of what `retention` says")
    static let audit = ConfigurationSectionKey(
      "audit", AuditKeys.section, .optional("nothing"), "an earlier place of what `retention` says")
    static let bluetooth = ConfigurationSectionKey(
      "bluetooth", BluetoothKeys.section, .optional("as below"), "the radio")
    static let lines = ConfigurationSectionKey(
      listOf: LineKeys.section, "lines", .optional("none"), "the serial lines")
    static let doors = ConfigurationSectionKey(
      listOf: DoorKeys.section, "doors", .optional("none"), "the doors at the lines")
    static let section = ConfigurationSection(
      "The whole file.", [site, log, api, webhooks, accessCodes, retention, events, audit, bluetooth, lines, doors])
  }

  /// The keys of the site.
  enum SiteKeys {
    static let name = ConfigurationKey.text("name", .required("add the name of the site"), "name of the workspace")
      .example("Harbour Street 12")
    static let timeZone = ConfigurationKey.text(
      "time_zone", .timeZone, .required("add the site's IANA time zone, for example Europe/Berlin"),
      "the zone of the site, for example `Europe/Berlin`"
    ).example("Europe/Berlin")
    static let section = ConfigurationSection("What the site is called and where it lies.", [name, timeZone])
  }

  /// The keys about the log.
  enum LogKeys {
    static let level = ConfigurationKey.text(
      "level", .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]), .standard("notice"),
      "how much is logged: this and all that weighs more")
    static let section = ConfigurationSection("What the daemon logs. May be left out.", [level])
  }

  /// The keys about access codes.
  enum AccessCodeKeys {
    static let backupPoolSize = ConfigurationKey.integer(
      "backup_pool_size", in: 1...10, .standard("3"),
      "how many codes are kept ready on a lock whose backup pool is on; see [access-codes.md](access-codes.md)")
    static let section = ConfigurationSection("May be left out.", [backupPoolSize])
  }
}
