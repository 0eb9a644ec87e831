import Gateway
import LockTransport
import SyncEngine

/// What the daemon answered when it was asked how it does. A value: ``findings(version:)`` judges it.
enum DaemonCondition: Hashable {
  /// It answered with its status.
  case answers(JSONValue)
  /// It did not.
  case fails(GatewayFault)
  /// It could not be asked: the address makes no sense.
  case unasked(String)

  /// What is so, what stands in the way, and its cure.
  /// - Parameter version: the version of this program.
  func findings(version: String) -> [Finding] {
    switch self {
    case .unasked(let reason): return [.bad("daemon", reason)]
    case .fails(.forbidden(let path)):
      return [.warning("daemon", "only root may ask it at \(path); call this with sudo")]
    case .fails(let fault): return [.bad("daemon", fault.fault.message)]
    case .answers(let status): return Self.findings(status, version: version)
    }
  }

  /// What the daemon says of parts that nothing else here looks at.
  /// - Parameter health: its answer at `/health`.
  static func findings(health: JSONValue) -> [Finding] {
    let parts = [
      "api": "daemon's API", "clock": "daemon's clock", "certificate": "daemon's certificate",
      "webhook_authorities": "webhooks",
    ]
    return (health["service_health_statuses"]?.array ?? []).compactMap { part in
      guard let service = part["service"]?.string, let subject = parts[service], part["status"]?.string != "healthy",
        let description = part["description"]?.string
      else { return nil }
      return .bad(subject, description.printable)
    }
  }

  private static func findings(_ status: JSONValue, version: String) -> [Finding] {
    let running = status["version"]?.string ?? "?"
    var findings: [Finding] = [
      running == version
        ? .good("daemon", "it answers (version \(running))")
        : .warning(
          "daemon", "version \(running) runs and this program is \(version); run: sudo systemctl restart bitting")
    ]
    if let problem = status["store"]?["problem"]?.string {
      findings.append(.bad("daemon's store", "out of service: \(problem); locks are not written until it can be"))
    }
    if status["clock"]?["is_held"]?.bool == true {
      findings.append(
        .bad(
          "daemon's clock",
          "it is behind what was seen and nobody keeps it, so no code begins or ends; set it: sudo timedatectl set-ntp true, or sudo date -s"
        ))
    }
    for issue in status["issues"]?.array ?? [] {
      guard let code = issue["error_code"]?.string else { continue }
      findings.append(
        .bad("lock \(issue.displayName.printable)", "\(code): \((issue["message"]?.string ?? "").printable)"))
    }
    for issue in status["issues"]?.array ?? [] {
      guard let code = issue["warning_code"]?.string else { continue }
      findings.append(
        .warning("lock \(issue.displayName.printable)", "\(code): \((issue["message"]?.string ?? "").printable)"))
    }
    let failed = status["access_codes"]?["failed"]?.whole ?? 0
    if failed > 0 {
      findings.append(
        .warning(
          "access codes",
          "\(failed.of("code has", "codes have")) an error; see: bitting codes, bitting codes explain CODE"))
    }
    let excess = status["exposure"]?["excess"]?.whole ?? 0
    if excess > 0 {
      findings.append(
        .warning(
          "exposure",
          "\(excess.of("PIN")) would open longer than wanted if this gateway died now; see: bitting exposure --excess"))
    }
    return findings
  }
}
