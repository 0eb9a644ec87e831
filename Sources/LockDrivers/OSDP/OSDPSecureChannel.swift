import CCrypto

/// One secure session, from either end: keys, cryptograms, and the chain of MACs that ties each frame to the one
/// before.
///
///     A          RND.A[0..5] then eight 00
///     S-ENC      E(SCBK, 01 82 A)     S-MAC1  E(SCBK, 01 01 A)     S-MAC2  E(SCBK, 01 02 A)
///     client     E(S-ENC, RND.A RND.B)        server  E(S-ENC, RND.B RND.A)
///     R-MAC-I    E(S-MAC2, E(S-MAC1, server))
///
/// A command's MAC starts from the last reply's (R-MAC), a reply's from its command's (C-MAC); data is encrypted with
/// the inverse of the same value. A repeated frame is the same bytes and is not sealed again.
public struct OSDPSecureChannel: Sendable {
  /// The device's proof that it knows the key.
  public let clientCryptogram: OSDPBlock
  /// The panel's proof that it knows the key.
  public let serverCryptogram: OSDPBlock
  /// First R-MAC, told by the device at the end of the handshake.
  public let initialMAC: OSDPBlock

  private let encryption: OSDPBlock
  private let mac1: OSDPBlock
  private let mac2: OSDPBlock
  private var commandMAC = OSDPBlock()
  private var replyMAC: OSDPBlock

  /// Computes everything that both ends know once both random numbers are on the wire.
  public init(
    key: OSDPChannelKey, randomA: OSDPNonce, randomB: OSDPNonce
  )
    throws(OSDPSecurityFault)
  {
    func sessionKey(_ second: UInt8) throws(OSDPSecurityFault) -> OSDPBlock {
      var lanes = SIMD16<UInt8>.zero
      lanes[0] = 0x01
      lanes[1] = second
      for index in 0..<6 { lanes[index + 2] = randomA.lanes[index] }
      return try OSDPBlock(lanes).encrypted(with: key.block)
    }
    self.encryption = try sessionKey(0x82)
    self.mac1 = try sessionKey(0x01)
    self.mac2 = try sessionKey(0x02)
    self.clientCryptogram = try OSDPBlock(
      SIMD16(lowHalf: randomA.lanes, highHalf: randomB.lanes)
    ).encrypted(with: self.encryption)
    self.serverCryptogram = try OSDPBlock(
      SIMD16(lowHalf: randomB.lanes, highHalf: randomA.lanes)
    ).encrypted(with: self.encryption)
    self.initialMAC = try self.serverCryptogram.encrypted(with: self.mac1)
      .encrypted(with: self.mac2)
    self.replyMAC = self.initialMAC
  }

  /// Makes a secured frame (SCB 15-18) and moves the chain on.
  /// - Parameters:
  ///   - address: 00-7F.
  ///   - isReply: true on the device's side.
  ///   - sequence: 0-3.
  ///   - check: how the frame is guarded.
  ///   - code: code of the command or reply.
  ///   - data: in clear, at most 1400 bytes.
  public mutating func seal(
    address: UInt8, isReply: Bool, sequence: UInt8, check: OSDPCheck, code: UInt8, data: [UInt8]
  ) throws(OSDPSecurityFault) -> OSDPFrame {
    let start = self.start(isReply: isReply)
    var body = data
    if !data.isEmpty {
      body.append(0x80)
      body.append(contentsOf: repeatElement(0, count: (16 - body.count % 16) % 16))
      body = try Self.encrypt(body[...], key: self.encryption, start: OSDPBlock(~start.lanes))
    }
    let security = OSDPFrame.Security(
      type: (data.isEmpty ? 0x15 : 0x17) + (isReply ? 1 : 0))
    let head = OSDPFrame.head(
      address: address, isReply: isReply, sequence: sequence, check: check, security: security,
      code: code, data: body)
    let mac = try self.mac(of: head[...], start: start)
    self.advance(to: mac, isReply: isReply)
    return OSDPFrame(head: head, security: security, check: check, mac: mac.bytes[..<4])
  }

