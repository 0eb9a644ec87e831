import Seeded

extension SeededRandom {
  /// Cuts, lengthens or changes bytes; changes most often.
  mutating func damage(_ bytes: inout [UInt8]) {
    let dice = self.next()
    guard !bytes.isEmpty else { return bytes.append(UInt8(truncatingIfNeeded: dice)) }
    let place = Int(dice >> 32) % bytes.count
    switch dice & 7 {
    case 0: bytes.removeSubrange(place...)
    case 1: bytes.insert(UInt8(truncatingIfNeeded: dice >> 8), at: place)
    case 2: bytes[place] = 0
    case 3: bytes[place] = 0xFF
    default: bytes[place] = UInt8(truncatingIfNeeded: dice >> 8)
    }
  }
}
