import CCrypto
import LockCore
import Testing

@testable import LockDrivers

@Suite struct NukiVectorTests {
  let vectors: NukiVectors

  init() throws { self.vectors = try NukiVectors.read() }

  private var pairings: [NukiVectors.Pairing] {
    [self.vectors.published_example, self.vectors.published_cli_constants, self.vectors.pairing_gen1_4]
  }

  @Test func `a checksum is the one of the catalogue and of the maker`() {
    for vector in self.vectors.crc {
      let crc = NukiCRC.of(bytes(vector.input)[...])
      #expect(crc == UInt16(vector.crc, radix: 16))
      var writer = NukiWriter()
      writer.put(crc)
      #expect(writer.bytes == bytes(vector.appended_bytes_le))
    }
  }

  @Test func `both ends of a pairing come to the same key and the same authenticators`() throws {
    for vector in self.pairings {
      let secret = try key(vector.client_secret_key)
      let lockKey = try block(vector.lock_public_key)
      let shared = try secret.sessionKey(with: lockKey)
      #expect(try secret.publicKey() == block(vector.client_public_key))
      #expect(try shared == key(vector.shared_key))
      if let lockSecret = vector.lock_secret_key {
        #expect(try key(lockSecret).sessionKey(with: block(vector.client_public_key)) == shared)
      }
      if let dh = vector.dh {
        var (agreed, session) = ([UInt8](repeating: 0, count: 32), [UInt8](repeating: 0, count: 32))
        #expect(unsafe csodium_x25519(secret.bytes, lockKey.bytes, &agreed) == 0)
        #expect(agreed == bytes(dh))
        #expect(unsafe csodium_hsalsa20(agreed, [UInt8](repeating: 0, count: 16), &session) == 0)
        #expect(session == shared.bytes)
      }
      #expect(
        try shared.authenticator(
          over: bytes(vector.client_public_key), bytes(vector.lock_public_key), bytes(vector.challenge1))
          == block(vector.authenticator1))
      let appID = vector.app_id_bytes.map { bytes($0).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) } }
      let applicant = NukiApplicant(
        type: try #require(NukiIDType(rawValue: UInt8(vector.id_type))), appID: appID ?? vector.app_id ?? 0,
        name: vector.name)
      #expect(
        try shared.authenticator(over: applicant.wire, bytes(vector.nonce_abf), bytes(vector.challenge2))
          == block(vector.authenticator2))
    }
  }

  @Test func `a public key of small order makes no session`() throws {
    let secret = try key(self.vectors.pairing_gen1_4.client_secret_key)
    #expect(throws: NukiCryptoFault.self) { try secret.sessionKey(with: block(String(repeating: "00", count: 32))) }
  }

  @Test func `each message of a pairing is read and written as recorded`() throws {
    for vector in self.pairings {
      for message in vector.messages ?? [] {
        let frame = try NukiPlainFrame(wire: bytes(message.wire))
        #expect(try #require(NukiPairingMessage(frame)).frame.wire == bytes(message.wire), "\(message.name)")
      }
    }
    let shared = try key(self.vectors.pairing_gen1_4.shared_key)
    for message in self.vectors.pairing_ultra.messages {
      let wire = bytes(message.wire)
      guard let plaintext = message.pdata_with_crc else {
        #expect(try #require(NukiPairingMessage(NukiPlainFrame(wire: wire))).frame.wire == wire)
        continue
      }
      let frame = try NukiSealedFrame(wire: wire, openedWith: shared, checksHeader: false)
      #expect(frame.plaintext == bytes(plaintext))
      let inner = try #require(NukiPairingMessage(opened: frame)).frame
      #expect(inner.command == frame.command && inner.payload == frame.payload)
      #expect(try frame.wire(sealedWith: shared, nonce: Array(wire[..<24])) == wire)
    }
    let other = try NukiSealedFrame(
      wire: bytes(self.vectors.pairing_ultra.authorization_id_reply_with_new_auth_id_in_adata), openedWith: shared,
      checksHeader: false)
    #expect(
      NukiPairingMessage(opened: other)
        == .sealedAuthorizationID(
          NukiAuthorizationID(number: 434_610), lockUUID: bytes(self.vectors.pairing_ultra.lock_uuid)))
  }

  @Test func `each sealed message opens, says what it should, and is sealed alike`() throws {
    let sets = [
      (self.vectors.pairing_gen1_4.shared_key, self.vectors.encrypted),
      (self.vectors.published_example.shared_key, self.vectors.published_example.encrypted_messages ?? []),
    ]
    for (hex, messages) in sets {
      let shared = try key(hex)
      #expect(!messages.isEmpty)
      for message in messages {
        let wire = bytes(message.wire)
        let frame = try NukiSealedFrame(wire: wire, openedWith: shared)
        #expect(frame.command == message.commandID && frame.payload == bytes(message.payload), "\(message.name)")
        #expect(frame.plaintext == bytes(message.pdata_with_crc), "\(message.name)")
        #expect(try frame.wire(sealedWith: shared, nonce: bytes(message.nonce)) == wire, "\(message.name)")
        #expect(NukiSealedFrame.authorization(inHeaderOf: wire) == frame.authorization)
        try self.readsAndWrites(message)
      }
    }
  }

  private func readsAndWrites(_ message: NukiVectors.Sealed) throws {
    let payload = bytes(message.payload)
    guard message.isFromLock else {
      let hasLongPIN = message.name.hasPrefix("ultra")
      let request = try NukiRequest(message.commandID, payload, hasLongPIN: hasLongPIN)
      #expect(request.command == message.commandID && request.payload == payload, "\(message.name)")
      return
    }
    if message.commandID == .advancedConfig {
      #expect(NukiAnswer(message.commandID, payload) == nil)
      return
    }
    let answer = try #require(NukiAnswer(message.commandID, payload), "\(message.name)")
    #expect(answer.command == message.commandID, "\(message.name)")
    if case .keypadCode(let code) = answer {
      #expect(code.payload(alwaysWhole: payload.count == 63) == payload, "\(message.name)")
    } else {
      #expect(answer.payload == payload, "\(message.name)")
    }
  }

  @Test func `what the independent generator wrote down is what is read`() throws {
    func answer(_ name: String) throws -> NukiAnswer {
      let message = try #require(self.vectors.encrypted.first { $0.name == name })
      return try #require(NukiAnswer(message.commandID, bytes(message.payload)))
    }
    guard case .states(let states) = try answer("keyturner_states_27") else { return #expect(Bool(false)) }
    #expect(states.bolt == .locked && states.clock == Timestamp(iso8601: "2026-03-29T09:15:30Z"))
    #expect(states.zoneOffset == 60 && states.charge == 0.86 && !states.isBatteryCritical && states.configUpdates == 7)
    #expect(states.door == .closed && states.accessories?.hasKeypad == true)
    guard case .config(let config) = try answer("config_78") else { return #expect(Bool(false)) }
    #expect(config.nukiID == 439_041_101 && config.name == "Front door" && config.firmwareVersion == "3.9.5")
    #expect(config.hardware == [4, 10] && config.zoneID == 37 && config.deviceType == 4 && config.canTakeCodes)
    guard case .keypadCode(let code) = try answer("keypad_code_time_limited") else { return #expect(Bool(false)) }
    #expect(code.id == 4 && code.entry.code == PINCode("974216") && code.entry.name == "guest-42")
    #expect(code.entry.limits?.from == Timestamp(iso8601: "2026-04-01T13:00:00Z"))
    #expect(code.entry.limits?.until == Timestamp(iso8601: "2026-04-05T09:00:00Z"))
    guard case .logEntry(let entry) = try answer("log_entry_keypad_fingerprint") else { return #expect(Bool(false)) }
    #expect(entry.index == 131 && entry.event == .keypad(.unlatch, .fingerprint, .success, codeID: 4))
    guard case .logEntry(let door) = try answer("log_entry_door_closed_padded") else { return #expect(Bool(false)) }
    #expect(door.event == .door(1))
  }

  @Test func `a damaged or foreign message does not open`() throws {
    let shared = try key(self.vectors.pairing_gen1_4.shared_key)
    let faults: [NukiFrameFault] = [.sealed, .length, .crc, .authorization]
    for (vector, fault) in zip(self.vectors.negative, faults) {
      #expect(throws: fault, "\(vector.name)") { try NukiSealedFrame(wire: bytes(vector.wire), openedWith: shared) }
    }
    #expect(throws: NukiFrameFault.crc) { try NukiPlainFrame(wire: bytes(self.vectors.negative[4].wire)) }
  }

  @Test func `advertisements are read and written as recorded`() {
    let id: UInt32 = 0x1A2B_3C4D
    let air = self.vectors.advertising
    for (hex, mode, power) in [
      (air.idle_gen1_2.ad, NukiAdvertisement.Mode.ready(hasNews: false), 0xC4),
      (air.changed_gen1_2.ad, .ready(hasNews: true), 0xC4), (air.idle_gen3_plus.ad, .ready(hasNews: false), 0xC8),
      (air.changed_gen3_plus.ad, .ready(hasNews: true), 0xC8),
      (air.pairing_gen1_4, .pairing(isGeneration5: false), 0xC8),
      (air.pairing_ultra_gen5, .pairing(isGeneration5: true), 0xC8), (air.scan_response_name, .named, 0xC8),
    ] as [(String, NukiAdvertisement.Mode, UInt8)] {
      #expect(NukiAdvertisement(data: bytes(hex)) == NukiAdvertisement(mode, nukiID: id))
      #expect(NukiAdvertisement(mode, nukiID: id).data(power: power) == bytes(hex))
    }
    let both = bytes(air.changed_gen3_plus.ad + air.scan_response_name)
    #expect(NukiAdvertisement(data: both)?.mode == .ready(hasNews: true))
    #expect(NukiAdvertisement(data: bytes("02010607ff4c0006010203")) == nil)
  }

  @Test func `dates travel whole from the first to the last that a calendar has`() {
    for text in [
      "1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z", "2026-03-01T00:00:00Z", "2099-12-31T23:59:59Z",
      "2100-02-28T12:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
    ] {
      let date = Timestamp(iso8601: text)
      #expect(date.map(\.nukiTime).flatMap { Timestamp(nukiTime: $0) } == date, "\(text)")
    }
    for wrong in ["00000000000000", "ea07021e000000", "ea070100000000", "ea070d01000000", "ea070101180000"] {
      #expect(Timestamp(nukiTime: bytes(wrong)) == nil, "\(wrong)")
    }
    #expect(Timestamp(milliseconds: -1).nukiTime == bytes("b1070c1f173b3b"))
  }

  @Test func `keys and PINs show nothing`() throws {
    let shared = try key(self.vectors.pairing_gen1_4.shared_key)
    let pin = try #require(NukiSecurityPIN("4821"))
    let entry = NukiKeypadEntry(code: try #require(PINCode("974216")), name: "n")
    var shown = ""
    for secret in [
      shared, pin,
      NukiRequest.guarded(.addKeypadCode(entry), nonce: try block(String(repeating: "aa", count: 32)), pin: pin),
    ] as [Any] {
      dump(secret, to: &shown)
      shown += "\(secret) \(String(reflecting: secret))"
    }
    for digits in ["4821", "974216", "3acc", "58, 204"] { #expect(!shown.contains(digits)) }
  }
}
