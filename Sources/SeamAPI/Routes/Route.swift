import Hummingbird
import ServiceLifecycle
import SyncEngine

/// One path of the API.
struct Route: Sendable {
  /// What a path does, which decides the verbs: generations of client libraries differ on the same path, so each
  /// takes the union of theirs.
  enum Kind: Sendable {
    /// Changes nothing.
    case read
    /// Changes what is there.
    case update
    /// Takes something away.
    case delete
    /// Makes something that a repeat must not make twice.
    case replace
    /// Anything else.
    case act

    /// The verbs.
    var methods: Set<HTTPRequest.Method> {
      switch self {
      case .read: [.get, .post]
      case .update: [.patch, .put, .post]
      case .delete: [.delete, .post]
      case .replace: [.put, .post]
      case .act: [.post]
      }
    }

    /// True when the input may stand in the query string.
    var readsQuery: Bool {
      switch self {
      case .read, .delete: true
      case .update, .replace, .act: false
      }
    }
  }

  /// Does what is asked; returns the members of the reply.
  typealias Handler = @Sendable (Call) async throws -> [String: JSONValue]

  /// The path, with a slash in front.
  var path: String
  /// What it does.
  var kind: Kind
  /// What a caller must be allowed; empty for what anybody may ask, without a key too.
  var needs: Scopes
  /// What goes in.
  var schema: Schema
  /// Does it.
  var handle: Handler
  /// Gives the text of a reply that is no JSON; nil for JSON.
  var text: (@Sendable (Call) async -> PlainText)?
  /// Gives a reply that is sent as it is made; nil for JSON.
  var stream: (@Sendable (Call) async throws -> StreamedReply)?

  /// Makes a route.
  init(_ path: String, _ kind: Kind, needs: Scopes, _ schema: Schema = Schema(), handle: @escaping Handler) {
    (self.path, self.kind, self.needs, self.schema, self.handle) = (path, kind, needs, schema, handle)
  }

  /// Makes a route whose replies are no JSON.
  init(text path: String, _ kind: Kind, needs: Scopes, text: @escaping @Sendable (Call) async -> PlainText) {
    self.init(path, kind, needs: needs) { _ in [:] }
    self.text = text
  }

  /// Makes a route whose replies are sent as they are made.
  init(
    stream path: String, _ kind: Kind, needs: Scopes, _ schema: Schema,
    stream: @escaping @Sendable (Call) async throws -> StreamedReply
  ) {
    self.init(path, kind, needs: needs, schema) { _ in [:] }
    self.stream = stream
  }
}

/// A request whose caller, verb and input are good.
struct Call: Sendable {
  /// Who asks.
  var caller: Caller
  /// Who decides and remembers.
  var engine: SyncEngine
  /// The verb.
  var method: HTTPRequest.Method
  /// The path of the route.
  var path: String
  /// The checked input.
  var input: Input
  /// What links in the reply begin with, without a slash at the end.
  var baseURL: String
  /// Counts what devices are asked for.
  var gate: RateGate
  /// Which release answers.
  var version: String
  /// What is known outside of engine and API.
  var surroundings: Surroundings
  /// The requests so far.
  var tally: RequestTally

  /// How long a request is held open for what it asked to be done. Client libraries give up a request after 30 s,
  /// and after its reply poll for another 5 s only.
  static let patience: Duration = .seconds(20)

  /// The attempt once it is finished, or as far as it is when the patience is over or the daemon is told to stop,
  /// which is looked for between short waits.
  func finished(_ attempt: ActionAttempt) async throws -> ActionAttempt {
    var attempt = attempt
    let deadline = ContinuousClock.now + Self.patience
    while case .pending = attempt.status, ContinuousClock.now < deadline, !Task.isShuttingDownGracefully {
      attempt = try await self.engine.finished(attempt.id, patience: .milliseconds(500))
    }
    return attempt
  }

  /// As ``finished(_:)`` when the client said `sync`, else the attempt as it is.
  func finishedIfSync(_ attempt: ActionAttempt) async throws -> ActionAttempt {
    self.input.flag("sync") == true ? try await self.finished(attempt) : attempt
  }
}
