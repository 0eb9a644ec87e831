import Synchronization
import Testing

@testable import Supervision

@Suite("The watchdog, asking real loops")
struct WatchdogTests {
  /// Gives away what was answered as soon as it is let.
  private final class Loop: Sendable {
    private let held = Mutex<[@Sendable () -> Void]?>(nil)

    func ask(_ answered: @escaping @Sendable () -> Void) {
      let isHeld = self.held.withLock { held in
        held?.append(answered)
        return held != nil
      }
      if !isHeld { answered() }
    }
    func hold() { self.held.withLock { $0 = [] } }
    func release() {
      let owed = self.held.withLock { held in
        defer { held = nil }
        return held ?? []
      }
      for answered in owed { answered() }
    }
  }

  @Test("a loop that is caught is told, while tasks are held up too, and told to be alive once it goes on")
  func verdicts() async {
    let watchdog = Watchdog(limit: .milliseconds(50))
    let loop = Loop()
    _ = watchdog.watch("engine", loop.ask)
    let (verdicts, tell) = AsyncStream<Supervision.Verdict>.makeStream()
    let running = Task { await watchdog.run { tell.yield($0) } }
    var isHeld = false
    for await verdict in verdicts {
      if !isHeld, verdict.isAlive {
        loop.hold()
        isHeld = true
      } else if isHeld, !verdict.isAlive {
        #expect(verdict.stuck == ["engine"])
        #expect(watchdog.verdict.stuck == ["engine"])
        loop.release()
        break
      }
    }
    var isAliveAgain = false
    for await verdict in verdicts where verdict.isAlive {
      isAliveAgain = true
      break
    }
    #expect(isAliveAgain)
    running.cancel()
    await running.value
  }

  @Test("a loop is watched as long as it runs")
  func watching() async {
    let watchdog = Watchdog(limit: .seconds(15))
    await watchdog.watching("link", { $0() }) { #expect(watchdog.look().count == 1) }
    #expect(watchdog.look().count == 0)
  }
}
