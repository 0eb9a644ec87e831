/// Bytes as digits.
public enum Hexadecimal {
  /// Two lower-case digits a byte.
  public static func text(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes of an even number of digits, upper or lower case; nil for anything else.
  public static func bytes(_ text: String) -> [UInt8]? {
    var (bytes, high): ([UInt8], UInt8?) = ([], nil)
    for character in text {
      guard character.isASCII, let value = character.hexDigitValue else { return nil }
      if let first = high {
        bytes.append(first << 4 | UInt8(value))
        high = nil
      } else {
        high = UInt8(value)
      }
    }
    return high == nil ? bytes : nil
  }
}
