import Logging
import Testing

@testable import Systemd

@Suite("The log")
struct LogTests {
  @Test("an entry has its level as priority, its metadata as fields, and its topic as MESSAGE_ID")
  func entry() {
    var handler = JournalLogHandler(label: "bittingd")
    handler[metadataKey: "link"] = "north line"
    let event = LogEvent(
      level: .error, message: "Front: it is jammed", metadata: ["lock": "Front", "message_id": "00ff"], source: "test",
      file: "", function: "", line: 1)
    #expect(
      handler.entry(for: event).fields.map { String(decoding: $0, as: UTF8.self) } == [
        "MESSAGE=Front: it is jammed", "PRIORITY=3", "SYSLOG_IDENTIFIER=bittingd", "BITTING_LINK=north line",
        "BITTING_LOCK=Front", "MESSAGE_ID=00ff",
      ])
  }

  @Test(
    "each level is a priority of syslog",
    arguments: zip(Logger.Level.allCases, [7, 7, 6, 5, 4, 3, 2]))
  func priorities(level: Logger.Level, priority: Int) {
    #expect(JournalEntry.Priority(level).rawValue == priority)
  }

  @Test("the same is told five times within ten minutes, then counted, and the count is told once")
  func repeated() {
    var messages = RepeatedMessages()
    var told = 0
    // A port that comes and goes every second, for 25 minutes.
    var counts: [Int] = []
    for second in 0..<1500 {
      let now = Duration.seconds(second)
      counts += messages.over(at: now).map(\.count)
      if messages.said("error line: gone", at: now) != .count { told += 1 }
    }
    #expect(told == 15)
    #expect(counts == [595, 595])
    #expect(messages.over(at: .seconds(1800)).map(\.count) == [295])
    #expect(messages.over(at: .seconds(9999)).isEmpty)
  }

  @Test("what is said now and then is always told")
  func seldom() {
    var messages = RepeatedMessages()
    for minute in stride(from: 0, to: 24 * 60, by: 3) {
      let now = Duration.seconds(minute * 60)
      #expect(messages.over(at: now).isEmpty)
      #expect(messages.said("notice Front: it answers", at: now) == .tell)
    }
  }

  @Test("the last that is told says that the rest is counted; others are not held back by it")
  func last() {
    var messages = RepeatedMessages()
    let verdicts = (0..<7).map { _ in messages.said("a", at: .zero) }
    #expect(verdicts == [.tell, .tell, .tell, .tell, .tellLast, .count, .count])
    #expect(messages.said("b", at: .zero) == .tell)
  }

  @Test("however many different messages there are, memory is bounded")
  func bounded() {
    var messages = RepeatedMessages()
    for number in 0..<10_000 { _ = messages.said("\(number)", at: .seconds(number % 600)) }
    #expect(messages.count == RepeatedMessages.mostRemembered)
    #expect(messages.over(at: .seconds(10_000)).isEmpty)
    #expect(messages.count == 0)
  }
}
