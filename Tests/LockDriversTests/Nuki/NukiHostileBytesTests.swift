import LockCore
import Seeded
import Testing

@testable import LockDrivers

/// Pieces, damage and malice on the air.
@Suite struct NukiHostileBytesTests {
  let vectors: NukiVectors
  let shared: NukiKey

  init() throws {
    self.vectors = try NukiVectors.read()
    self.shared = try key(self.vectors.pairing_gen1_4.shared_key)
  }

  @Test func `the pieces in which a sealed message comes make no difference`() throws {
    for message in self.vectors.encrypted {
      let wire = bytes(message.wire)
      var runs = NukiReassembly(.sealed)
      #expect(message.indications_20.flatMap { runs.received(bytes($0)) } == [wire])
      for cut in 0...wire.count {
        var reassembly = NukiReassembly(.sealed)
        let got = reassembly.received(Array(wire[..<cut])) + reassembly.received(Array(wire[cut...]))
        #expect(got == [wire])
        #expect(reassembly == NukiReassembly(.sealed))
      }
    }
    let three = self.vectors.encrypted.prefix(3).map { bytes($0.wire) }
    let stream = three.flatMap { $0 }
    for size in 1...60 {
      var reassembly = NukiReassembly(.sealed)
      var got: [[UInt8]] = []
      for start in stride(from: 0, to: stream.count, by: size) {
        got += reassembly.received(Array(stream[start..<min(start + size, stream.count)]))
      }
      #expect(got == three)
    }
  }

  @Test func `the pieces in which a plain message comes make no difference`() throws {
    for message in self.vectors.pairing_gen1_4.messages ?? [] {
      let wire = bytes(message.wire)
      for form in [NukiReassembly.Form.plain] {
        for cut in 2..<wire.count {
          var reassembly = NukiReassembly(form)
          #expect(reassembly.received(Array(wire[..<cut])) + reassembly.received(Array(wire[cut...])) == [wire])
        }
      }
      var single = NukiReassembly(.plain)
      #expect(wire.flatMap { single.received([$0]) } == [wire])
    }
  }

  @Test func `an error in clear is told from a sealed message`() throws {
    let error = NukiPlainFrame(.errorReport, [0x21, 0x06, 0x00]).wire
    let sealed = bytes(self.vectors.pairing_ultra.messages[7].wire)
    for cut in 0...error.count {
      var reassembly = NukiReassembly(.sealedOrError)
      #expect(reassembly.received(Array(error[..<cut])) + reassembly.received(Array(error[cut...])) == [error])
    }
    for cut in 0...sealed.count {
      var reassembly = NukiReassembly(.sealedOrError)
      #expect(reassembly.received(Array(sealed[..<cut])) + reassembly.received(Array(sealed[cut...])) == [sealed])
    }
  }

  @Test func `a length that no message has empties the buffer`() {
    var reassembly = NukiReassembly(.sealed)
    #expect(reassembly.received([UInt8](repeating: 0xFF, count: 400)) == [])
    #expect(reassembly == NukiReassembly(.sealed))
    var plain = NukiReassembly(.plain)
    #expect(plain.received([0x77, 0x00, 0x01]) == [])
    #expect(plain == NukiReassembly(.plain))
  }

