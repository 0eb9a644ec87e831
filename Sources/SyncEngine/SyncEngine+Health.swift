internal import LockCore

/// How the parts of the engine do.
extension SyncEngine {
  /// Each part with what is wrong with it and what to do.
  public func health() async -> [ServiceHealth] {
    let now = self.now()
    let doors = self.site.doors.values.sorted { $0.displayName < $1.displayName }
    let silent = doors.filter { !$0.ledger.isReachable }.map(\.displayName)
    let lost = self.site.accounts.values.filter { $0.fault != nil }.map(\.definition.key).sorted()
    let alarmed = doors.filter { door in door.ledger.isReachable && !self.site.errors(of: door).isEmpty }
    let late = doors.reduce(0) { count, door in
      count + door.ledger.codes.values.count { !$0.isInPool && door.ledger.state(of: $0, at: now).isLate }
    }
    let fault = self.site.storeFault ?? ((try? self.store.synchronousLevel()) == nil ? "it cannot be read" : nil)
    return [
      ServiceHealth(
        "store",
        fault: fault.map {
          "The store is out of service: \($0). Locks are not written and changes are refused; look whether the disk is full or read-only."
        }, as: .down, else: "The store is read and written.", isVital: true),
      ServiceHealth(
        "clock",
        fault: self.clock.isHeld
          ? "The wall clock is behind what was seen already and nobody keeps it: time stands still for codes until it is set. Give the box a network with NTP, or set the clock."
          : self.site.clockDoubt.map {
            "The wall clock has jumped ahead, \($0.iso8601) was seen last, and nobody keeps it: nothing is forgotten until it is set. Give the box a network with NTP, or set it; if it is right: bitting clock believe."
          }, else: "The wall clock is believed."),
      ServiceHealth(
        "adapters",
        fault: lost.isEmpty
          ? nil : "Gone: \(lost.joined(separator: ", ")). Look at plug and cable; they are opened again by themselves.",
        else: "All are there."),
      ServiceHealth(
        "locks",
        fault: silent.isEmpty && alarmed.isEmpty
          ? nil
          : [
            silent.isEmpty ? nil : "Silent: \(silent.joined(separator: ", ")).",
            alarmed.isEmpty ? nil : "With errors: \(alarmed.map(\.displayName).joined(separator: ", ")).",
          ].compactMap(\.self).joined(separator: " "), else: "All answer."),
      ServiceHealth(
        "access_codes", fault: late == 0 ? nil : "\(late) later on their lock than they should be.",
        else: "None is late."),
      await self.webhooks.health(),
    ]
  }
}

extension Webhooks {
  /// Whether receivers take their events.
  func health() -> ServiceHealth {
    let failing = self.endpoints.values.compactMap { endpoint in
      endpoint.failingSince.map { (id: endpoint.webhook.id, since: $0) }
    }.sorted { $0.since < $1.since }
    return ServiceHealth(
      "webhooks",
      fault: failing.first.map {
        "\(failing.count) of \(self.endpoints.count) take no events, webhook \($0.id) since \($0.since.iso8601). Look after the receiver; events are tried for 28 hours."
      }, else: self.endpoints.isEmpty ? "There are none." : "All take their events.")
  }
}
