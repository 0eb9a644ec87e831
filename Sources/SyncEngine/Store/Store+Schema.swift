internal import Foundation
internal import GRDB
internal import Sealing

extension Store {
  /// The schema, one step a version; a step that has shipped is never edited.
  /// - Parameter key: what the step that first sealed secrets wraps the store's own key with.
  static func migrator(_ key: SealKey) -> DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { database in
      try database.execute(
        sql: """
          CREATE TABLE site (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

          CREATE TABLE api_key (hash TEXT PRIMARY KEY, created_at INTEGER NOT NULL) STRICT;

          CREATE TABLE account (
            id TEXT PRIMARY KEY,
            key TEXT NOT NULL UNIQUE,            -- name in the configuration
            created_at INTEGER NOT NULL
          ) STRICT;

          CREATE TABLE lock (
            id TEXT PRIMARY KEY,
            key TEXT NOT NULL UNIQUE,            -- name in the configuration
            nickname TEXT,
            custom_metadata TEXT NOT NULL DEFAULT '{}',
            created_at INTEGER NOT NULL,
            ledger_order INTEGER NOT NULL DEFAULT 0,
            is_inventoried INTEGER NOT NULL DEFAULT 0,
            known_changes INTEGER,
            log_cursor INTEGER
          ) STRICT;

          CREATE TABLE access_code (
            id TEXT PRIMARY KEY,
            lock_id TEXT NOT NULL REFERENCES lock (id),
            name TEXT,
            pin TEXT NOT NULL,
            starts_at INTEGER,
            ends_at INTEGER,
            revision INTEGER NOT NULL,
            prefers_native_scheduling INTEGER NOT NULL,
            allows_external_modification INTEGER NOT NULL,
            is_deleting INTEGER NOT NULL,
            common_code_key TEXT,
            created_at INTEGER NOT NULL,
            requested_at INTEGER NOT NULL,
            announced TEXT NOT NULL,             -- JSON
            attempt TEXT                         -- JSON
          ) STRICT;
          CREATE INDEX access_code_by_lock ON access_code (lock_id);

          CREATE TABLE slot (
            lock_id TEXT NOT NULL REFERENCES lock (id),
            number INTEGER NOT NULL,
            holder TEXT,
            held_since INTEGER,
            written TEXT,                        -- JSON
            observed TEXT,                       -- JSON
            PRIMARY KEY (lock_id, number)
          ) STRICT;

          CREATE TABLE stranger (
            id TEXT PRIMARY KEY,
            lock_id TEXT NOT NULL REFERENCES lock (id),
            slot INTEGER NOT NULL,
            pin TEXT,
            name TEXT,
            starts_at INTEGER,
            ends_at INTEGER,
            found_at INTEGER NOT NULL
          ) STRICT;

          -- Who held a slot when: a log record read later is still credited to the right code.
          CREATE TABLE tenancy (
            lock_id TEXT NOT NULL REFERENCES lock (id),
            slot INTEGER NOT NULL,
            access_code_id TEXT NOT NULL,
            began_at INTEGER NOT NULL,
            ended_at INTEGER
          ) STRICT;
          CREATE INDEX tenancy_by_slot ON tenancy (lock_id, slot, began_at);

          CREATE TABLE action_attempt (
            id TEXT PRIMARY KEY,
            kind TEXT NOT NULL,
            lock_id TEXT NOT NULL REFERENCES lock (id),
            access_code_id TEXT,
            created_at INTEGER NOT NULL,
            status TEXT NOT NULL,                -- pending, success, error
            result TEXT,                         -- JSON
            error_type TEXT,
            error_message TEXT
          ) STRICT;
          CREATE INDEX action_attempt_by_lock ON action_attempt (lock_id, created_at);

          CREATE TABLE event (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            type TEXT NOT NULL,
            lock_id TEXT,
            account_id TEXT,
            access_code_id TEXT,
            created_at INTEGER NOT NULL,
            payload TEXT NOT NULL                -- JSON, as the API shows it
          ) STRICT;
          CREATE INDEX event_by_time ON event (created_at, sequence);

          -- Keys that the gateway chose for devices on a line, kept before a device hears them.
          CREATE TABLE device_key (
            device TEXT PRIMARY KEY,
            key BLOB NOT NULL,
            is_installed INTEGER NOT NULL,
            created_at INTEGER NOT NULL
          ) STRICT;
          """)
    }
    migrator.registerMigration("2") { database in
      try database.execute(
        sql: """
          ALTER TABLE lock ADD COLUMN told TEXT NOT NULL DEFAULT '{"isTampered":false,"remoteActs":[]}';  -- JSON
          CREATE INDEX action_attempt_by_time ON action_attempt (created_at);
          CREATE INDEX event_by_code ON event (access_code_id, created_at);
          """)
    }
    migrator.registerMigration("3") { database in
      try database.execute(
        sql: """
          -- What the driver of a lock asked to be kept; only the driver reads it.
          CREATE TABLE driver_memory (
            lock_id TEXT PRIMARY KEY REFERENCES lock (id),
            bytes BLOB NOT NULL
          ) STRICT;

          -- Bluetooth bonds: what an adapter and a peer agreed on; only the radio reads it.
          CREATE TABLE bond (
            adapter TEXT NOT NULL,
            peer TEXT NOT NULL,
            bytes BLOB NOT NULL,
            PRIMARY KEY (adapter, peer)
          ) STRICT;
          """)
    }
    migrator.registerMigration("4") { database in
      try database.execute(
        sql: """
          -- The log record that was journalled last.
          ALTER TABLE lock ADD COLUMN journalled_index INTEGER;
          ALTER TABLE lock ADD COLUMN journalled_at INTEGER;
          """)
    }
    migrator.registerMigration("5") { database in
      try database.execute(
        sql: """
          ALTER TABLE lock ADD COLUMN backup_pool TEXT NOT NULL DEFAULT '{"isEnabled":false}';  -- JSON
          ALTER TABLE access_code ADD COLUMN is_backup INTEGER NOT NULL DEFAULT 0;
          -- Of a backup: the code in whose place it was pulled. Of that code: the backup.
          ALTER TABLE access_code ADD COLUMN pulled_for TEXT;
          ALTER TABLE access_code ADD COLUMN pulled_backup TEXT;
          CREATE INDEX access_code_by_key ON access_code (common_code_key) WHERE common_code_key IS NOT NULL;

          -- PINs that are in use no more: none of them is drawn again too soon.
          CREATE TABLE retired_pin (
            pin TEXT PRIMARY KEY,
            retired_at INTEGER NOT NULL
          ) STRICT;

          -- What requests that a client may repeat were answered with: by the hash of the request, ids as JSON.
          CREATE TABLE reply (
            request TEXT PRIMARY KEY,
            access_code_ids TEXT NOT NULL,
            created_at INTEGER NOT NULL
          ) STRICT;
          """)
    }
    migrator.registerMigration("6") { database in
      try database.execute(
        sql: """
          -- What offline codes follow from; generation counts the keys of a door.
          CREATE TABLE offline_key (
            lock_id TEXT PRIMARY KEY REFERENCES lock (id),
            generation INTEGER NOT NULL,
            key BLOB NOT NULL,
            created_at INTEGER NOT NULL
          ) STRICT;

          -- Offline codes given out; start hour and slot as docs/offline-codes.md has them.
          CREATE TABLE offline_code (
            id TEXT PRIMARY KEY,
            lock_id TEXT NOT NULL REFERENCES lock (id),
            name TEXT,
            pin TEXT NOT NULL,
            start_hour INTEGER NOT NULL,
            slot INTEGER NOT NULL,
            generation INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            used_at INTEGER,
            told_set INTEGER NOT NULL,
            told_over INTEGER NOT NULL
          ) STRICT;
          CREATE INDEX offline_code_by_lock ON offline_code (lock_id);
          """)
    }
    migrator.registerMigration("7") { database in
      try database.execute(
        sql: """
          CREATE TABLE webhook (
            id TEXT PRIMARY KEY,
            url TEXT NOT NULL,
            event_types TEXT NOT NULL,           -- JSON
            secret BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            position INTEGER NOT NULL            -- sequence of the last event that is done with
          ) STRICT;

          -- Events that a webhook did not take yet: the one after its position, and those that were set aside.
          CREATE TABLE webhook_trial (
            webhook_id TEXT NOT NULL REFERENCES webhook (id),
            sequence INTEGER NOT NULL,
            failures INTEGER NOT NULL,
            failed_at INTEGER NOT NULL,
            PRIMARY KEY (webhook_id, sequence)
          ) STRICT;
          """)
    }
    migrator.registerMigration("8") { database in
      // Locks that an earlier version knew are nothing new to the world.
      try database.execute(sql: "UPDATE lock SET told = json_set(told, '$.isListed', json('true'))")
    }
    migrator.registerMigration("9") { database in
      try database.execute(
        sql: """
          -- 0 while nothing is done on the lock.
          ALTER TABLE lock ADD COLUMN is_managed INTEGER NOT NULL DEFAULT 1;
          -- The removal of a code of others that was asked for; JSON.
          ALTER TABLE stranger ADD COLUMN removal TEXT;
          -- 1 once the lock has refused for good to remove it.
          ALTER TABLE stranger ADD COLUMN is_irremovable INTEGER NOT NULL DEFAULT 0;
          """)
    }
    migrator.registerMigration("10") { database in
      try database.execute(
        sql: """
          -- What clients reported of a lock that cannot tell it: JSON array of digit counts.
          ALTER TABLE lock ADD COLUMN reported_code_lengths TEXT;
          """)
    }
    migrator.registerMigration("11") { database in
      // Keys of earlier versions could do everything.
      let known = try Row.fetchAll(database, sql: "SELECT hash, created_at FROM api_key ORDER BY created_at, hash")
      try database.execute(
        sql: """
          DROP TABLE api_key;
          CREATE TABLE api_key (
            id TEXT PRIMARY KEY,
            hash TEXT NOT NULL UNIQUE,           -- SHA-256 in hexadecimal
            name TEXT NOT NULL,
            scopes TEXT NOT NULL,                -- names with spaces between
            prefix TEXT,
            created_at INTEGER NOT NULL,
            last_used_at INTEGER,
            last_used_from TEXT,
            revoked_at INTEGER
          ) STRICT;
          """)
      for (index, row) in known.enumerated() {
        try database.execute(
          sql: "INSERT INTO api_key (id, hash, name, scopes, created_at) VALUES (?, ?, ?, ?, ?)",
          arguments: [
            UUID().uuidString.lowercased(), row["hash"] as String, index == 0 ? "first key" : "key \(index + 1)",
            Scopes.all.names.joined(separator: " "), row["created_at"] as Int64,
          ])
      }
    }
    migrator.registerMigration("12") { database in
      try database.execute(
        sql: """
          -- Who did what: a chain; see AuditRecord. Old entries go, their numbers never come again.
          CREATE TABLE audit (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            created_at INTEGER NOT NULL,
            entry TEXT NOT NULL,                 -- JSON as it is hashed
            hash TEXT NOT NULL                   -- SHA-256 in hexadecimal
          ) STRICT;
          """)
    }
    migrator.registerMigration("13") { try Self.sealPlainColumns(in: $0, under: key) }
    migrator.registerMigration("14") { database in
      try database.execute(
        sql: """
          -- Who answers at an address of a line (`line/address`), as it was when it first proved itself.
          CREATE TABLE wire_identity (
            device TEXT PRIMARY KEY,
            maker INTEGER,
            serial INTEGER NOT NULL,
            pinned_at INTEGER NOT NULL
          ) STRICT;
          """)
    }
    return migrator
  }
}
