import LockCore
import LockSimulator
import Seeded
import Testing

@testable import SyncEngine

/// Whatever is asked, done at the locks, cut and restarted in whatever order: once it is quiet, every lock holds what
/// was asked, the journal tells a legal story of every code, and no acknowledged code is lost.
@Suite struct ConvergenceTests {
  /// What the client was promised.
  private struct Promise {
    var pin: PINCode
    var window: TimeWindow?
    var lock: String
  }

  /// What may follow what in the story of one code; told by the type of the event before.
  private static let mayFollow: [String: Set<String>] = [
    "created": [
      "set_on_device", "scheduled_on_device", "mutations_requested", "deleted", "delay_in_setting_on_device",
      "failed_to_set_on_device",
    ],
    "deleted": [],
  ]

  @Test(arguments: 0..<12) func `the site converges, tells a legal story and loses nothing`(seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    let keys = ["Front", "Gate", "Studio"]
    let site = try VirtualSite(
      [
        "Front": VirtualLock(holding: [5: "5555"], named: "Cleaner"),
        "Gate": VirtualLock(temperament: .masked, seed: UInt64(seed)),
        "Studio": VirtualLock(temperament: .justInTime, seed: UInt64(seed)),
      ], heartbeat: .minutes(5), granularity: .messages)
    var promises: [AccessCodeID: Promise] = [:]
    var deleted: Set<AccessCodeID> = []
    var cut: Set<String> = []

    for _ in 0..<60 {
      let key = keys.randomElement(using: &random) ?? "Front"
      switch Int.random(in: 0..<12, using: &random) {
      case 0...2:
        let pin = PINCode(String(Int.random(in: 1000...1040, using: &random)))
        let window = Self.window(around: site.date, using: &random)
        var request = NewAccessCode(device: site.id(key))
        (request.pin, request.window) = (pin, window)
        request.prefersNativeScheduling = Bool.random(using: &random)
        if let id = try? site.create(request), let pin { promises[id] = Promise(pin: pin, window: window, lock: key) }
      case 3, 4:
        guard let id = promises.keys.sorted().randomElement(using: &random) else { break }
        let pin = PINCode(String(Int.random(in: 1000...1040, using: &random)))
        if (try? site.update(id, { $0.pin = pin })) != nil, let pin { promises[id]?.pin = pin }
      case 5:
        guard let id = promises.keys.sorted().randomElement(using: &random) else { break }
        guard let window = Self.window(around: site.date, using: &random) else { break }
        if (try? site.update(id, { ($0.startsAt, $0.endsAt) = (window.start, window.end) })) != nil {
          promises[id]?.window = window
        }
      case 6:
        guard let id = promises.keys.sorted().randomElement(using: &random) else { break }
        try site.delete(id)
        promises[id] = nil
        deleted.insert(id)
      case 7:
        let pin = PINCode(String(Int.random(in: 2000...2010, using: &random)))
        let slot = Int.random(in: 1...6, using: &random)
        if let pin { site.at(key) { lock, now in (try? lock.changeCode(slot: slot, to: pin, at: now)) ?? [] } }
      case 8:
        let slot = Int.random(in: 1...6, using: &random)
        site.at(key) { $0.removeCode(slot: slot, at: $1) }
      case 9:
        if cut.insert(key).inserted { site.cut(key) }
      case 10:
        if cut.remove(key) != nil { site.restore(key) }
      default:
        if Bool.random(using: &random) {
          try site.restart()
        } else {
          site.crash(after: Int.random(in: 0..<300, using: &random))
        }
      }
      site.advance(by: .seconds(Int.random(in: 0...3000, using: &random)))
      for (id, promise) in promises { Self.check(try #require(site.view(id)), promise.window, at: site.date) }
      for view in deleted.compactMap({ site.view($0) }) {
        #expect(view.status == .removing && view.pendingMutations.map(\.code) == ["deleting"])
        #expect(view.warnings.map(\.code).contains("being_deleted"))
      }
    }
    for key in cut { site.restore(key) }
    try Self.removeStrangers(from: site, keys: keys)
    site.advance(by: .hours(3))

    for (id, promise) in promises {
      let view = try #require(site.view(id), "an acknowledged code is lost")
      #expect(view.pin == promise.pin)
      #expect(view.window == promise.window)
      let window = promise.window
      let isOver = window.map { site.date >= $0.end } ?? false
      if window?.contains(site.date) ?? true {
        #expect(view.status == .set, "\(promise.lock) \(view.errors.map(\.code))")
        #expect(view.errors.isEmpty)
        #expect(view.pendingMutations.isEmpty)
      } else {
        #expect(view.status == .unset || (!isOver && view.status == .set))
      }
      let isOnLock = site.pins(in: promise.lock).values.contains(promise.pin.digits)
      #expect(isOnLock == (view.status == .set || view.isScheduledOnDevice))
    }
    for id in deleted {
      #expect(site.view(id) == nil)
      #expect(site.story(of: id).last == "deleted")
    }
    for key in keys {
      let ours = Set(promises.values.filter { $0.lock == key }.map(\.pin.digits))
      #expect(Set(site.pins(in: key).values).subtracting(ours) == (key == "Front" ? ["5555"] : []))
    }
    for id in Set(promises.keys).union(deleted) { Self.check(site.story(of: id)) }
    #expect(site.attempts("CREATE_ACCESS_CODE").allSatisfy { !$0.isPending })
    #expect(site.attempts("DELETE_ACCESS_CODE").allSatisfy { !$0.isPending })
    let ids = site.events().compactMap { $0["event_id"]?.string }
    #expect(Set(ids).count == ids.count)

    let (story, writes) = (site.story(), site.allWrites)
    try site.restart()
    site.advance(by: .seconds(1))
    #expect(site.story() == story)
    #expect(site.allWrites == writes)
  }

  /// The states that the clock leaves to a code: none other is ever shown, whatever happens at the lock.
  private static func check(_ view: AccessCodeView, _ window: TimeWindow?, at now: Timestamp) {
    let mutations = Set(view.pendingMutations.map(\.code))
    switch view.status {
    case .set:
      // Where the lock keeps no times a code is there an hour ahead (R33).
      #expect(window.map { $0.start - .hours(1) <= now && now < $0.end } ?? true, "set outside of its times")
      #expect(mutations.isEmpty)
    case .setting:
      #expect(window.map { now < $0.end } ?? true, "being set although it is over")
      #expect(!mutations.isEmpty && mutations.isDisjoint(with: ["deleting", "deferring_creation"]))
    case .removing: #expect(window.map { now >= $0.end || now < $0.start } ?? false, "removed within its times")
    case .unset: #expect(window.map { now >= $0.end || now < $0.start } ?? false, "not even begun within its times")
    case .unknown: Issue.record("unknown although the adapter is there")
    }
  }

  private static func window(around now: Timestamp, using random: inout SeededRandom) -> TimeWindow? {
    guard Bool.random(using: &random) else { return nil }
    let start = now + .seconds(Int.random(in: -7200...200_000, using: &random))
    return TimeWindow(start: start, end: max(start, now) + .seconds(Int.random(in: 60...100_000, using: &random)))
  }

  /// Takes away what others put on the locks and ours cannot get past, but not what was there at first.
  private static func removeStrangers(from site: VirtualSite, keys: [String]) throws {
    site.advance(by: .minutes(30))
    for key in keys {
      for (slot, pin) in site.pins(in: key) where pin.hasPrefix("2") {
        site.at(key) { $0.removeCode(slot: slot, at: $1) }
      }
    }
    // The first code of others may itself have been written over by them.
    if !site.pins(in: "Front").values.contains("5555"), let pin = PINCode("5555") {
      site.at("Front") { lock, now in (try? lock.addCode(pin, at: now))?.effects ?? [] }
    }
  }

  private static func check(_ story: [String]) {
    #expect(story.first == "created")
    #expect(story.filter { $0 == "created" }.count == 1)
    #expect(story.filter { $0 == "deleted" }.count <= 1)
    #expect(!story.dropLast().contains("deleted"))
    var (isSet, isOnLock) = (false, false)
    for (event, next) in zip(story, story.dropFirst() + ["end"]) {
      switch event {
      case "set_on_device":
        #expect(!isSet, "set twice: \(story)")
        (isSet, isOnLock) = (true, true)
      case "scheduled_on_device": (isSet, isOnLock) = (false, true)
      case "mutations_requested", "modified_external_to_seam", "deleted_external_to_seam": isSet = false
      case "removed_from_device":
        #expect(isOnLock, "removed without having been there: \(story)")
        (isSet, isOnLock) = (false, false)
      case "deleted": #expect(!isOnLock, "deleted while on the lock: \(story)")
      default: break
      }
      if let allowed = Self.mayFollow[event] { #expect(next == "end" || allowed.contains(next), "\(story)") }
    }
  }
}
