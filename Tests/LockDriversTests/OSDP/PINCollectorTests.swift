import LockCore
import LockDrivers
import Testing

@Suite struct PINCollectorTests {
  /// What a reader sent, `replies` at 0.1 s from each other, and what came of it; `!` is overflow, `*` cleared.
  private func outcomes(_ terminator: PINCollector.Terminator, _ replies: [String]) -> String {
    var collector = PINCollector(terminator: terminator)
    return replies.enumerated().flatMap { index, keys in
      collector.received(Array(keys.utf8), at: .milliseconds(100 * index))
    }.map(Self.text).joined(separator: " ")
  }

  private static func text(_ outcome: PINCollector.Outcome) -> String {
    switch outcome {
    case .entered(let pin): pin.digits
    case .overflowed: "!"
    case .cleared: "*"
    }
  }

  @Test(arguments: [
    (["1", "2", "3", "4", "#"], "1234"),
    (["1234\r"], "1234"),
    (["99*9999#"], "* 9999"),
    (["99\u{7F}9999\r"], "* 9999"),
    (["1234#5678#9"], "1234 5678"),
    (["12", "34#56", "78#"], "1234 5678"),
    (["0042#"], "0042"),
    (["#", "#", "**"], ""),
    (["1A2BF3!4#"], "1234"),
    (["123456789012#"], "123456789012"),
    (["1234567890123#"], "!"),
    (["1234567890123", "4567890#1234#"], "! 1234"),
    (["1234567890123*1234#"], "* 1234"),
    (["1234"], ""),
  ]) func `the hash key completes a PIN, however the keys are cut into replies`(replies: [String], expected: String) {
    #expect(self.outcomes(.hash, replies) == expected)
  }

  @Test(arguments: [
    (["1234"], "1234"),
    (["1", "2", "3", "4", "#"], "1234"),
    (["12345678"], "1234 5678"),
    (["12#"], "12"),
    (["12*3456"], "* 3456"),
  ]) func `a fixed length completes a PIN by itself`(replies: [String], expected: String) {
    #expect(self.outcomes(.length(4), replies) == expected)
  }

  @Test(arguments: [
    (["1234"], "1234"), (["1234#"], "1234"), (["12", "34"], "12 34"), (["99*1234"], "* 1234"),
    (["1234567890123"], "!"), ([""], ""),
  ]) func `the end of the reply completes a PIN where the reader gathers the keys`(
    replies: [String], expected: String
  ) {
    #expect(self.outcomes(.burst, replies) == expected)
  }

  @Test func `a pause drops the digits and never submits them`() {
    var collector = PINCollector(terminator: .length(4), timeout: .seconds(5))
    #expect(collector.received(Array("123".utf8), at: .zero).isEmpty)
    #expect(collector.deadline == .seconds(5))
    #expect(collector.received(Array("4".utf8), at: .seconds(5)).isEmpty)
    #expect(collector.deadline == .seconds(10))
    collector.deadlinePassed(at: .milliseconds(9999))
    #expect(collector.deadline == .seconds(10))
    collector.deadlinePassed(at: .seconds(10))
    #expect(collector.deadline == nil)
    #expect(collector.received(Array("567".utf8), at: .seconds(10)).isEmpty)
  }

  @Test func `each key restarts the pause`() {
    var collector = PINCollector(terminator: .hash, timeout: .seconds(5))
    for (index, key) in "1234".utf8.enumerated() {
      #expect(collector.received([key], at: .seconds(4 * index)).isEmpty)
    }
    #expect(collector.received([0x0D], at: .seconds(16)).map(Self.text) == ["1234"])
  }

  @Test func `an overflow is forgotten with the digits`() {
    var collector = PINCollector(terminator: .hash)
    _ = collector.received(Array("1234567890123".utf8), at: .zero)
    collector.drop()
    #expect(collector.received(Array("1234#".utf8), at: .zero).map(Self.text) == ["1234"])
  }

  @Test func `digits typed so far cannot be printed`() {
    var collector = PINCollector(terminator: .hash)
    _ = collector.received(Array("7391".utf8), at: .zero)
    var dumped = ""
    dump(collector, to: &dumped)
    for text in [dumped, "\(collector)", String(reflecting: collector)] {
      #expect(!text.contains("7391") && !text.contains("55"))
    }
  }
}
