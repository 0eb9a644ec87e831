/// What an entry of the log tells, for machines: the entry's `MESSAGE_ID` in the journal, for good. What to do about
/// each is in `packaging/bitting.catalog`, which `journalctl --catalog` shows.
public enum LogTopic: String, CaseIterable, Sendable {
  /// The store cannot be written.
  case storeOut = "ea9d8e05ec2f4bca888b5812a26e2505"
  /// The store is written again.
  case storeBack = "ec14a93a74b943cea5f51b3436533c7c"
  /// A bus or an adapter is gone.
  case linkGone = "5d275dbc438c4f19832f703d690d0c2a"
  /// A bus or an adapter is there again.
  case linkBack = "0d463a7ee7954667a9141eb58b9b2078"
  /// A lock does not answer.
  case lockSilent = "8e738621953449a6b98ddb96f1bdb7d3"
  /// A lock answers.
  case lockAnswers = "69abe5cd98cb4abaaae338ea5513d478"
  /// A lock wants to be looked at.
  case lockAlarm = "966488400c3d40668e5dd0abc0d5083b"
  /// What a lock wanted to be looked at for is over.
  case lockAlarmOver = "a30c5b9063684688861f43668abbc409"
  /// A lock's log has lost entries before they were read.
  case entriesLost = "5b5d675c52ab4bf3a82a11a1d9a3dfc8"
  /// A webhook's receiver does not take events.
  case webhookFails = "48fc8eea4cf147b1907d593915206167"
  /// It takes events again.
  case webhookBack = "2b7f8a0f1c2a47388c043c694764b3ad"
  /// An event was given up.
  case eventGivenUp = "a403913a2193465085b362e99d1df5a3"
  /// A loop of the daemon does not advance.
  case loopCaught = "0c3b49baa4114346b75e0c91432f960d"
  /// All loops advance again.
  case loopsAdvance = "31cccd0ec9114843a59fc912cd5bf62a"

  /// The key of an entry's metadata that has the topic as its value.
  public static let key = "message_id"
}
