extension NukiSealedFrame {
  /// The message as a faulty peer sends it: sealed as it should be, with a wrong CRC inside.
  /// - Parameters:
  ///   - key: the authorization's session key.
  ///   - nonce: 24 bytes, never the same twice.
  public func wireWithWrongCRC(sealedWith key: NukiKey, nonce: [UInt8]) throws(NukiCryptoFault) -> [UInt8] {
    var plaintext = self.plaintext
    plaintext[plaintext.count - 1] ^= 0xFF
    let box = try key.seal(plaintext, nonce: nonce)
    var writer = NukiWriter(bytes: nonce)
    writer.put(self.authorization.bytes)
    writer.put(UInt16(clamping: box.count))
    writer.put(box)
    return writer.bytes
  }
}
