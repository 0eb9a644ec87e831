import HTTPTypes
import Hummingbird
import Logging
import SyncEngine

/// Answers requests: finds the route, checks key, verb, scope and input in this order, calls the handler, and puts
/// whatever comes back, refusals included, into the envelope.
struct SeamResponder: Sendable {
  let engine: SyncEngine
  let routes: RouteTable
  let settings: LiveSettings
  let audit: RequestAudit
  let tally = RequestTally()
  let surroundings: Surroundings

  init(
    engine: SyncEngine, routes: RouteTable, settings: LiveSettings, surroundings: Surroundings = Surroundings()
  ) {
    self.surroundings = surroundings
    (self.engine, self.routes, self.settings) = (engine, routes, settings)
    self.audit = RequestAudit(of: engine)
  }

  func respond(to request: Request, context: ConnectionContext) async throws -> Response {
    let id = freshRequestID()
    let started = ContinuousClock.now
    let route = self.routes[request.uri.path]
    var response: Response
    do throws(Refusal) {
      response = try await self.answer(to: request, on: route, context: context, id: id)
    } catch {
      switch error {
      case .fault(let fault): response = Self.response(to: fault)
      case .early(let fault):
        response = Self.response(to: fault)
        // The client may be sending a body that nobody wants.
        if request.hasBody { response.headers[.connection] = "close" }
      case .connection(let error): throw error
      }
    }
    response.headers[.seamRequestID] = id
    response.headers.append(
      contentsOf: HTTPFields.crossOrigin(request.headers, allowed: self.settings.current.corsOrigins))
    if request.method == .head { response = response.createHeadResponse() }
    self.tally.answered(route?.path, status: response.status.code, after: started.duration(to: .now))
    context.logger.debug(
      "\(request.method.rawValue) \(route?.path ?? "(unknown path)") \(response.status.code)",
      metadata: ["request": "\(id)", "took": "\(started.duration(to: .now))"])
    return response
  }

  /// Why there is no reply of the route.
  private enum Refusal: Error {
    /// The request is answered with this.
    case fault(APIFault)
    /// The request is answered with this before its body was read.
    case early(APIFault)
    /// The connection failed while the body came in: the server's business.
    case connection(any Error)
  }

  private func answer(
    to request: Request, on route: Route?, context: ConnectionContext, id: String
  ) async throws(Refusal) -> Response {
    guard let route else { throw .early(.unknownPath) }
    let methods = route.kind.methods
    if request.method == .options {
      return Response(status: .ok, headers: [.allow: Self.list(methods), .contentLength: "0"])
    }
    let caller = try await self.caller(of: request, from: context.peer, on: route)
    guard methods.contains(request.method == .head ? .get : request.method) else {
      throw .early(.methodNotAllowed(Self.list(methods)))
    }
    do throws(Refusal) {
      return try await self.answer(to: request, of: caller, on: route, context: context, id: id)
    } catch {
      switch error {
      case .fault(let fault), .early(let fault): await self.audit.refused(fault, to: caller, on: route, id: id)
      case .connection: break
      }
      throw error
    }
  }

  private func answer(
    to request: Request, of caller: Caller, on route: Route, context: ConnectionContext, id: String
  ) async throws(Refusal) -> Response {
    guard caller.scopes.isSuperset(of: route.needs) else {
      throw .early(.insufficientScope(caller.scopes.missing(of: route.needs), for: route.path))
    }
    let body: [UInt8]
    do {
      body = try await RequestReader.body(of: request)
    } catch let fault as APIFault {
      throw .early(fault)
    } catch {
      throw .connection(error)
    }
    do {
      let document = try RequestReader.document(of: request, body: body, for: route)
      let input = try route.schema.input(from: document)
      let call = Call(
        caller: caller, engine: self.engine, method: request.method, path: route.path, input: input,
        baseURL: self.baseURL(of: request, in: context), gate: self.settings.gate,
        version: self.settings.current.version, surroundings: self.surroundings, tally: self.tally)
      if let text = route.text { return Response(text: await text(call)) }
      let audited = self.audit.request(route, by: caller, input, id: id)
      if let stream = route.stream {
        let reply = try await stream(call)
        // Nothing goes out before it is put down who gets it.
        if let audited { try await self.engine.record(audited, reply.details) }
        return Response(stream: reply)
      }
      let members = try await AuditedRequest.$current.withValue(audited) { try await route.handle(call) }
      let reply = JSONValue.object(members.merging(["ok": true]) { _, ok in ok })
      return Response(
        status: 200, json: try await self.audit.answer(reply, to: caller, on: route, audited, id: id))
    } catch let fault as APIFault {
      throw .fault(fault)
    } catch let fault as RequestFault {
      throw .fault(APIFault(fault))
    } catch {
      // The type alone: what an unforeseen error says of itself may hold what must not be logged.
      context.logger.error("\(route.path) failed: \(type(of: error))", metadata: ["request": "\(id)"])
      throw .fault(.internalServerError)
    }
  }

  /// Who asks.
  private func caller(of request: Request, from peer: Peer, on route: Route) async throws(Refusal) -> Caller {
    if case .local(let uid) = peer { return .localUser(uid: uid) }
    guard let sent = Self.bearer(in: request.headers) else {
      if route.needs.isEmpty { return .nobody(from: peer.address) }
      throw .early(.unauthorized)
    }
    guard let key = self.engine.apiKey(sent) else {
      // Counted everywhere: what anybody may ask must not be where keys are guessed.
      let fault = await self.audit.wrongKey(from: peer.address)
      if route.needs.isEmpty { return .nobody(from: peer.address) }
      throw .early(fault)
    }
    await self.engine.apiKeyWasUsed(key.id, from: peer.address)
    return Caller(.key(id: key.id, name: key.name), scopes: key.scopes, address: peer.address)
  }

  private func baseURL(of request: Request, in context: ConnectionContext) -> String {
    self.settings.current.baseURL
      ?? "\(context.isEncrypted ? "https" : "http")://\(request.head.authority ?? "localhost")"
  }

  private static func response(to fault: APIFault) -> Response {
    var response = Response(status: fault.status, json: fault.body)
    response.headers.append(contentsOf: fault.headers)
    return response
  }

  private static func list(_ methods: Set<HTTPRequest.Method>) -> String {
    var names = methods.map(\.rawValue) + [HTTPRequest.Method.options.rawValue]
    if methods.contains(.get) { names.append(HTTPRequest.Method.head.rawValue) }
    return names.sorted().joined(separator: ", ")
  }

  private static func bearer(in headers: HTTPFields) -> String? {
    guard let value = headers[.authorization], value.prefix(7).lowercased() == "bearer " else { return nil }
    let key = value.dropFirst(7).drop { $0 == " " }
    return key.isEmpty ? nil : String(key)
  }
}

extension Request {
  /// True when the client announces a body.
  fileprivate var hasBody: Bool {
    self.headers[.transferEncoding] != nil || self.headers[.contentLength].map { $0 != "0" } ?? false
  }
}
