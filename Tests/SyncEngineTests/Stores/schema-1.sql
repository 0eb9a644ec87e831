BEGIN TRANSACTION;
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
INSERT INTO "access_code" VALUES('41b80715-120a-46d1-8bb1-55db26163cec','a40399d5-fb43-4e9c-94a7-f72b8b56ce8a','Jane','58291746',NULL,NULL,1,1,0,0,NULL,1795641107356,1795641107356,'{"confirmed":{"name":"Jane","pin":"58291746"},"isLate":false,"isOnLock":true,"isScheduled":false,"isSet":true}',NULL);
INSERT INTO "access_code" VALUES('ff469114-0d9b-452d-bfa3-0eb1031e7ce8','a40399d5-fb43-4e9c-94a7-f72b8b56ce8a',NULL,'61837294',NULL,NULL,2,1,0,0,NULL,1795641107388,1795641107603,'{"confirmed":{"pin":"61837294"},"isLate":false,"isOnLock":true,"isScheduled":false,"isSet":true}',NULL);
INSERT INTO "access_code" VALUES('43b17bfe-a0ba-41b7-af5e-348ea5772a69','a40399d5-fb43-4e9c-94a7-f72b8b56ce8a',NULL,'27385916',6942628800000,6942715200000,1,1,0,0,NULL,1795641107466,1795641107466,'{"isLate":false,"isOnLock":false,"isScheduled":false,"isSet":false}',NULL);
INSERT INTO "access_code" VALUES('81c4d4d7-7b0b-4fc6-b6e1-d144d59dca3c','0e21d672-4f31-4a0a-b701-4c6a0b1cc372',NULL,'70426815',NULL,NULL,1,1,0,0,NULL,1795641107486,1795641107486,'{"confirmed":{"pin":"70426815"},"isLate":false,"isOnLock":true,"isScheduled":false,"isSet":true}',NULL);
INSERT INTO "access_code" VALUES('6000573d-9962-4ba3-8469-2028e5e94c53','0859030d-54b2-49e6-802e-b24dcf263739',NULL,'468913',NULL,NULL,1,1,0,0,NULL,1795641107500,1795641107500,'{"confirmed":{"pin":"468913"},"isLate":false,"isOnLock":true,"isScheduled":false,"isSet":true}',NULL);
INSERT INTO "access_code" VALUES('a654d6fb-31e5-43ef-bb56-6dc944a68aef','ca81002f-124d-4604-a34c-06a91950056f',NULL,'868623',NULL,NULL,1,1,0,0,NULL,1795641107547,1795641107547,'{"confirmed":{"pin":"868623"},"isLate":false,"isOnLock":true,"isScheduled":false,"isSet":true}',NULL);
INSERT INTO "access_code" VALUES('4dd353fa-5eee-4683-b671-4a58c7ef0e30','ca81002f-124d-4604-a34c-06a91950056f','Backup 4dd353fa-5eee-4683-b671-4a58c7ef0e30 (Seam)','413073',NULL,NULL,1,1,0,0,NULL,1795641107587,1795641107587,'{"confirmed":{"name":"Backup 4dd353fa-5eee-4683-b671-4a58c7ef0e30 (Seam)","pin":"413073"},"isLate":false,"isOnLock":true,"isScheduled":false,"isSet":true}',NULL);
INSERT INTO "access_code" VALUES('c0be45b8-6a6a-4e88-814b-b45d4f28bc43','ca81002f-124d-4604-a34c-06a91950056f','Backup c0be45b8-6a6a-4e88-814b-b45d4f28bc43 (Seam)','305672',NULL,NULL,1,1,0,0,NULL,1795641107587,1795641107587,'{"confirmed":{"name":"Backup c0be45b8-6a6a-4e88-814b-b45d4f28bc43 (Seam)","pin":"305672"},"isLate":false,"isOnLock":true,"isScheduled":false,"isSet":true}',NULL);
INSERT INTO "access_code" VALUES('79fe3518-1103-465f-8529-9fbf4330786a','ca81002f-124d-4604-a34c-06a91950056f','Backup 79fe3518-1103-465f-8529-9fbf4330786a (Seam)','905833',NULL,NULL,1,1,0,0,NULL,1795641107587,1795641107587,'{"confirmed":{"name":"Backup 79fe3518-1103-465f-8529-9fbf4330786a (Seam)","pin":"905833"},"isLate":false,"isOnLock":true,"isScheduled":false,"isSet":true}',NULL);
CREATE TABLE account (
            id TEXT PRIMARY KEY,
            key TEXT NOT NULL UNIQUE,            -- name in the configuration
            created_at INTEGER NOT NULL
          ) STRICT;
