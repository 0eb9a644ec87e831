/// The 512 bytes before a file in a tar archive (POSIX ustar), so far as backups need them: plain files with short names.
struct TarHeader: Hashable {
  static let length = 512

  /// The path inside, 1 to 99 bytes.
  var name: String
  /// How long the file is, in bytes.
  var size: Int

  /// How much of a member is filled up to whole blocks.
  static func padding(after size: Int) -> Int { (Self.length - size % Self.length) % Self.length }

  init(name: String, size: Int) { (self.name, self.size) = (name, size) }

  /// Reads a header.
  /// - Returns: nil for what is none, or no plain file.
  init?(_ block: [UInt8]) {
    guard block.count == Self.length, Array(block[257..<262]) == Array("ustar".utf8), block[156] == UInt8(ascii: "0"),
      Self.octal(block[148..<156]) == Self.checksum(of: block), let size = Self.octal(block[124..<136])
    else { return nil }
    self.name = String(decoding: block[0..<100].prefix { $0 != 0 }, as: UTF8.self)
    self.size = size
  }

  /// The bytes of the header.
  var block: [UInt8] {
    var block = [UInt8](repeating: 0, count: Self.length)
    func put(_ text: String, at offset: Int) {
      for (index, byte) in text.utf8.enumerated() { block[offset + index] = byte }
    }
    put(String(self.name.prefix(99)), at: 0)
    put("0000600", at: 100)
    put("0000000", at: 108)
    put("0000000", at: 116)
    put(Self.octal(self.size, digits: 11), at: 124)
    put("00000000000", at: 136)
    put("0", at: 156)
    put("ustar", at: 257)
    put("00", at: 263)
    put(Self.octal(Self.checksum(of: block), digits: 6), at: 148)
    (block[154], block[155]) = (0, 0x20)
    return block
  }

  private static func octal(_ number: Int, digits: Int) -> String {
    let text = String(number, radix: 8)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
    Int(String(decoding: field.prefix { $0 != 0 && $0 != 0x20 }, as: UTF8.self), radix: 8)
  }

  private static func checksum(of block: [UInt8]) -> Int {
    block.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 0x20 : Int($1.element)) }
  }
}
