import HTTPTypes
import LockCore
import Testing

@testable import SeamAPI

@Suite struct `Limits of a device` {
  private static let start = ContinuousClock.now
  private static let door = LockID(rawValue: "d")
  private static let other = LockID(rawValue: "e")

  private static let published: [(act: RateLimits.Act, most: Int)] = [
    (.creation, 10), (.change, 10), (.deletion, 20), (.locking, 15), (.unlocking, 15),
  ]

  @Test(arguments: published)
  func `R97 a device may be asked as often as published, each act for itself`(act: RateLimits.Act, most: Int) {
    var limits = RateLimits()
    for number in 0..<most {
      #expect(limits.admit(act, on: [Self.door], at: Self.start + .seconds(number)) == nil)
    }
    let now = Self.start + .seconds(most)
    #expect(limits.admit(act, on: [Self.door], at: now) == .seconds(60 - most))
    for (others, _) in Self.published where others != act {
      #expect(limits.admit(others, on: [Self.door], at: now) == nil)
    }
    #expect(limits.admit(act, on: [Self.other], at: now) == nil)
  }

  @Test func `R97 whoever waits as told is admitted, a moment earlier is not`() throws {
    var limits = RateLimits()
    for number in 0..<10 { _ = limits.admit(.creation, on: [Self.door], at: Self.start + .seconds(number)) }
    let now = Self.start + .seconds(30)
    let told = limits.admit(.creation, on: [Self.door], at: now)
    let wait = try #require(told)
    #expect(limits.admit(.creation, on: [Self.door], at: now + wait - .nanoseconds(1)) != nil)
    #expect(limits.admit(.creation, on: [Self.door], at: now + wait) == nil)
    #expect(limits.admit(.creation, on: [Self.door], at: now + wait) == .seconds(1))
  }

  @Test func `R97 a refusal counts for nothing`() {
    var limits = RateLimits()
    for _ in 0..<10 { _ = limits.admit(.change, on: [Self.door], at: Self.start) }
    for second in 1..<60 { #expect(limits.admit(.change, on: [Self.door], at: Self.start + .seconds(second)) != nil) }
    for _ in 0..<10 { #expect(limits.admit(.change, on: [Self.door], at: Self.start + .seconds(60)) == nil) }
  }

  @Test func `R97 what concerns several devices is admitted for all or counted for none`() {
    var limits = RateLimits()
    for _ in 0..<10 { _ = limits.admit(.creation, on: [Self.door], at: Self.start) }
    #expect(limits.admit(.creation, on: [Self.other, Self.door], at: Self.start) == .seconds(60))
    for _ in 0..<10 { #expect(limits.admit(.creation, on: [Self.other], at: Self.start) == nil) }
    var fresh = RateLimits()
    let many = Array(repeating: Self.door, count: 30)
    #expect(fresh.admit(.creation, on: many, at: Self.start) == nil)
    #expect(fresh.admit(.creation, on: [Self.door], at: Self.start) == .seconds(60))
  }

  @Test func `the limits can be scaled`() {
    var limits = RateLimits(scale: 3)
    for _ in 0..<30 { #expect(limits.admit(.creation, on: [Self.door], at: Self.start) == nil) }
    #expect(limits.admit(.creation, on: [Self.door], at: Self.start) != nil)
  }

  @Test func `R97 the refusal says when to come back, in whole seconds, never too early`() {
    for (wait, seconds) in [(Duration.milliseconds(1), "1"), (.seconds(7), "7"), (.milliseconds(7001), "8")] {
      let fault = APIFault.rateLimited(retryAfter: wait)
      #expect(fault.status == 429 && fault.type == "rate_limited")
      #expect(fault.headers[.retryAfter] == seconds)
    }
  }
}
