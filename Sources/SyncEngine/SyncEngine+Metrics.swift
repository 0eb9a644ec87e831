internal import Foundation
internal import GRDB
internal import LockCore
public import OpenMetrics

/// What is measured, for whoever asks from time to time.
extension SyncEngine {
  /// Everything that the engine knows, as of now.
  public func metrics() async -> [MetricFamily] {
    self.site.metrics(at: self.now()) + self.linkMetrics() + self.storeMetrics() + (await self.webhooks.metrics())
  }

  private func linkMetrics() -> [MetricFamily] {
    var up = MetricFamily("bitting_link_up", .gauge, "1 while the bus or adapter can be used.")
    var open = MetricFamily("bitting_links_open", .gauge, "Links that are open now.")
    var opened = MetricFamily("bitting_link_openings", .counter, "How often a link was opened.")
    var lost = MetricFamily("bitting_link_losses", .counter, "How often a link was lost or could not be opened.")
    var bytes = MetricFamily("bitting_link_transferred", .counter, unit: "bytes", "Bytes on the link, by direction.")
    var messages = MetricFamily("bitting_link_messages", .counter, "Reads and writes on the link, by direction.")
    var tasks = MetricFamily("bitting_link_tasks", .gauge, "Tasks that work for the link now, or wait.")
    for account in self.site.accounts.values.sorted(by: { $0.definition.key < $1.definition.key }) {
      let name = account.definition.key
      let tallies = self.links.values.filter { $0.definition.account == name }.map(\.session.tally)
      let sum = tallies.map(\.counts).reduce(LinkTally.Counts(), +)
      up.add(account.fault == nil, labels: ["link": name])
      open.add(tallies.count { $0.counts.isOpen }, labels: ["link": name])
      opened.add(sum.opened, labels: ["link": name])
      lost.add(sum.lost, labels: ["link": name])
      bytes.add(sum.receivedBytes, labels: ["link": name, "direction": "received"])
      bytes.add(sum.sentBytes, labels: ["link": name, "direction": "sent"])
      messages.add(sum.receivedMessages, labels: ["link": name, "direction": "received"])
      messages.add(sum.sentMessages, labels: ["link": name, "direction": "sent"])
      tasks.add(sum.tasks, labels: ["link": name])
    }
    return [up, open, opened, lost, bytes, messages, tasks]
  }

  private func storeMetrics() -> [MetricFamily] {
    var writable = MetricFamily("bitting_store_writable", .gauge, "1 while the store is written.")
    writable.add(self.site.storeFault == nil)
    var commits = MetricFamily("bitting_store_commits", .counter, "How often the store was written and synced.")
    commits.add(self.store.commits.value)
    var size = MetricFamily("bitting_store_size", .gauge, unit: "bytes", "Size of the store's files.")
    for (file, suffix) in [("database", ""), ("wal", "-wal")] {
      let attributes = try? FileManager.default.attributesOfItem(atPath: self.store.database.path + suffix)
      if let bytes = attributes?[.size] as? Int { size.add(bytes, labels: ["file": file]) }
    }
    var trusted = MetricFamily("bitting_clock_trusted", .gauge, "1 while the wall clock is believed.")
    trusted.add(!self.clock.isHeld && self.site.clockDoubt == nil)
    return [writable, commits, size, trusted]
  }
}

extension Webhooks {
  /// What is measured of the receivers; they are named by the ids of their webhooks.
  func metrics() -> [MetricFamily] {
    var waiting = MetricFamily(
      "bitting_webhook_events_refused", .gauge, "Events that a receiver did not take yet and that are tried again.")
    var failing = MetricFamily("bitting_webhook_failing", .gauge, "1 while the receiver takes no events.")
    var deliveries = MetricFamily("bitting_webhook_deliveries", .counter, "Tries to deliver an event, by outcome.")
    for (id, endpoint) in self.endpoints.sorted(by: { $0.key < $1.key }) {
      let queue = endpoint.queue
      waiting.add(queue.setAside.count + (queue.head == nil ? 0 : 1), labels: ["webhook": id])
      failing.add(endpoint.isFailing, labels: ["webhook": id])
    }
    for (outcome, count) in self.deliveries.sorted(by: { $0.key < $1.key }) {
      deliveries.add(count, labels: ["outcome": outcome])
    }
    return [waiting, failing, deliveries]
  }
}
