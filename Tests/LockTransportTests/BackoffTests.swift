import LockTransport
import Testing

struct BackoffTests {
  @Test func `Delays double from a second to a minute and stay there`() {
    var backoff = Backoff()
    let delays = (0..<9).map { _ in backoff.next(jitter: 0) }
    #expect(delays == [1, 2, 4, 8, 16, 32, 60, 60, 60].map { .seconds($0) })
  }

  @Test func `Chance shortens a delay by no more than a quarter`() {
    for (jitter, milliseconds) in [(0.0, 1000), (0.5, 875), (1, 750), (7, 750), (-1, 1000), (.nan, 1000)] {
      var backoff = Backoff()
      #expect(backoff.next(jitter: jitter) == .milliseconds(milliseconds), "\(jitter)")
    }
  }

  @Test func `Only a link that lived a while begins the delays anew`() {
    var backoff = Backoff()
    for _ in 0..<4 { _ = backoff.next(jitter: 0) }
    backoff.linkClosed(after: .seconds(9))
    #expect(backoff.next(jitter: 0) == .seconds(16))
    backoff.linkClosed(after: .seconds(10))
    #expect(backoff.next(jitter: 0) == .seconds(1))
  }
}
