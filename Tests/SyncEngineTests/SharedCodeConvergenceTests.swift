import LockCore
import LockSimulator
import Seeded
import Testing

@testable import SyncEngine

/// Linked codes and backup pools in whatever order they are asked for, cut off and restarted: once it is quiet, what
/// belongs together is together, every pool is as it should be, and nobody was told of what nobody sees.
@Suite struct SharedCodeConvergenceTests {
  private static let keys = ["Front", "Gate", "Studio"]

  @Test(arguments: 0..<12)
  func `R70 R111 R112: codes that share a PIN keep it, and pools fill, whatever happens in between`(seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    let site = try VirtualSite(
      [
        "Front": VirtualLock(model: VirtualLockModel(pins: PINPolicy(lengths: [4, 6]))),
        "Gate": VirtualLock(
          model: VirtualLockModel(slotCount: 12, pins: PINPolicy(lengths: [4])), temperament: .masked,
          seed: UInt64(seed)),
        "Studio": VirtualLock(
          model: VirtualLockModel(pins: PINPolicy(lengths: [4, 6], constraints: [.noZeros])), temperament: .justInTime,
          seed: UInt64(seed)),
      ], heartbeat: .minutes(5), granularity: .messages)
    var asked: Set<AccessCodeID> = []
    var keepsBackups: Set<String> = []
    var cut: Set<String> = []

    for _ in 0..<50 {
      let key = Self.keys.randomElement(using: &random) ?? "Front"
      let window = TimeWindow(start: site.date - .minutes(1), end: site.date + .hours(24 * 20))
      switch Int.random(in: 0..<12, using: &random) {
      case 0, 1:
        var template = NewAccessCode(device: site.id(key))
        template.window = window
        let devices = Self.keys.shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random)).map(site.id)
        guard asked.count < 8,
          let (ids, effects) = try? site.site.createLinked(
            NewLinkedAccessCodes(devices: devices, template: template), at: site.date)
        else { break }
        asked.formUnion(ids)
        Self.perform(effects, on: site)
      case 2:
        guard let id = asked.sorted().randomElement(using: &random), let key = site.view(id)?.commonCodeKey else {
          break
        }
        var change = LinkedAccessCodesChange(key: key)
        change.endsAt = window.end + .hours(Int.random(in: 1...20, using: &random))
        if let effects = try? site.site.updateLinked(change, at: site.date) { Self.perform(effects, on: site) }
      case 3:
        guard asked.count < 8, let id = try? site.create(on: key, from: window.start, to: window.end) else { break }
        asked.insert(id)
      case 4, 5:
        let isEnabled = Bool.random(using: &random)
        guard let effects = try? site.site.keepBackups(isEnabled, on: site.id(key), at: site.date) else { break }
        if isEnabled { keepsBackups.insert(key) } else { keepsBackups.remove(key) }
        Self.perform(effects, on: site)
      case 6, 7:
        guard let id = asked.sorted().randomElement(using: &random),
          let (backup, effects) = try? site.site.pullBackup(for: id, at: site.date)
        else { break }
        asked.insert(backup)
        Self.perform(effects, on: site)
      case 8:
        guard let id = asked.sorted().randomElement(using: &random) else { break }
        try site.delete(id)
        asked.remove(id)
      case 9: if cut.insert(key).inserted { site.cut(key) }
      case 10: if cut.remove(key) != nil { site.restore(key) }
      default:
        if Bool.random(using: &random) {
          try site.restart()
        } else {
          site.crash(after: Int.random(in: 0..<200, using: &random))
        }
      }
      site.advance(by: .seconds(Int.random(in: 0...2000, using: &random)))
    }
    for key in cut { site.restore(key) }
    site.advance(by: .hours(2))

    var groups: [String: Set<PINCode>] = [:]
    for id in asked {
      let view = try #require(site.view(id), "an acknowledged code is lost")
      #expect(view.status == .set && view.errors.isEmpty && view.pendingMutations.isEmpty)
      if let key = view.commonCodeKey, let pin = view.pin { groups[key, default: []].insert(pin) }
      if let backup = view.pulledBackup.flatMap({ site.view($0) }), backup.pendingMutations.first?.code != "deleting" {
        #expect(backup.window?.end == view.window?.end)
      }
    }
    #expect(groups.values.allSatisfy { $0.count == 1 })
    for key in Self.keys {
      let door = try #require(site.site.doors[site.id(key)])
      let pooled = door.ledger.codes.values.filter(\.isInPool)
      #expect(pooled.count == (keepsBackups.contains(key) ? 3 : 0), "\(key)")
      #expect(Site.readyBackups(on: door, at: site.date).count == pooled.count)
      let ours = Set(door.ledger.codes.values.map(\.terms.pin.digits))
      #expect(Set(site.lock(key).memory.codes.values.compactMap { $0.pin?.digits }) == ours)
    }
    let told = site.events().compactMap { event in event["access_code_id"]?.string.map { ($0, event["event_type"]) } }
    for id in Set(told.map(\.0)) {
      let story = told.filter { $0.0 == id }.compactMap { $0.1?.string }
      #expect(story.first == "access_code.created", "told of a code before it was seen: \(story)")
      #expect(story.filter { $0 == "access_code.created" }.count == 1)
    }

    let (story, writes) = (site.story(), site.allWrites)
    try site.restart()
    site.advance(by: .minutes(1))
    #expect(site.story() == story && site.allWrites == writes)
  }

  private static func perform(_ effects: [Site.Effect], on site: VirtualSite) {
    site.perform(effects)
    site.settle()
  }
}