INSERT INTO "account" VALUES('2d99369b-87ef-4029-b3e3-24e99d1496f6','Simulated radio',1795641106755);
INSERT INTO "account" VALUES('3b489295-703e-4c3f-91ec-796acda95f51','Simulated RS-485 line',1795641106755);
INSERT INTO "account" VALUES('0c5b5ba0-86bf-4edd-af4a-df984507b0aa','Simulated Bluetooth',1795641106755);
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
INSERT INTO "action_attempt" VALUES('3c6dbbf6-10a6-4d85-a534-298bb8faffb4','CREATE_ACCESS_CODE','a40399d5-fb43-4e9c-94a7-f72b8b56ce8a','41b80715-120a-46d1-8bb1-55db26163cec',1795641107356,'success','{"access_code":{"access_code_id":"41b80715-120a-46d1-8bb1-55db26163cec"}}',NULL,NULL);
INSERT INTO "action_attempt" VALUES('79884f10-2bf4-4cbb-98a2-61a822637658','CREATE_ACCESS_CODE','a40399d5-fb43-4e9c-94a7-f72b8b56ce8a','ff469114-0d9b-452d-bfa3-0eb1031e7ce8',1795641107388,'success','{"access_code":{"access_code_id":"ff469114-0d9b-452d-bfa3-0eb1031e7ce8"}}',NULL,NULL);
INSERT INTO "action_attempt" VALUES('86344be8-5fbf-458d-8dc9-5cbb5c3373f3','CREATE_ACCESS_CODE','a40399d5-fb43-4e9c-94a7-f72b8b56ce8a','9fbf07b4-ac72-46ac-b194-3bfa71305c26',1795641107414,'success','{"access_code":{"access_code_id":"9fbf07b4-ac72-46ac-b194-3bfa71305c26"}}',NULL,NULL);
INSERT INTO "action_attempt" VALUES('ff674419-8a3a-452f-a89f-3b74c21185ca','CREATE_ACCESS_CODE','a40399d5-fb43-4e9c-94a7-f72b8b56ce8a','43b17bfe-a0ba-41b7-af5e-348ea5772a69',1795641107466,'success','{"access_code":{"access_code_id":"43b17bfe-a0ba-41b7-af5e-348ea5772a69"}}',NULL,NULL);
INSERT INTO "action_attempt" VALUES('2d9176e4-cd0b-4ffe-85b9-73ff0d61b93f','CREATE_ACCESS_CODE','0e21d672-4f31-4a0a-b701-4c6a0b1cc372','81c4d4d7-7b0b-4fc6-b6e1-d144d59dca3c',1795641107486,'success','{"access_code":{"access_code_id":"81c4d4d7-7b0b-4fc6-b6e1-d144d59dca3c"}}',NULL,NULL);
INSERT INTO "action_attempt" VALUES('f3ae92f2-051a-4f02-a06f-a23647f737f6','CREATE_ACCESS_CODE','0859030d-54b2-49e6-802e-b24dcf263739','6000573d-9962-4ba3-8469-2028e5e94c53',1795641107500,'success','{"access_code":{"access_code_id":"6000573d-9962-4ba3-8469-2028e5e94c53"}}',NULL,NULL);
INSERT INTO "action_attempt" VALUES('5bb6649c-358a-46cf-9179-fdd7d39d9525','CREATE_ACCESS_CODE','ca81002f-124d-4604-a34c-06a91950056f','a654d6fb-31e5-43ef-bb56-6dc944a68aef',1795641107547,'success','{"access_code":{"access_code_id":"a654d6fb-31e5-43ef-bb56-6dc944a68aef"}}',NULL,NULL);
INSERT INTO "action_attempt" VALUES('3a899c21-93aa-4ace-92b9-0d08d73d337b','CREATE_ACCESS_CODE','a40399d5-fb43-4e9c-94a7-f72b8b56ce8a','fe819385-981e-4a87-b7f5-59396c283fbc',1795641107557,'success','{"access_code":{"access_code_id":"fe819385-981e-4a87-b7f5-59396c283fbc"}}',NULL,NULL);
INSERT INTO "action_attempt" VALUES('bb8b475c-f7f0-4337-a76b-99e18c6b771d','UPDATE_ACCESS_CODE','a40399d5-fb43-4e9c-94a7-f72b8b56ce8a','ff469114-0d9b-452d-bfa3-0eb1031e7ce8',1795641107603,'success','{"access_code":{"access_code_id":"ff469114-0d9b-452d-bfa3-0eb1031e7ce8"}}',NULL,NULL);
INSERT INTO "action_attempt" VALUES('749fee84-dbce-4311-99ec-33f4b8489625','DELETE_ACCESS_CODE','a40399d5-fb43-4e9c-94a7-f72b8b56ce8a','9fbf07b4-ac72-46ac-b194-3bfa71305c26',1795641107637,'success','{}',NULL,NULL);
INSERT INTO "action_attempt" VALUES('335f4241-0074-4d11-abd8-14577def3fc2','SIMULATE_KEYPAD_CODE_ENTRY','a40399d5-fb43-4e9c-94a7-f72b8b56ce8a',NULL,1795641107709,'success','{}',NULL,NULL);
INSERT INTO "action_attempt" VALUES('485ceec2-fd8e-4c09-a315-bb7418e7f941','SIMULATE_KEYPAD_CODE_ENTRY','a40399d5-fb43-4e9c-94a7-f72b8b56ce8a',NULL,1795641107731,'success','{}',NULL,NULL);
INSERT INTO "action_attempt" VALUES('5ed42be0-34c4-4cd4-8986-888d6fe03273','SIMULATE_KEYPAD_CODE_ENTRY','0e21d672-4f31-4a0a-b701-4c6a0b1cc372',NULL,1795641107747,'success','{}',NULL,NULL);
CREATE TABLE api_key (hash TEXT PRIMARY KEY, created_at INTEGER NOT NULL) STRICT;
INSERT INTO "api_key" VALUES('249da16cae1e21484d6ffa84ff7534831775a4d5a375590509fe0ce03ef5f724',1795641106705);
CREATE TABLE device_key (
            device TEXT PRIMARY KEY,
            key BLOB NOT NULL,
            is_installed INTEGER NOT NULL,
            created_at INTEGER NOT NULL
          ) STRICT;
