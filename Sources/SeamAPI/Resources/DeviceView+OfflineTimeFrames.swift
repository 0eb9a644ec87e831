import LockCore
import SyncEngine

extension DeviceView {
  /// Which times an offline code can have, as `offline_time_frame_options` (contract R47).
  static let offlineTimeFrameOptions: [JSONValue] = [
    [
      "display_name": .string("Hourly: \(OfflineTerm.hourly.lowerBound) to \(OfflineTerm.hourly.upperBound) hours"),
      "min_duration": .string("PT\(OfflineTerm.hourly.lowerBound)H"),
      "max_duration": .string("PT\(OfflineTerm.hourly.upperBound)H"),
      "start_date_recurrence_rule": "FREQ=HOURLY", "end_date_recurrence_rule": "FREQ=HOURLY", "time_zone": "UTC",
    ],
    [
      "display_name": .string("Daily: \(OfflineTerm.daily.lowerBound) to \(OfflineTerm.daily.upperBound) days"),
      "min_duration": .string("P\(OfflineTerm.daily.lowerBound)D"),
      "max_duration": .string("P\(OfflineTerm.daily.upperBound)D"),
      "matching_start_end_time": true, "start_date_recurrence_rule": "FREQ=HOURLY", "time_zone": "UTC",
    ],
    [
      "display_name": .string(
        "Weekly: \(OfflineTerm.weekly.lowerBound) to \(OfflineTerm.weekly.upperBound) whole weeks"),
      "min_duration": .string("P\(OfflineTerm.weekly.lowerBound)W"),
      "max_duration": .string("P\(OfflineTerm.weekly.upperBound)W"),
      "matching_start_end_time": true, "start_date_recurrence_rule": "FREQ=HOURLY", "time_zone": "UTC",
    ],
    [
      "display_name": .string("One-time: one use within \(OfflineTerm.firstUse) hours"),
      "min_duration": .string("PT\(OfflineTerm.firstUse)H"), "max_duration": .string("PT\(OfflineTerm.firstUse)H"),
      "matching_start_end_time": true, "start_date_recurrence_rule": "FREQ=HOURLY", "time_zone": "UTC",
    ],
  ]
}
