/// A small generator with a seed, and damage made with it.
struct SeededBytes: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    self.state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = self.state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

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