  /// Checks a secured frame's MAC, then decrypts its data; only a good frame moves the chain on.
  /// - Throws: ``OSDPSecurityFault/notSecured`` for a frame without MAC or of the wrong direction,
  ///   ``OSDPSecurityFault/badMAC`` for a wrong MAC or padding.
  /// - Returns: the data in clear.
  public mutating func open(_ frame: OSDPFrame) throws(OSDPSecurityFault) -> ArraySlice<UInt8> {
    let isReply = frame.isReply
    guard let security = frame.security, security.hasMAC, (security.type & 1 == 0) == isReply
    else { throw .notSecured }
    let start = self.start(isReply: isReply)
    let mac = try self.mac(of: frame.authenticated, start: start)
    guard mac.begins(with: frame.mac) else { throw .badMAC }
    var data = frame.data
    if security.isEncrypted && !data.isEmpty {
      data = try Self.decrypt(data, key: self.encryption, start: OSDPBlock(~start.lanes))[...]
      guard let padding = data.lastIndex(where: { $0 != 0 }), data[padding] == 0x80 else {
        throw .badMAC
      }
      data = data[..<padding]
    }
    self.advance(to: mac, isReply: isReply)
    return data
  }

  private func start(isReply: Bool) -> OSDPBlock { isReply ? self.commandMAC : self.replyMAC }

  private mutating func advance(to mac: OSDPBlock, isReply: Bool) {
    if isReply { self.replyMAC = mac } else { self.commandMAC = mac }
  }

  /// CBC over `bytes`, filled up with 80 00 … unless they end on a block: all blocks but the last with S-MAC1, the
  /// last with S-MAC2.
  func mac(of bytes: ArraySlice<UInt8>, start: OSDPBlock) throws(OSDPSecurityFault) -> OSDPBlock {
    let leading = bytes.isEmpty ? 0 : (bytes.count - 1) / 16 * 16
    var chain = start
    if leading > 0 {
      let encrypted = try Self.encrypt(bytes.prefix(leading), key: self.mac1, start: chain)
      chain = OSDPBlock(encrypted.suffix(16)) ?? chain
    }
    var last = SIMD16<UInt8>.zero
    var count = 0
    for byte in bytes.dropFirst(leading) {
      last[count] = byte
      count += 1
    }
    if count < 16 { last[count] = 0x80 }
    return try OSDPBlock(last ^ chain.lanes).encrypted(with: self.mac2)
  }

  private static func encrypt(
    _ bytes: ArraySlice<UInt8>, key: OSDPBlock, start: OSDPBlock
  )
    throws(OSDPSecurityFault) -> [UInt8]
  {
    var status: Int32 = 0
    let result = unsafe [UInt8](unsafeUninitializedCapacity: bytes.count) { out, count in
      unsafe bytes.withUnsafeBufferPointer { input in
        unsafe key.withBytes { key in
          unsafe start.withBytes { start in
            status = unsafe ccrypto_aes128_cbc_encrypt(
              key, start, input.baseAddress, input.count, out.baseAddress)
          }
        }
      }
      count = status == 0 ? bytes.count : 0
    }
    guard status == 0 else { throw .cryptography }
    return result
  }

  private static func decrypt(
    _ bytes: ArraySlice<UInt8>, key: OSDPBlock, start: OSDPBlock
  )
    throws(OSDPSecurityFault) -> [UInt8]
  {
    guard bytes.count % 16 == 0 else { throw .badMAC }
    var status: Int32 = 0
    let result = unsafe [UInt8](unsafeUninitializedCapacity: bytes.count) { out, count in
      unsafe bytes.withUnsafeBufferPointer { input in
        unsafe key.withBytes { key in
          unsafe start.withBytes { start in
            status = unsafe ccrypto_aes128_cbc_decrypt(
              key, start, input.baseAddress, input.count, out.baseAddress)
          }
        }
      }
      count = status == 0 ? bytes.count : 0
    }
    guard status == 0 else { throw .cryptography }
    return result
  }
}

/// Why a frame is not taken as part of the session.
public enum OSDPSecurityFault: Error, Hashable, Sendable {
  /// It carries no MAC, or one of the wrong direction.
  case notSecured
  /// The MAC or the padding is wrong: the session is over.
  case badMAC
  /// The cipher itself failed.
  case cryptography
}

extension OSDPBlock {
  /// AES-128 of this one block.
  func encrypted(with key: OSDPBlock) throws(OSDPSecurityFault) -> OSDPBlock {
    var result = OSDPBlock()
    let status = unsafe key.withBytes { key in
      unsafe self.withBytes { input in
        unsafe withUnsafeMutableBytes(of: &result.lanes) { out in
          unsafe out.withMemoryRebound(to: UInt8.self) { out in
            unsafe ccrypto_aes128_encrypt_block(key, input, out.baseAddress)
          }
        }
      }
    }
    guard status == 0 else { throw .cryptography }
    return result
  }

  fileprivate func withBytes<Result>(_ body: (UnsafePointer<UInt8>?) -> Result) -> Result {
    unsafe withUnsafeBytes(of: self.lanes) { raw in
      unsafe raw.withMemoryRebound(to: UInt8.self) { unsafe body($0.baseAddress) }
    }
  }
}
