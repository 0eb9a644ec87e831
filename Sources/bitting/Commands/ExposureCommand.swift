import ArgumentParser
import LockCore
import SyncEngine

/// `bitting exposure`: which PINs would go on to open doors if the gateway died now.
struct ExposureCommand: GatewayCommand {
  static let configuration = CommandConfiguration(
    commandName: "exposure",
    abstract: "List the PINs that would still open a door if this gateway died now, and until when.",
    discussion: """
      A lock that keeps times ends a code itself; a lock that does not needs the gateway for it, and would take the PIN \
      for ever if the gateway died. What would open longer than anybody wanted is listed first. Doors whose codes the \
      gateway itself holds are not listed: without the gateway they open to nobody.
      """)

  @Argument(help: ArgumentHelp("One lock; all when left out.", valueName: "lock"))
  var lock: String?

  @Flag(help: "Only what would open longer than anybody wanted.")
  var excess = false

  @OptionGroup(title: "Which daemon, and how it is shown") var gateway: GatewayOptions

  func run(asking client: GatewayClient) async throws {
    var members: [String: JSONValue] = [:]
    let locks = try await client.locks()
    if let lock = self.lock { members["device_id"] = .string(try GatewayClient.lock(lock, of: locks).deviceID) }
    let all = try await client.ask("/bitting/exposure", members)["exposures"]?.array ?? []
    let exposures = self.excess ? all.filter { $0["is_excess"]?.bool == true } : all
    if self.output.isJSON { return try self.output.json(["exposures": .array(exposures)]) }
    let excess = all.count { $0["is_excess"]?.bool == true }
    if all.isEmpty { return try self.output.line("No PIN would open a door without this gateway.") }
    if !exposures.isEmpty {
      let time = SiteTime(device: locks.first)
      var table = Table(columns: [
        .init(title: "Lock", isElastic: true), .init(title: "Code", isElastic: true), .init(title: "Opens until"),
        .init(title: "Should end"), .init(title: "Why", isElastic: true), .init(title: "Id"),
      ])
      for exposure in exposures {
        let isExcess = exposure["is_excess"]?.bool == true
        table.add(
          .init(exposure["device_name"]?.string ?? ""), .init(exposure["name"]?.string ?? "(no name)"),
          .init(exposure["opens_until"]?.timestamp.map { time.text($0) } ?? "for ever", isExcess ? .red : nil),
          .init(time.text(exposure["should_end_at"])), .init(Self.words(for: exposure["reason"]?.string)),
          .init(exposure.codeID.short))
      }
      try self.output.table(table)
      try self.output.line()
    }
    try self.output.line(
      "\(all.count.of("PIN")) would open a door without this gateway, "
        + (excess == 0 ? "none of them longer than wanted." : "\(excess) of them longer than wanted."))
  }

  /// A reason in words.
  static func words(for reason: String?) -> String {
    switch reason.flatMap(LockCore.Exposure.Reason.init(rawValue:)) {
    case .ongoing?: "wanted, without end"
    case .endsByItself?: "the lock ends it"
    case .endNeedsGateway?: "only the gateway can end it"
    case .removalPending?: "to be removed, not proven gone"
    case .changePending?: "an earlier PIN or time, not proven changed"
    case .unmanaged?: "put there by others"
    case nil: reason ?? ""
    }
  }
}
