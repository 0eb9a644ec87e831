import ArgumentParser
import Gateway
import LockCore
import SyncEngine

/// `bitting events`: what happened.
struct Events: GatewayCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what happened, and with --follow what happens.",
    discussion: """
      With --json each event is one line, as the API and webhooks give it.

        bitting events --since -2h --lock "Front Door"
        bitting events --follow --type lock.unlocked --type lock.access_denied
      """)

  @Flag(name: .shortAndLong, help: "Go on with what happens, until interrupted.")
  var follow = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("From when on: a time, or a distance such as -2h.", valueName: "time"))
  var since = "-1d"

  @Option(help: ArgumentHelp("Of one lock alone.", valueName: "lock"))
  var lock: String?

  @Option(help: ArgumentHelp("Of this type alone; may be given more than once.", valueName: "type"))
  var type: [String] = []

  @Option(help: ArgumentHelp("The newest so many.", valueName: "count"))
  var limit = 1000

  @Flag(help: "With --json: show the PINs that events carry.")
  var reveal = false

  @OptionGroup(title: "Which daemon, and how it is shown") var gateway: GatewayOptions

  private static let page = 10_000

  func validate() throws {
    guard self.limit >= 1 else { throw ValidationError("--limit wants a number of 1 or more.") }
  }

  func run(asking client: GatewayClient) async throws {
    let locks = try await client.locks()
    let time = SiteTime(device: locks.first)
    var members: [String: JSONValue] = ["limit": .int(Int64(Self.page))]
    if let lock = self.lock { members["device_id"] = .string(try GatewayClient.lock(lock, of: locks).deviceID) }
    if !self.type.isEmpty { members["event_types"] = .array(self.type.map(JSONValue.string)) }
    let names = Dictionary(locks.map { ($0.deviceID, $0.displayName.printable) }) { first, _ in first }
    let width = names.values.map(\.count).max() ?? 0
    var since = try time.argument(self.since, of: "--since")
    var events: [JSONValue] = []
    while true {
      let page = try await self.events(after: since, members, client)
      events = Array((events + page).suffix(self.limit))
      since = page.last?["created_at"]?.timestamp ?? since
      if page.count < Self.page { break }
    }
    while true {
      for event in events {
        try self.output.isJSON
          ? self.output.jsonLine(event.showingPINs(self.reveal))
          : self.output.line(self.line(event, names: names, width: width, time))
      }
      guard self.follow else { return }
      repeat {
        try await Task.sleep(for: .milliseconds(500))
        events = try await self.events(after: since, members, client)
      } while events.isEmpty
      since = events.last?["created_at"]?.timestamp ?? since
    }
  }

  private func events(
    after date: Timestamp, _ members: [String: JSONValue], _ client: GatewayClient
  ) async throws(GatewayFault) -> [JSONValue] {
    let members = members.merging(["since": .string(date.iso8601)]) { _, new in new }
    return try await client.ask("/events/list", members)["events"]?.array ?? []
  }

  private func line(_ event: JSONValue, names: [String: String], width: Int, _ time: SiteTime) -> String {
    let name = names[event.deviceID] ?? String(event.deviceID.short)
    let space = String(repeating: " ", count: max(0, width - name.count))
    let type = event["event_type"]?.string ?? ""
    let tint: Tint? =
      ["failed", "denied", "disconnected", "tampered"].contains { type.contains($0) }
      ? .red : type.hasPrefix("lock.") ? .green : nil
    let painted = self.output.paint(type.printable, tint)
    return "\(time.text(event["occurred_at"], seconds: true))  \(name)\(space)  \(painted)\(Self.details(of: event))"
  }

  /// What belongs to an event beside its type and lock.
  static func details(of event: JSONValue) -> String {
    var details: [String] = []
    if let method = event["method"]?.string { details.append("by \(method)") }
    if let reason = event["reason"]?["message"]?.string ?? event["reason"]?.string { details.append(reason) }
    if let error = event["error_code"]?.string { details.append(error) }
    if let text = event["description"]?.string { details.append(text) }
    if let level = event["battery_level"]?.number { details.append("\(Int((level * 100).rounded())) %") }
    if let code = event["access_code_id"]?.string { details.append("code \(code.short)") }
    return details.isEmpty ? "" : "  " + details.joined(separator: ", ").printable
  }
}
