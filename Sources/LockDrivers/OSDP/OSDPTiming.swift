/// The times of a line that do not depend on its speed.
enum OSDPTiming {
  /// A device begins to answer within this.
  static let replyDelay: Duration = .milliseconds(200)
  /// Longest pause within a frame: 20 ms by the standard, more behind USB.
  static let characterGap: Duration = .milliseconds(50)
  /// Bytes of a reply that the deadline has room for; longer ones push it while they arrive.
  static let usualReply = 128
  /// How often the same bytes are sent before a device is asked anew from sequence 0.
  static let tries = 3
  /// Without a usable answer for so long, a device is offline; it drops its session after the same time.
  static let offline: Duration = .seconds(8)
  /// A command that gets only BUSY is given up after this.
  static let busy: Duration = .seconds(3)
  /// How often a device that tells something is polled again at once.
  static let polls = 8
  /// A session that stood this long was no victim of what ended the one before.
  static let steadySession: Duration = .seconds(60)
  /// Nobody touched the device for so long: a new session disturbs nobody.
  static let quiet: Duration = .seconds(30)
  /// A device that does not belong there is told again after this.
  static let strangerReminder: Duration = .seconds(10)

  /// 1, 2, 4 … 30 s.
  static func backoff(_ count: Int) -> Duration { .seconds(min(30, 1 << min(max(count, 1) - 1, 5))) }
}
