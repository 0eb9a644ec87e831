import Gateway
import SyncEngine

/// Why the daemon did not do what it was asked, or was not asked at all.
enum GatewayFault: Error, Hashable {
  /// Nothing is at the socket's path.
  case noSocket(path: String)
  /// A socket is there, and nobody listens.
  case unattended(path: String)
  /// This user may not use the socket.
  case forbidden(path: String)
  /// The path is longer than a socket's path may be.
  case pathTooLong(path: String)
  /// Nothing answers at the address; in the words of whatever said so.
  case unreachable(place: String, reason: String)
  /// The daemon took the request and did not answer in time.
  case silent(place: String, seconds: Int)
  /// Something else than bittingd answers.
  case stranger(place: String)
  /// The daemon refused.
  case refused(Refusal)

  /// A refusal in the words of the API.
  struct Refusal: Hashable {
    /// HTTP status.
    var status: Int
    /// The `type`, which programs compare.
    var type: String
    /// The sentence for people.
    var message: String
    /// All members of `error`.
    var members: JSONValue = [:]
  }

  /// The refusal; nil for what was not even asked.
  var refusal: Refusal? { if case .refused(let refusal) = self { refusal } else { nil } }

  /// True when no daemon runs at a socket.
  var isNobodyThere: Bool {
    switch self {
    case .noSocket, .unattended: true
    default: false
    }
  }

  private static let start =
    "start it with 'sudo systemctl start bitting', and see 'journalctl -u bitting -n 50' for why it is not up; for a daemon elsewhere give --socket PATH or --url URL"

  /// The same as a reason for this process to end: what is wrong, what to do, and the exit status.
  var fault: StartFault {
    switch self {
    case .noSocket(let path): StartFault(.unavailable, "bittingd does not run: nothing is at \(path); \(Self.start)")
    case .unattended(let path):
      StartFault(.unavailable, "bittingd does not run: nobody listens at \(path) any more; \(Self.start)")
    case .forbidden(let path):
      StartFault(.refused, "\(path) is for root and the daemon's user alone; call this with sudo")
    case .pathTooLong(let path):
      StartFault(.usage, "\(path) is longer than the 107 bytes that a socket's path may have; take a shorter one")
    case .unreachable(let place, let reason):
      StartFault(
        .unavailable,
        "nothing answers at \(place) (\(reason)); see that bittingd runs there and listens at that address (--listen, api.tls)"
      )
    case .silent(let place, let seconds):
      StartFault(
        .temporaryFailure,
        "bittingd at \(place) has not answered for \(seconds) s; try again, and see 'bitting doctor' and 'journalctl -u bitting -n 50'"
      )
    case .stranger(let place):
      StartFault(
        .protocolError,
        "what answers at \(place) is no bittingd, or one of another age; see the address and update both")
    case .refused(let refusal): StartFault(Self.status(of: refusal), Self.sentence(of: refusal))
    }
  }

  private static func status(of refusal: Refusal) -> ExitStatus {
    switch refusal.status {
    case 401, 403: .refused
    case 404: refusal.type == "not_found" ? .protocolError : .noInput
    case 405: .protocolError
    case 408, 429, 502...599: .temporaryFailure
    case 409 where refusal.type == "backup_under_way": .temporaryFailure
    case 400..<500: .dataError
    default: .software
    }
  }

  private static func sentence(of refusal: Refusal) -> String {
    switch (refusal.status, refusal.type) {
    case (401, _):
      "the daemon does not know this API key; give a valid one in BITTING_API_KEY or with --key-file, or call this on the box itself with sudo"
    case (404, "not_found"), (405, _):
      "this daemon does not know what is asked of it: it is of another age than this program; update both"
    default: "\(refusal.message) (\(refusal.type))"
    }
  }
}
