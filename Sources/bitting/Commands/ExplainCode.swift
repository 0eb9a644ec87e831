import ArgumentParser
import LockCore
import SyncEngine

extension Codes {
  /// Tells why one is in its state.
  struct Explain: GatewayCommand {
    static let configuration = CommandConfiguration(
      abstract: "Tell why an access code is in its state, what was proven when, and what happens next.",
      discussion: """
        The daemon's planner itself is asked: what is wanted of the lock, what the lock was seen to hold and how that is \
        known, what came of the last attempt, and what the code waits for: the lock, a time, another code's removal, or \
        you. Below are the last things that were told of it.
        """)

    @OptionGroup var subject: CodeArgument

    @OptionGroup(title: "Which daemon, and how it is shown") var gateway: GatewayOptions

    func run(asking client: GatewayClient) async throws {
      let (code, lock) = try await client.accessCode(self.subject.code, on: self.subject.on)
      let explanation = try await client.explanation(of: code.codeID)
      if self.output.isJSON { return try self.output.json(["explanation": explanation.showingPINs(false)]) }
      let time = SiteTime(device: lock)
      try self.output.facts(Self.facts(explanation, time))
      try self.output.issues(of: explanation["access_code"] ?? .null, time)
      let events = try await client.ask(
        "/events/list",
        ["since": .string(Timestamp.distantPast.iso8601), "access_code_id": .string(code.codeID), "limit": 10_000])
      let told = (events["events"]?.array ?? []).suffix(10)
      if !told.isEmpty { try self.output.line() }
      for event in told {
        try self.output.line(
          "\(time.text(event["occurred_at"], seconds: true))  \((event["event_type"]?.string ?? "").printable)")
      }
    }

    /// What there is to tell, by name.
    static func facts(_ explanation: JSONValue, _ time: SiteTime) -> [(name: String, text: String)] {
      let code = explanation["access_code"] ?? .null
      var facts: [(name: String, text: String)] = [
        ("Code", "\(code["name"]?.string ?? "(no name)") (\(code.codeID))"),
        ("Lock", explanation["device_name"]?.string ?? "-"), ("State", code.stateCell.text),
        ("Wanted", Self.wanted(explanation, code, time)), ("On the lock", Self.observed(explanation, time)),
      ]
      if let attempt = explanation["last_attempt"], attempt != .null {
        facts.append(("Last attempt", Self.attempt(attempt, time)))
      }
      facts.append(("Next", Self.next(explanation, time)))
      if explanation["is_clock_held"]?.bool == true {
        facts.append(
          ("Clock", "nobody keeps it and it is behind what was seen: nothing begins or ends by time until it is set"))
      }
      return facts
    }

    private static func wanted(_ explanation: JSONValue, _ code: JSONValue, _ time: SiteTime) -> String {
      let keeper = explanation["wanted"]?["is_end_kept_by_lock"]?.bool == true ? "the lock" : "the gateway"
      let end = code["ends_at"]?.timestamp.map { " until \(time.full($0)); \(keeper) ends it" } ?? ""
      guard let wanted = explanation["wanted"], wanted != .null else { return end.isEmpty ? "-" : "good\(end)" }
      if wanted["is_on_lock"]?.bool == true { return end.isEmpty ? "on the lock, without end" : "on the lock\(end)" }
      if let from = wanted["from"]?.timestamp { return "on the lock from \(time.full(from))\(end)" }
      return "off the lock" + (wanted["removal_due_at"]?.timestamp.map { " since \(time.full($0))" } ?? "")
    }

    private static func observed(_ explanation: JSONValue, _ time: SiteTime) -> String {
      let slot = explanation["slot"]?.whole.map { "slot \($0): " } ?? ""
      guard let observed = explanation["observed"], let contents = observed["contents"]?.string,
        let date = observed["observed_at"]?.timestamp
      else { return slot.isEmpty ? "nothing: it has no slot" : "\(slot)never looked at" }
      let seen =
        switch contents {
        case "wanted": "just what is wanted"
        case "earlier_code": "the code as it was before"
        case "other_code": "another code"
        case "something": "something that the lock does not tell"
        default: "empty"
        }
      let way =
        switch observed["proof"]?.string {
        case "read_back": ", read back"
        case "change_counter": ", by the lock's count of changes"
        case "slot_taken": ", the slot was empty before the write and is taken since"
        case "gateway": ", the gateway decides at this door"
        default: ", which proves nothing"
        }
      let write =
        switch explanation["last_write"]?.string {
        case "unconfirmed": "; a later write was not confirmed yet"
        case "failed": "; the last write did not take"
        case "changed_since": "; somebody changed it after our write"
        default: ""
        }
      return "\(slot)\(seen)\(way) \(time.full(date))\(write)"
    }

    private static func attempt(_ attempt: JSONValue, _ time: SiteTime) -> String {
      let goal = attempt["is_to_set"]?.bool == true ? "to set it" : "to remove it"
      let count = attempt["count"]?.whole ?? 1
      let times = count == 1 ? "one attempt \(goal) came to nothing" : "\(count) attempts \(goal) came to nothing"
      let message = attempt["error"]?["message"]?.string
      return times + (message.map { ": \($0)" } ?? ", without a reason from the lock")
    }

    private static func next(_ explanation: JSONValue, _ time: SiteTime) -> String {
      let next = explanation["next"] ?? .null
      var text = next["message"]?.string ?? "-"
      if let other = next["access_code_id"]?.string { text += " That code is \(other.short)." }
      if let date = next["not_before"]?.timestamp { text += " Not before \(time.full(date))." }
      if next["waits_for"]?.string == "lock_offline", let since = explanation["device_offline_since"]?.timestamp {
        text += " It has not answered since \(time.full(since)); see: bitting locks show."
      }
      return text
    }
  }
}
