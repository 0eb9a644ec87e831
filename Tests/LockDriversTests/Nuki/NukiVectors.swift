import Foundation
import LockDrivers
import Testing

/// Messages that an independent generator laid out and sealed, and the walk-through that the maker published.
struct NukiVectors: Decodable {
  struct CRC: Decodable {
    let input: String
    let crc: String
    let appended_bytes_le: String
  }

  struct Sealed: Decodable, CustomTestStringConvertible {
    let name: String
    let direction: String
    let command: String
    let auth_id_bytes: String?
    let payload: String
    let nonce: String
    let pdata_with_crc: String
    let wire: String
    let indications_20: [String]

    var testDescription: String { self.name }
    var isFromLock: Bool { self.direction.hasPrefix("lock") }
    var commandID: NukiCommand { NukiCommand(rawValue: UInt16(self.command, radix: 16) ?? 0) }
  }

  struct Message: Decodable {
    let direction: String
    let name: String
    let wire: String
    let pdata_with_crc: String?
    let nonce: String?
    let indications_20: [String]?
  }

  /// One pairing: keys, challenges and authenticators by name, and the messages in order.
  struct Pairing: Decodable {
    let client_secret_key: String
    let client_public_key: String
    let lock_public_key: String
    let lock_secret_key: String?
    let dh: String?
    let shared_key: String
    let challenge1: String
    let authenticator1: String
    let challenge2: String
    let nonce_abf: String
    let authenticator2: String
    let authenticator3: String?
    let authenticator4: String?
    let lock_uuid: String?
    let nonce_k: String?
    let name: String
    let id_type: Int
    let app_id: UInt32?
    let app_id_bytes: String?
    let messages: [Message]?
    let encrypted_messages: [Sealed]?
  }

  struct Ultra: Decodable {
    let messages: [Message]
    let lock_uuid: String
    let authorization_id_reply_with_new_auth_id_in_adata: String
  }

  struct Negative: Decodable {
    let name: String
    let wire: String
  }

  struct Beacon: Decodable {
    let ad: String
    let manufacturer_data: String
  }

  struct Advertising: Decodable {
    let idle_gen1_2: Beacon
    let changed_gen1_2: Beacon
    let idle_gen3_plus: Beacon
    let changed_gen3_plus: Beacon
    let pairing_gen1_4: String
    let pairing_ultra_gen5: String
    let scan_response_name: String
  }

  let crc: [CRC]
  let published_example: Pairing
  let published_cli_constants: Pairing
  let pairing_gen1_4: Pairing
  let pairing_ultra: Ultra
  let encrypted: [Sealed]
  let negative: [Negative]
  let advertising: Advertising

  static func read() throws -> NukiVectors {
    let url = try #require(
      Bundle.module.url(forResource: "nuki-vectors", withExtension: "json", subdirectory: "Captures"))
    return try JSONDecoder().decode(NukiVectors.self, from: Data(contentsOf: url))
  }
}

/// A block of 32 bytes from hexadecimal.
func block(_ hex: String?) throws -> NukiBlock { try #require(NukiBlock(bytes(hex ?? ""))) }

/// A key from hexadecimal.
func key(_ hex: String?) throws -> NukiKey { try #require(NukiKey(bytes(hex ?? ""))) }
