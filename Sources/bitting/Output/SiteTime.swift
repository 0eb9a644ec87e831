import Foundation
import LockCore
import SyncEngine

/// Instants as people at the site read and write them.
struct SiteTime {
  /// The zone of the site, or of this box where the site has none.
  let zone: TimeZone
  /// The present.
  let now: Timestamp

  /// Takes the site's zone from one of its devices.
  /// - Parameters:
  ///   - device: a device as the API shows it; nil for none.
  ///   - now: the present.
  init(device: JSONValue?, now: Timestamp = .present) {
    self.init(zone: device?["location"]?["time_zone"]?.string, now: now)
  }

  /// Takes a zone by its name.
  init(zone name: String?, now: Timestamp = .present) {
    self.zone = name.flatMap { TimeZone(identifier: $0) } ?? .current
    self.now = now
  }

  /// `2026-11-25 21:04`, or with seconds.
  func text(_ date: Timestamp, seconds: Bool = false) -> String {
    let offset = self.zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(date.milliseconds) / 1000))
    let local = (date + .seconds(offset)).iso8601
    return "\(local.prefix(10)) \(local.dropFirst(11).prefix(seconds ? 8 : 5))"
  }

  /// As ``text(_:seconds:)`` for what the API gives; a dash for null.
  func text(_ value: JSONValue?, seconds: Bool = false) -> String {
    guard let date = value?.timestamp else { return "-" }
    return self.text(date, seconds: seconds)
  }

  /// How long ago, or in how long: `3 min ago`, `in 2 h`.
  func distance(_ date: Timestamp) -> String {
    let length = date - self.now
    return length > .zero ? "in \(length.words)" : length > .seconds(-1) ? "just now" : "\((.zero - length).words) ago"
  }

  /// The instant with its distance: `2026-11-25 21:04:11 (3 min ago)`.
  func full(_ date: Timestamp) -> String { "\(self.text(date, seconds: true)) (\(self.distance(date)))" }

  /// Reads what an operator writes: `now`, a distance such as `+90m`, `+2h`, `+3d`, `-1d`, or an ISO 8601 date and time,
  /// which without an offset is in the site's zone.
  /// - Returns: nil for anything else.
  func read(_ text: String) -> Timestamp? {
    if text == "now" { return self.now }
    if let sign = text.first, sign == "+" || sign == "-" {
      let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
      guard let unit = text.last.flatMap({ units[$0] }), let count = Int(text.dropFirst().dropLast()), count >= 0,
        count < 1_000_000
      else { return nil }
      return self.now + .seconds((sign == "-" ? -1 : 1) * count * unit)
    }
    guard let date = Timestamp(iso8601: text) else { return nil }
    // With an offset the same text with another one behind it is no date any more.
    let isLocal = text.count <= 10 || Timestamp(iso8601: text + "Z") != nil
    guard isLocal else { return date }
    // The offset of the zone at an instant near the one that is meant, then at the one found: around a change of the
    // clocks they differ.
    var found = date
    for _ in 0..<2 {
      let offset = self.zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(found.milliseconds) / 1000))
      found = date - .seconds(offset)
    }
    return found
  }
}

extension Timestamp {
  /// What the wall clock of this box says.
  static var present: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}
