import ArgumentParser
import SyncEngine

/// `bitting status`: how the site does, at a glance.
struct Status: GatewayCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show how the site does: locks, lines, codes, clock, store, and what is wrong.",
    discussion: "Exit status 0 when the daemon answers, whatever it tells; see 'bitting doctor' for causes and cures.")

  @OptionGroup(title: "Which daemon, and how it is shown") var gateway: GatewayOptions

  func run(asking client: GatewayClient) async throws {
    let answer = try await client.ask("/bitting/status")
    let status = answer["status"] ?? .null
    if self.output.isJSON { return try self.output.json(["status": status]) }
    try self.output.facts(Self.facts(status))
    let issues = status["issues"]?.array ?? []
    guard !issues.isEmpty else { return }
    try self.output.line()
    var table = Table(columns: [
      .init(title: "Lock", isElastic: true), .init(title: "Issue"), .init(title: "What to do", isElastic: true),
    ])
    for issue in issues {
      let error = issue["error_code"]?.string
      table.add(
        .init(issue.displayName), .init(error ?? issue["warning_code"]?.string ?? "", error == nil ? .yellow : .red),
        .init(issue["message"]?.string ?? ""))
    }
    try self.output.table(table)
  }

  /// What there is to tell, by name.
  static func facts(_ status: JSONValue) -> [(name: String, text: String)] {
    let time = SiteTime(zone: status["time_zone"]?.string, now: status["now"]?.timestamp ?? .present)
    func count(_ group: String, _ name: String) -> Int { status[group]?[name]?.whole ?? 0 }
    let uptime = Duration.seconds(status["uptime_seconds"]?.whole ?? 0)
    var facts: [(name: String, text: String)] = [
      ("Site", status["workspace"]?["name"]?.string ?? "-"),
      ("Version", "\(status["version"]?.string ?? "-"), up for \(uptime.words)"),
      ("Time", "\(time.text(time.now, seconds: true)) \(status["time_zone"]?.string ?? "UTC") (\(Self.clock(status)))"),
      ("Store", status["store"]?["problem"]?.string.map { "out of service: \($0)" } ?? "healthy"),
      ("Locks", "\(count("devices", "online")) of \(count("devices", "total")) online"),
    ]
    for line in status["connected_accounts"]?.array ?? [] {
      let problem = line["errors"]?.array?.first?["message"]?.string
      facts.append(
        (
          "  \(line.displayName.printable)",
          "\(line["online_device_count"]?.whole ?? 0) of \((line["device_count"]?.whole ?? 0).of("lock")) online"
            + (problem.map { "; \($0)" } ?? "")
        ))
    }
    let codes = ["set", "setting", "unset", "removing", "unknown"].compactMap { state in
      count("access_codes", state) == 0 ? nil : "\(count("access_codes", state)) \(state)"
    }
    let failed = count("access_codes", "failed")
    facts.append(
      (
        "Codes",
        (codes.isEmpty ? "none" : codes.joined(separator: ", ")) + (failed > 0 ? "; \(failed) with an error" : "")
      ))
    let excess = count("exposure", "excess")
    facts.append(
      (
        "Exposure",
        "\(count("exposure", "total").of("PIN")) would open without this gateway"
          + (excess > 0
            ? ", \(excess) of them longer than wanted: see 'bitting exposure'" : ", none longer than wanted")
      ))
    return facts
  }

  private static func clock(_ status: JSONValue) -> String {
    if status["clock"]?["is_held"]?.bool == true { return "held: the clock is behind and nobody keeps it; set it" }
    return status["clock"]?["is_trusted"]?.bool == true ? "kept by NTP or the like" : "nobody keeps the clock"
  }
}
