import HTTPTypes
import LockCore
import SyncEngine

/// A refusal as the client sees it: status, type, sentence.
struct APIFault: Error {
  /// HTTP status.
  var status: Int
  /// The `type`, which clients compare.
  var type: String
  /// The sentence for people; holds no PIN and no key.
  var message: String
  /// Further members of `error`.
  var members: [String: JSONValue] = [:]
  /// Further headers.
  var headers: HTTPFields = [:]

  /// The whole body.
  var body: JSONValue {
    let error = self.members.merging(["type": .string(self.type), "message": .string(self.message)]) { _, own in own }
    return ["error": .object(error), "ok": false]
  }

  /// The input does not fit the schema of the route.
  static func invalidInput(_ problems: [InputProblem]) -> APIFault {
    APIFault(
      status: 400, type: "invalid_input", message: problems.message, members: ["validation_errors": problems.tree])
  }

  /// The input fits the schema, but asks for what cannot be.
  static func invalidInput(_ sentence: String) -> APIFault {
    .invalidInput([InputProblem(path: [], message: sentence)])
  }

  /// The query string can be read in two ways.
  static func invalidQuery(_ sentence: String) -> APIFault {
    APIFault(status: 400, type: "invalid_query_params", message: sentence)
  }

  /// The cursor comes from a listing with other parameters.
  static let mismatchedPage = APIFault(
    status: 400, type: "mismatched_page_parameters",
    message: "page_cursor belongs to a request with other parameters; repeat those or leave page_cursor out")

  /// No key, or an unknown one.
  static let unauthorized = APIFault(
    status: 401, type: "unauthorized",
    message: "Send a valid API key of this gateway in the header `Authorization: Bearer KEY`",
    headers: [.wwwAuthenticate: "Bearer"])

  /// The caller may not do this.
  static func insufficientScope(_ missing: [String], for path: String) -> APIFault {
    let names = missing.joined(separator: " and ")
    return APIFault(
      status: 403, type: "insufficient_scope",
      message:
        "This API key lacks the scope \(names), which \(path) needs. Make a key that has it with: bitting keys create NAME --scope \(missing.joined(separator: " --scope "))",
      members: ["data": ["missing_scopes": .array(missing.map(JSONValue.string))]],
      headers: [.wwwAuthenticate: "Bearer error=\"insufficient_scope\", scope=\"\(missing.joined(separator: " "))\""])
  }

  /// There is no such route.
  static let unknownPath = APIFault(status: 404, type: "not_found", message: "There is no such path")

  /// There is no such thing.
  static func notFound(_ type: String, _ sentence: String) -> APIFault {
    APIFault(status: 404, type: type, message: sentence)
  }

  /// The route has other verbs.
  static func methodNotAllowed(_ allowed: String) -> APIFault {
    APIFault(
      status: 405, type: "method_not_allowed", message: "This path takes other methods: \(allowed)",
      headers: [.allow: allowed])
  }

  /// The device was asked too often; nothing was done.
  static func rateLimited(retryAfter wait: Duration) -> APIFault {
    let seconds = wait.components.seconds + (wait.components.attoseconds > 0 ? 1 : 0)
    return APIFault(
      status: 429, type: "rate_limited",
      message: "The device was asked for this too often within a minute; try again in \(max(1, seconds)) s",
      headers: [.retryAfter: String(max(1, seconds))])
  }

  /// Too many unknown keys came from there.
  static func tooManyWrongKeys(retryAfter wait: Duration) -> APIFault {
    let seconds = max(1, wait.components.seconds + (wait.components.attoseconds > 0 ? 1 : 0))
    return APIFault(
      status: 429, type: "rate_limited",
      message:
        "Too many requests with an API key that is not known, or no longer; see to the key, then try again in \(seconds) s",
      headers: [.retryAfter: String(seconds)])
  }

  /// The body is larger than any request is.
  static let tooLarge = APIFault(
    status: 413, type: "content_too_large", message: "The request body is larger than \(RequestReader.bodyLimit) bytes")

  /// The request came without TLS to where TLS is spoken; nothing was done.
  static let tlsRequired = APIFault(
    status: 400, type: "tls_required", message: "Here TLS is spoken: ask with https:// in place of http://")

  /// The rest of the request did not come in time; nothing was done.
  static let requestTimeout = APIFault(
    status: 408, type: "request_timeout", message: "The rest of the request did not come in time; send it again")

  /// Our own mistake; what it was is in the log only.
  static let internalServerError = APIFault(
    status: 500, type: "internal_server_error", message: "Something went wrong here; the log tells more")
}

extension APIFault {
  /// What the engine refused, in the words of the API.
  init(_ fault: RequestFault) {
    switch fault {
    case .invalid(let sentence): self = .invalidInput(sentence)
    case .deviceNotFound: self = .notFound("device_not_found", "There is no such device")
    case .deviceOfOtherHalf(let isManaged):
      self = .notFound(
        "device_not_found",
        isManaged
          ? "There is no such unmanaged device; a managed one has this id: use /devices/get"
          : "There is no such managed device; an unmanaged one has this id: use /devices/unmanaged/get")
    case .deviceUnmanaged:
      self.init(
        status: 400, type: "device_unmanaged",
        message: "The device is unmanaged; make it managed with /devices/unmanaged/update first")
    case .deviceManaged:
      self.init(
        status: 400, type: "device_managed", message: "The device is managed; change it with /devices/update")
    case .accessCodeNotFound: self = .notFound("access_code_not_found", "There is no such access code")
    case .actionAttemptNotFound: self = .notFound("action_attempt_not_found", "There is no such action attempt")
    case .apiKeyNotFound:
      self = .notFound("api_key_not_found", "There is no such API key; /bitting/keys/list has them all")
    case .webhookNotFound: self = .notFound("webhook_not_found", "There is no such webhook")
    case .invalidEventTypes(let sentence): self.init(status: 400, type: "invalid_event_types", message: sentence)
    case .duplicateAccessCode(let existing):
      self.init(
        status: 409, type: "duplicate_access_code", message: "The code is already in use on this device",
        members: ["data": ["access_code_id": .string(existing.rawValue)]])
    case .accessCodeNotTimeBound:
      self.init(
        status: 400, type: "access_code_not_time_bound",
        message: "Backup access codes are for time-bound codes only: give starts_at and ends_at")
    case .backupNotFound(let sentence): self = .notFound("backup_access_code_not_found", sentence)
    case .deviceOffline:
      self.init(
        status: 400, type: "device_offline",
        message: "The device is offline; set attempt_for_offline_device to have it done once it is back")
    case .deviceTypeNotSupported(let sentence):
      self.init(status: 400, type: "device_type_not_supported", message: sentence)
    case .storeUnavailable(let sentence):
      self.init(status: 503, type: "store_unavailable", message: sentence)
    }
  }
}