INSERT INTO "device_key" VALUES('demo/Harbour Entrance',X'91584ED0D1AD207A424265FE89AC0AA1',0,1795641106709);
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
INSERT INTO "event" VALUES(1,'61607a05-c03a-4b07-a579-4e6f1cb45cb6','device.added','0859030d-54b2-49e6-802e-b24dcf263739','0c5b5ba0-86bf-4edd-af4a-df984507b0aa',NULL,1795641106873,'{"connected_account_custom_metadata":{},"connected_account_id":"0c5b5ba0-86bf-4edd-af4a-df984507b0aa","created_at":"2026-11-25T21:11:46.873Z","device_custom_metadata":{},"device_id":"0859030d-54b2-49e6-802e-b24dcf263739","event_id":"61607a05-c03a-4b07-a579-4e6f1cb45cb6","event_type":"device.added","occurred_at":"2026-11-25T21:11:46.873Z","workspace_id":"4d953241-b708-4b9e-ab8c-f49d987ae896"}');
INSERT INTO "event" VALUES(2,'ebbce0a6-f03a-404c-a6e7-aae2188fdbe9','device.added','0e21d672-4f31-4a0a-b701-4c6a0b1cc372','3b489295-703e-4c3f-91ec-796acda95f51',NULL,1795641106874,'{"connected_account_custom_metadata":{},"connected_account_id":"3b489295-703e-4c3f-91ec-796acda95f51","created_at":"2026-11-25T21:11:46.874Z","device_custom_metadata":{},"device_id":"0e21d672-4f31-4a0a-b701-4c6a0b1cc372","event_id":"ebbce0a6-f03a-404c-a6e7-aae2188fdbe9","event_type":"device.added","occurred_at":"2026-11-25T21:11:46.873Z","workspace_id":"4d953241-b708-4b9e-ab8c-f49d987ae896"}');
INSERT INTO "event" VALUES(3,'9096c528-541d-4f74-8752-6d8d3c0c620f','device.added','58e60339-1b60-40d5-a2e8-21b2b916bdbc','2d99369b-87ef-4029-b3e3-24e99d1496f6',NULL,1795641106875,'{"connected_account_custom_metadata":{},"connected_account_id":"2d99369b-87ef-4029-b3e3-24e99d1496f6","created_at":"2026-11-25T21:11:46.875Z","device_custom_metadata":{},"device_id":"58e60339-1b60-40d5-a2e8-21b2b916bdbc","event_id":"9096c528-541d-4f74-8752-6d8d3c0c620f","event_type":"device.added","occurred_at":"2026-11-25T21:11:46.873Z","workspace_id":"4d953241-b708-4b9e-ab8c-f49d987ae896"}');
INSERT INTO "event" VALUES(4,'7806617c-7626-4049-a5fb-de5bc585584a','device.added','75fe4038-1857-4201-b9d6-b9eddf0026eb','2d99369b-87ef-4029-b3e3-24e99d1496f6',NULL,1795641106876,'{"connected_account_custom_metadata":{},"connected_account_id":"2d99369b-87ef-4029-b3e3-24e99d1496f6","created_at":"2026-11-25T21:11:46.876Z","device_custom_metadata":{},"device_id":"75fe4038-1857-4201-b9d6-b9eddf0026eb","event_id":"7806617c-7626-4049-a5fb-de5bc585584a","event_type":"device.added","occurred_at":"2026-11-25T21:11:46.873Z","workspace_id":"4d953241-b708-4b9e-ab8c-f49d987ae896"}');
INSERT INTO "event" VALUES(5,'c1e425be-8e21-411c-ac43-94e18c1dbf8d','device.added','a40399d5-fb43-4e9c-94a7-f72b8b56ce8a','2d99369b-87ef-4029-b3e3-24e99d1496f6',NULL,1795641106877,'{"connected_account_custom_metadata":{},"connected_account_id":"2d99369b-87ef-4029-b3e3-24e99d1496f6","created_at":"2026-11-25T21:11:46.877Z","device_custom_metadata":{},"device_id":"a40399d5-fb43-4e9c-94a7-f72b8b56ce8a","event_id":"c1e425be-8e21-411c-ac43-94e18c1dbf8d","event_type":"device.added","occurred_at":"2026-11-25T21:11:46.873Z","workspace_id":"4d953241-b708-4b9e-ab8c-f49d987ae896"}');
INSERT INTO "event" VALUES(6,'e54efa28-5e27-42d3-85f8-37857c00e158','device.added','ca81002f-124d-4604-a34c-06a91950056f','2d99369b-87ef-4029-b3e3-24e99d1496f6',NULL,1795641106878,'{"connected_account_custom_metadata":{},"connected_account_id":"2d99369b-87ef-4029-b3e3-24e99d1496f6","created_at":"2026-11-25T21:11:46.878Z","device_custom_metadata":{},"device_id":"ca81002f-124d-4604-a34c-06a91950056f","event_id":"e54efa28-5e27-42d3-85f8-37857c00e158","event_type":"device.added","occurred_at":"2026-11-25T21:11:46.873Z","workspace_id":"4d953241-b708-4b9e-ab8c-f49d987ae896"}');
INSERT INTO "event" VALUES(7,'3fbf7cef-bfd5-4869-bf16-53763b6ce46e','device.added','dd48d7a9-cc6b-4bb9-8489-fa09421f5494','0c5b5ba0-86bf-4edd-af4a-df984507b0aa',NULL,1795641106879,'{"connected_account_custom_metadata":{},"connected_account_id":"0c5b5ba0-86bf-4edd-af4a-df984507b0aa","created_at":"2026-11-25T21:11:46.879Z","device_custom_metadata":{},"device_id":"dd48d7a9-cc6b-4bb9-8489-fa09421f5494","event_id":"3fbf7cef-bfd5-4869-bf16-53763b6ce46e","event_type":"device.added","occurred_at":"2026-11-25T21:11:46.873Z","workspace_id":"4d953241-b708-4b9e-ab8c-f49d987ae896"}');
INSERT INTO "event" VALUES(8,'2b5d1478-6af0-471b-9fe7-63c2c4362a33','device.connected','a40399d5-fb43-4e9c-94a7-f72b8b56ce8a','2d99369b-87ef-4029-b3e3-24e99d1496f6',NULL,1795641106934,'{"connected_account_custom_metadata":{},"connected_account_id":"2d99369b-87ef-4029-b3e3-24e99d1496f6","created_at":"2026-11-25T21:11:46.934Z","device_custom_metadata":{},"device_id":"a40399d5-fb43-4e9c-94a7-f72b8b56ce8a","event_id":"2b5d1478-6af0-471b-9fe7-63c2c4362a33","event_type":"device.connected","occurred_at":"2026-11-25T21:11:46.934Z","workspace_id":"4d953241-b708-4b9e-ab8c-f49d987ae896"}');
INSERT INTO "event" VALUES(9,'b9ca8ba9-1758-4469-8b7d-fbc4fde26c89','device.connected','75fe4038-1857-4201-b9d6-b9eddf0026eb','2d99369b-87ef-4029-b3e3-24e99d1496f6',NULL,1795641106946,'{"connected_account_custom_metadata":{},"connected_account_id":"2d99369b-87ef-4029-b3e3-24e99d1496f6","created_at":"2026-11-25T21:11:46.946Z","device_custom_metadata":{},"device_id":"75fe4038-1857-4201-b9d6-b9eddf0026eb","event_id":"b9ca8ba9-1758-4469-8b7d-fbc4fde26c89","event_type":"device.connected","occurred_at":"2026-11-25T21:11:46.946Z","workspace_id":"4d953241-b708-4b9e-ab8c-f49d987ae896"}');
INSERT INTO "event" VALUES(10,'0457f1bd-0191-4afb-88bf-3271b835d7b2','device.connected','ca81002f-124d-4604-a34c-06a91950056f','2d99369b-87ef-4029-b3e3-24e99d1496f6',NULL,1795641106950,'{"connected_account_custom_metadata":{},"connected_account_id":"2d99369b-87ef-4029-b3e3-24e99d1496f6","created_at":"2026-11-25T21:11:46.950Z","device_custom_metadata":{},"device_id":"ca81002f-124d-4604-a34c-06a91950056f","event_id":"0457f1bd-0191-4afb-88bf-3271b835d7b2","event_type":"device.connected","occurred_at":"2026-11-25T21:11:46.950Z","workspace_id":"4d953241-b708-4b9e-ab8c-f49d987ae896"}');
INSERT INTO "event" VALUES(11,'1d85139f-c728-453b-aa6b-b26d9cc0e865','device.connected','0e21d672-4f31-4a0a-b701-4c6a0b1cc372','3b489295-703e-4c3f-91ec-796acda95f51',NULL,1795641106961,'{"connected_account_custom_metadata":{},"connected_account_id":"3b489295-703e-4c3f-91ec-796acda95f51","created_at":"2026-11-25T21:11:46.961Z","device_custom_metadata":{},"device_id":"0e21d672-4f31-4a0a-b701-4c6a0b1cc372","event_id":"1d85139f-c728-453b-aa6b-b26d9cc0e865","event_type":"device.connected","occurred_at":"2026-11-25T21:11:46.961Z","workspace_id":"4d953241-b708-4b9e-ab8c-f49d987ae896"}');
INSERT INTO "event" VALUES(12,'bb53056d-e62a-4240-a242-53a2576bdff1','device.connected','0859030d-54b2-49e6-802e-b24dcf263739','0c5b5ba0-86bf-4edd-af4a-df984507b0aa',NULL,1795641106973,'{"connected_account_custom_metadata":{},"connected_account_id":"0c5b5ba0-86bf-4edd-af4a-df984507b0aa","created_at":"2026-11-25T21:11:46.973Z","device_custom_metadata":{},"device_id":"0859030d-54b2-49e6-802e-b24dcf263739","event_id":"bb53056d-e62a-4240-a242-53a2576bdff1","event_type":"device.connected","occurred_at":"2026-11-25T21:11:46.973Z","workspace_id":"4d953241-b708-4b9e-ab8c-f49d987ae896"}');
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO "grdb_migrations" VALUES('1');
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
INSERT INTO "lock" VALUES('a40399d5-fb43-4e9c-94a7-f72b8b56ce8a','Front Door',NULL,'{}',1795641106715,70,1,6,2);
INSERT INTO "lock" VALUES('75fe4038-1857-4201-b9d6-b9eddf0026eb','Studio',NULL,'{}',1795641106755,30,1,0,0);
INSERT INTO "lock" VALUES('ca81002f-124d-4604-a34c-06a91950056f','Garden Gate',NULL,'{}',1795641106755,38,1,4,0);
INSERT INTO "lock" VALUES('0e21d672-4f31-4a0a-b701-4c6a0b1cc372','Harbour Entrance',NULL,'{}',1795641106755,2,0,NULL,NULL);
INSERT INTO "lock" VALUES('58e60339-1b60-40d5-a2e8-21b2b916bdbc','Boathouse',NULL,'{}',1795641106755,0,0,NULL,0);
INSERT INTO "lock" VALUES('0859030d-54b2-49e6-802e-b24dcf263739','Wharf Gate',NULL,'{}',1795641106755,402,1,NULL,0);
INSERT INTO "lock" VALUES('dd48d7a9-cc6b-4bb9-8489-fa09421f5494','Sail Loft',NULL,'{}',1795641106755,400,1,NULL,0);
CREATE TABLE site (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
INSERT INTO "site" VALUES('workspace_id','4d953241-b708-4b9e-ab8c-f49d987ae896');
INSERT INTO "site" VALUES('cursor_key','930b831b7cd10b89cada14fff9fc99855ab1d971426d7847ca872c07565a96e1');
CREATE TABLE slot (
            lock_id TEXT NOT NULL REFERENCES lock (id),
            number INTEGER NOT NULL,
            holder TEXT,
            held_since INTEGER,
            written TEXT,                        -- JSON
            observed TEXT,                       -- JSON
            PRIMARY KEY (lock_id, number)
          ) STRICT;
INSERT INTO "slot" VALUES('75fe4038-1857-4201-b9d6-b9eddf0026eb',1,NULL,NULL,NULL,'{"contents":"empty","date":1795641106969,"order":1,"shownSince":1}');
INSERT INTO "slot" VALUES('75fe4038-1857-4201-b9d6-b9eddf0026eb',2,NULL,NULL,NULL,'{"contents":"empty","date":1795641106969,"order":2,"shownSince":2}');
INSERT INTO "slot" VALUES('0859030d-54b2-49e6-802e-b24dcf263739',2,NULL,NULL,NULL,'{"contents":"empty","date":1795641107025,"order":202,"shownSince":2}');
INSERT INTO "slot" VALUES('dd48d7a9-cc6b-4bb9-8489-fa09421f5494',2,NULL,NULL,NULL,'{"contents":"empty","date":1795641107046,"order":202,"shownSince":2}');
INSERT INTO "slot" VALUES('dd48d7a9-cc6b-4bb9-8489-fa09421f5494',1,NULL,NULL,NULL,'{"contents":"empty","date":1795641107046,"order":201,"shownSince":1}');
INSERT INTO "slot" VALUES('0e21d672-4f31-4a0a-b701-4c6a0b1cc372',1,'81c4d4d7-7b0b-4fc6-b6e1-d144d59dca3c',1795641107486,'{"isProven":true,"order":1,"pin":"70426815","wasEmpty":true}','{"contents":"code","date":1795641107486,"order":2,"pin":"70426815","shownSince":2}');
INSERT INTO "slot" VALUES('ca81002f-124d-4604-a34c-06a91950056f',1,'a654d6fb-31e5-43ef-bb56-6dc944a68aef',1795641107547,'{"isProven":true,"order":31,"pin":"868623","stamp":1,"wasEmpty":true}','{"contents":"unreadable","date":1795641107571,"order":32,"shownSince":32,"stamp":1}');
INSERT INTO "slot" VALUES('0859030d-54b2-49e6-802e-b24dcf263739',1,'6000573d-9962-4ba3-8469-2028e5e94c53',1795641107500,'{"isProven":true,"order":401,"pin":"468913","wasEmpty":true}','{"contents":"code","date":1795641107576,"name":"Code 1","order":402,"pin":"468913","shownSince":402}');
INSERT INTO "slot" VALUES('a40399d5-fb43-4e9c-94a7-f72b8b56ce8a',5,NULL,NULL,NULL,'{"contents":"empty","date":1795641107580,"order":41,"shownSince":5}');
INSERT INTO "slot" VALUES('a40399d5-fb43-4e9c-94a7-f72b8b56ce8a',8,NULL,NULL,NULL,'{"contents":"empty","date":1795641107580,"order":44,"shownSince":8}');
INSERT INTO "slot" VALUES('a40399d5-fb43-4e9c-94a7-f72b8b56ce8a',6,NULL,NULL,NULL,'{"contents":"empty","date":1795641107580,"order":42,"shownSince":6}');
INSERT INTO "slot" VALUES('a40399d5-fb43-4e9c-94a7-f72b8b56ce8a',1,'41b80715-120a-46d1-8bb1-55db26163cec',1795641107356,'{"isProven":true,"name":"Jane","order":31,"pin":"58291746","stamp":1,"wasEmpty":true}','{"contents":"code","date":1795641107580,"name":"Jane","order":37,"pin":"58291746","shownSince":32,"stamp":1}');
INSERT INTO "slot" VALUES('a40399d5-fb43-4e9c-94a7-f72b8b56ce8a',7,NULL,NULL,NULL,'{"contents":"empty","date":1795641107580,"order":43,"shownSince":7}');
INSERT INTO "slot" VALUES('a40399d5-fb43-4e9c-94a7-f72b8b56ce8a',4,NULL,NULL,NULL,'{"contents":"code","date":1795641107580,"name":"Cleaner","order":40,"pin":"86159372","shownSince":40,"stamp":1}');
INSERT INTO "slot" VALUES('ca81002f-124d-4604-a34c-06a91950056f',2,'4dd353fa-5eee-4683-b671-4a58c7ef0e30',1795641107587,'{"isProven":true,"name":"Backup 4dd353fa-5eee-468","order":33,"pin":"413073","stamp":1,"wasEmpty":true}','{"contents":"unreadable","date":1795641107621,"name":"Backup 4dd353fa-5eee-468","order":34,"shownSince":34,"stamp":1}');
INSERT INTO "slot" VALUES('a40399d5-fb43-4e9c-94a7-f72b8b56ce8a',2,'ff469114-0d9b-452d-bfa3-0eb1031e7ce8',1795641107388,'{"isProven":true,"order":67,"pin":"61837294","stamp":2,"stampBefore":1,"wasEmpty":false}','{"contents":"code","date":1795641107651,"order":68,"pin":"61837294","shownSince":68,"stamp":2}');
INSERT INTO "slot" VALUES('ca81002f-124d-4604-a34c-06a91950056f',3,'79fe3518-1103-465f-8529-9fbf4330786a',1795641107621,'{"isProven":true,"name":"Backup 79fe3518-1103-465","order":35,"pin":"905833","stamp":1,"wasEmpty":true}','{"contents":"unreadable","date":1795641107654,"name":"Backup 79fe3518-1103-465","order":36,"shownSince":36,"stamp":1}');
INSERT INTO "slot" VALUES('a40399d5-fb43-4e9c-94a7-f72b8b56ce8a',3,NULL,NULL,NULL,'{"contents":"empty","date":1795641107656,"order":70,"shownSince":70,"stamp":2}');
INSERT INTO "slot" VALUES('ca81002f-124d-4604-a34c-06a91950056f',4,'c0be45b8-6a6a-4e88-814b-b45d4f28bc43',1795641107654,'{"isProven":true,"name":"Backup c0be45b8-6a6a-4e8","order":37,"pin":"305672","stamp":1,"wasEmpty":true}','{"contents":"unreadable","date":1795641107658,"name":"Backup c0be45b8-6a6a-4e8","order":38,"shownSince":38,"stamp":1}');
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
INSERT INTO "stranger" VALUES('368a05f9-8be5-42c9-95fb-8988eb63aaba','a40399d5-fb43-4e9c-94a7-f72b8b56ce8a',4,'86159372','Cleaner',NULL,NULL,1795641107580);
CREATE TABLE tenancy (
            lock_id TEXT NOT NULL REFERENCES lock (id),
            slot INTEGER NOT NULL,
            access_code_id TEXT NOT NULL,
            began_at INTEGER NOT NULL,
            ended_at INTEGER
          ) STRICT;
INSERT INTO "tenancy" VALUES('a40399d5-fb43-4e9c-94a7-f72b8b56ce8a',1,'41b80715-120a-46d1-8bb1-55db26163cec',1795641107356,NULL);
INSERT INTO "tenancy" VALUES('a40399d5-fb43-4e9c-94a7-f72b8b56ce8a',2,'ff469114-0d9b-452d-bfa3-0eb1031e7ce8',1795641107388,NULL);
INSERT INTO "tenancy" VALUES('a40399d5-fb43-4e9c-94a7-f72b8b56ce8a',3,'9fbf07b4-ac72-46ac-b194-3bfa71305c26',1795641107414,1795641107656);
INSERT INTO "tenancy" VALUES('0e21d672-4f31-4a0a-b701-4c6a0b1cc372',1,'81c4d4d7-7b0b-4fc6-b6e1-d144d59dca3c',1795641107486,NULL);
INSERT INTO "tenancy" VALUES('0859030d-54b2-49e6-802e-b24dcf263739',1,'6000573d-9962-4ba3-8469-2028e5e94c53',1795641107500,NULL);
INSERT INTO "tenancy" VALUES('ca81002f-124d-4604-a34c-06a91950056f',1,'a654d6fb-31e5-43ef-bb56-6dc944a68aef',1795641107547,NULL);
INSERT INTO "tenancy" VALUES('ca81002f-124d-4604-a34c-06a91950056f',2,'4dd353fa-5eee-4683-b671-4a58c7ef0e30',1795641107587,NULL);
INSERT INTO "tenancy" VALUES('ca81002f-124d-4604-a34c-06a91950056f',3,'79fe3518-1103-465f-8529-9fbf4330786a',1795641107621,NULL);
INSERT INTO "tenancy" VALUES('ca81002f-124d-4604-a34c-06a91950056f',4,'c0be45b8-6a6a-4e88-814b-b45d4f28bc43',1795641107654,NULL);
CREATE INDEX access_code_by_lock ON access_code (lock_id);
CREATE INDEX tenancy_by_slot ON tenancy (lock_id, slot, began_at);
CREATE INDEX action_attempt_by_lock ON action_attempt (lock_id, created_at);
CREATE INDEX event_by_time ON event (created_at, sequence);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('event',12);
COMMIT;
