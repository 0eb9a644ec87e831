import HTTPTypes
import Sealing
import SyncEngine

extension Route {
  /// Backups. What they hold opens every door, so that who may not see PINs may not have one.
  static let backups: [Route] = [
    Route(stream: "/bitting/backup", .act, needs: [.admin, .reveal], backupLock) { call in
      let key = try call.input.backupKey()
      let backup: BackupStream
      do throws(BackupRefusal) {
        backup = try await call.surroundings.backup(key)
      } catch {
        throw APIFault(error)
      }
      return StreamedReply(
        headers: [
          .contentType: "application/octet-stream",
          .contentDisposition: "attachment; filename=\"\(backup.name)\"",
          .cacheControl: "no-store", .bittingLocks: "\(backup.locks)", .bittingAccessCodes: "\(backup.codes)",
        ], bytes: backup.bytes,
        details: [
          "locks": .int(Int64(backup.locks)), "access_codes": .int(Int64(backup.codes)),
          "opens_with": call.input.has("recipient") ? "secret_key" : "passphrase",
        ])
    }
  ]

  private static let passphraseKey = ["key", "salt", "passes", "memory_bytes"]

  private static let backupLock = Schema(
    [
      .optional("recipient", .string(length: 64...64)), .optional("key", .string(length: 64...64)),
      .optional("salt", .string(length: 32...32)), .optional("passes", .integer(1...20)),
      .optional("memory_bytes", .integer(8192...(1 << 30))),
    ],
    rules: [
      { input in
        let given = Self.passphraseKey.filter { input.has($0) }
        if input.has("recipient") ? given.isEmpty : given == Self.passphraseKey { return nil }
        return
          "Provide either recipient, or all of key, salt, passes and memory_bytes: what the backup is to open with"
      }
    ])
}

extension Input {
  /// What a backup is to be encrypted with. A passphrase itself is never sent: whoever has it makes the key of it.
  fileprivate func backupKey() throws(APIFault) -> BackupKey {
    func bytes(_ name: String) -> [UInt8]? { self.text(name).flatMap { Hexadecimal.bytes($0) } }
    let key: BackupKey? =
      if self.has("recipient") {
        bytes("recipient").flatMap { BackupKey(recipient: $0) }
      } else if let key = bytes("key"), let salt = self.text("salt"), let passes = self.integer("passes"),
        let memory = self.integer("memory_bytes")
      {
        BackupKey(key, derivation: .init(salt: salt, passes: UInt64(clamping: passes), memoryBytes: memory))
      } else {
        nil
      }
    guard let key else { throw .invalidInput("recipient, key and salt are hexadecimal digits, two for each byte") }
    return key
  }
}

extension APIFault {
  fileprivate init(_ refusal: BackupRefusal) {
    switch refusal {
    case .busy:
      self.init(
        status: 409, type: "backup_under_way",
        message: "Another backup is being made or fetched; try again when it is done", headers: [.retryAfter: "30"])
    case .cannot(let sentence):
      self.init(status: 503, type: "store_unavailable", message: "The gateway cannot make a backup. \(sentence)")
    }
  }
}

extension HTTPField.Name {
  // The names are well formed; the fallback is never taken.
  fileprivate static var bittingLocks: Self { Self("bitting-locks") ?? .eTag }
  fileprivate static var bittingAccessCodes: Self { Self("bitting-access-codes") ?? .eTag }
}
