import Testing

@testable import SeamAPI

@Suite struct `Wrong keys` {
  private let start = ContinuousClock.now

  @Test func `after so many within a minute 429 says how long to wait, and after the minute all begins anew`() {
    var failures = FailedKeys()
    for index in 0..<FailedKeys.mostInWindow {
      let verdict = failures.failed(from: "192.0.2.1", at: self.start + .seconds(index))
      #expect(verdict.retryAfter == nil)
    }
    #expect(failures.failed(from: "192.0.2.1", at: self.start + .seconds(40)).retryAfter == .seconds(20))
    #expect(failures.failed(from: "192.0.2.2", at: self.start + .seconds(40)).retryAfter == nil, "others do not wait")
    #expect(failures.failed(from: "192.0.2.1", at: self.start + .seconds(60)).retryAfter == nil)
  }

  @Test func `a burst is told when it is one, then once an hour with all that came between`() {
    var failures = FailedKeys()
    var told: [Int: Int] = [:]
    for second in 0..<7300 {
      let verdict = failures.failed(from: "192.0.2.1", at: self.start + .seconds(second))
      if let count = verdict.told { told[second] = count }
    }
    #expect(told == [19: 20, 3619: 3600, 7219: 3600])
  }

  @Test func `a few wrong keys now and then are no burst`() {
    var failures = FailedKeys()
    for minute in 0..<600 {
      for second in 0..<19 {
        let verdict = failures.failed(from: "192.0.2.1", at: self.start + .seconds(60 * minute + second))
        #expect(verdict.told == nil && verdict.retryAfter == nil)
      }
    }
  }

  @Test func `many addresses fill neither the memory nor the log`() {
    var failures = FailedKeys()
    var told = 0
    for host in 0..<100_000 {
      for attempt in 0..<(host < 3000 ? FailedKeys.mostInWindow : 1) {
        let verdict = failures.failed(
          from: "10.\(host / 65536).\(host / 256 % 256).\(host % 256)", at: self.start + .milliseconds(attempt))
        if verdict.told != nil { told += 1 }
      }
    }
    #expect(failures.count <= FailedKeys.mostSources + 1)
    #expect(told == FailedKeys.mostTold)
    _ = failures.failed(from: "192.0.2.1", at: self.start + .seconds(4000))
    #expect(failures.count == 1, "what is long past is forgotten")
  }

  @Test(arguments: [
    ("192.0.2.1", "192.0.2.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8::1", "2001:db8:0:0::/64"),
    ("::1", "0:0:0:0::/64"), ("fe80::1%eth0", "fe80:0:0:0::/64"), ("::ffff:192.0.2.7", "192.0.2.7"),
    ("2001:DB8:1:2::", "2001:db8:1:2::/64"), (nil, "unknown"),
  ])
  func `an IPv6 address counts as its network`(address: String?, source: String) {
    #expect(FailedKeys.source(of: address) == source)
  }
}
