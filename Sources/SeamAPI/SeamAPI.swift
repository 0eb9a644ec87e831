public import Listening
public import Logging
public import SyncEngine
public import TransportSecurity

/// The access-code API over HTTP: what the official Seam client libraries speak.
public struct SeamAPI: Sendable {
  /// What the operator decides.
  public struct Settings: Sendable {
    /// How clients reach this gateway, for links in replies, without a slash at the end; nil to use the host that
    /// each request names.
    public var baseURL: String?
    /// The origins whose pages may ask from a browser, in lower case, for example `https://panel.example`.
    public var corsOrigins: Set<String> = []
    /// How many times the published limits a device may be asked, 1 or more; nil for without limits (contract R97).
    public var rateLimitScale: Int? = 1
    /// How long a client may take to send the head of a request, 1 s or more; its body may take three times as long.
    public var requestTimeout = Duration.seconds(10)

    /// Which release this is, for operators.
    public var version = ""

    /// The published limits, no origin, links to the host that was asked.
    public init() {}
  }

  private let engine: SyncEngine
  private let logger: Logger
  private let settings: LiveSettings
  private let surroundings: Surroundings

  /// Makes the API of a site.
  /// - Parameters:
  ///   - engine: who decides and remembers.
  ///   - logger: told of failures, and at `debug` of every request, never with a query string, a body or a key.
  ///   - settings: what the operator decides.
  ///   - surroundings: what is known outside of engine and API.
  public init(
    engine: SyncEngine, logger: Logger, settings: Settings = Settings(),
    surroundings: Surroundings = Surroundings()
  ) {
    (self.engine, self.logger) = (engine, logger)
    (self.settings, self.surroundings) = (LiveSettings(settings), surroundings)
  }

  /// Takes other settings from now on; ``Settings/requestTimeout`` stays as it was at the start.
  public func update(_ settings: Settings) { self.settings.update(settings) }

  /// The HTTP server, to be run as a service.
  /// - Parameters:
  ///   - sockets: where to take requests; over a unix socket no key is asked for.
  ///   - late: where to take them as well, from when it can be listened there.
  ///   - certificate: shown to clients over TCP, for TLS; nil for plain HTTP.
  ///   - onRunning: called once requests are taken at the first of them.
  public func server(
    at sockets: [ListeningSocket], late: LateSockets = LateSockets(), certificate: ServerCertificate? = nil,
    onRunning: @escaping @Sendable () async -> Void = {}
  ) -> APIServer {
    APIServer(
      sockets: sockets, late: late,
      setup: ConnectionSetup(
        responder: SeamResponder(
          engine: self.engine, routes: RouteTable(), settings: self.settings, surroundings: self.surroundings),
        limits: RequestArrival.Limits(head: self.settings.current.requestTimeout), certificate: certificate,
        logger: self.logger),
      onRunning: onRunning)
  }
}