  @Test func `a truncated message is no message`() throws {
    for message in self.vectors.encrypted {
      let wire = bytes(message.wire)
      for count in 0..<wire.count {
        #expect(throws: NukiFrameFault.length) {
          try NukiSealedFrame(wire: Array(wire.prefix(count)), openedWith: self.shared)
        }
      }
      let plaintext = bytes(message.pdata_with_crc)
      for count in 0..<plaintext.count { _ = try? NukiSealedFrame(plaintext: Array(plaintext.prefix(count))) }
    }
    for message in self.vectors.pairing_gen1_4.messages ?? [] {
      let wire = bytes(message.wire)
      for count in 0..<wire.count {
        #expect(throws: NukiFrameFault.self) { try NukiPlainFrame(wire: Array(wire.prefix(count))) }
      }
    }
  }

  @Test func `a truncated payload says less or nothing`() throws {
    for message in self.vectors.encrypted {
      let payload = bytes(message.payload)
      for count in 0..<payload.count {
        let part = Array(payload.prefix(count))
        if message.isFromLock {
          guard let answer = NukiAnswer(message.commandID, part) else { continue }
          // Only what may be shorter is understood when it is: what it says goes on the wire again.
          #expect(answer.payload.count <= 79)
        } else if message.commandID != .lockAction || count != 38 {
          // A movement may leave out the suffix of the name.
          #expect(throws: NukiErrorReport(.badLength, refusing: message.commandID)) {
            try NukiRequest(message.commandID, part, hasLongPIN: message.name.hasPrefix("ultra"))
          }
        }
      }
    }
    for message in self.vectors.pairing_gen1_4.messages ?? [] {
      let frame = try NukiPlainFrame(wire: bytes(message.wire))
      for count in 0..<frame.payload.count {
        #expect(NukiPairingMessage(NukiPlainFrame(frame.command, Array(frame.payload.prefix(count)))) == nil)
      }
    }
  }

  @Test(arguments: [31, 32] as [UInt64])
  func `half a million damaged opened messages do no harm, and another half`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let corpus = self.vectors.encrypted.map { bytes($0.pdata_with_crc) }
    var understood = 0
    for _ in 0..<500_000 {
      var plaintext = Self.damaged(corpus, by: &random)
      // A CRC of zero is let pass: what is behind it is reached each time.
      if plaintext.count >= 8 { (plaintext[plaintext.count - 2], plaintext[plaintext.count - 1]) = (0, 0) }
      guard let frame = try? NukiSealedFrame(plaintext: plaintext) else { continue }
      if let answer = NukiAnswer(frame.command, frame.payload) {
        understood += 1
        if understood & 63 == 0 { #expect(answer.payload.count <= frame.payload.count + 79) }
      }
      _ = try? NukiRequest(frame.command, frame.payload, hasLongPIN: false)
    }
    #expect(understood > 100_000)
  }

  @Test(arguments: [41, 42] as [UInt64])
  func `half a million damaged plain messages do no harm, and another half`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let corpus = (self.vectors.pairing_gen1_4.messages ?? []).map { bytes($0.wire) }
    var reassembly = NukiReassembly(.plain)
    var (messages, longest) = (0, 0)
    for _ in 0..<500_000 {
      let piece = Self.damaged(corpus, by: &random)
      for wire in reassembly.received(piece) {
        messages += 1
        longest = max(longest, wire.count)
        if let frame = try? NukiPlainFrame(wire: wire) { _ = NukiPairingMessage(frame) }
      }
    }
    #expect(messages > 100_000 && longest <= 120)
  }

  @Test func `damaged advertisements and sealed pieces do no harm`() {
    var random = SeededRandom(seed: 51)
    let air = self.vectors.advertising
    let heard = [air.changed_gen3_plus.ad, air.pairing_ultra_gen5, air.scan_response_name].map { bytes($0) }
    let sealed = self.vectors.encrypted.map { bytes($0.wire) }
    var reassembly = NukiReassembly(.sealed)
    var other = NukiReassembly(.sealedOrError)
    for _ in 0..<100_000 {
      _ = NukiAdvertisement(data: Self.damaged(heard, by: &random))
      let piece = Self.damaged(sealed, by: &random)
      #expect(reassembly.received(piece).allSatisfy { $0.count <= 542 })
      _ = other.received(piece)
    }
    for held in [reassembly, other] {
      let buffers = Mirror(reflecting: held).children.compactMap { $0.value as? [UInt8] }
      #expect(buffers.count == 1 && buffers.allSatisfy { $0.count <= 542 })
    }
  }

  private static func damaged(_ corpus: [[UInt8]], by random: inout SeededRandom) -> [UInt8] {
    let dice = random.next()
    var bytes = corpus[Int(truncatingIfNeeded: dice >> 40) % corpus.count]
    let place = Int(truncatingIfNeeded: dice >> 8 & 0xFFFF) % bytes.count
    switch dice & 7 {
    case 0: bytes.removeSubrange(place...)
    case 1: bytes.insert(UInt8(truncatingIfNeeded: dice >> 24), at: place)
    case 2: bytes[place] = 0xFF
    default: bytes[place] = UInt8(truncatingIfNeeded: dice >> 24)
    }
    if bytes.isEmpty { bytes = [0] }
    return bytes
  }
}
