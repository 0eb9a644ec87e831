internal import Foundation
internal import LockCore
internal import Logging
internal import Supervision

/// The addresses that events are sent to, and the sending: each address gets its events one at a time, beside the
/// others.
///
/// What was delivered is written after the receiver has answered: a crash in between sends the event again, with the
/// same message id. Safe from any task.
public actor Webhooks {
  /// Sends one request; returns what came of it, at the latest after ``WebhookRequest/timeout``. Follows no redirect.
  public typealias Post = @Sendable (WebhookRequest) async -> WebhookOutcome

  /// The most addresses there may be: each may hold one connection.
  public static let mostWebhooks = 20

  /// How long a store that cannot be read is left alone.
  private static let storeRetryDelay = Duration.seconds(10)
  /// The wall clock may be set while something waits: it is looked at so often at least.
  private static let longestSleep = Duration.seconds(30)

  struct Endpoint {
    var webhook: Webhook
    var queue: WebhookQueue
    /// What the store holds of the queue.
    var stored: WebhookQueue
    /// The end of the journal when the head was last tried.
    var seen: Int64
    /// When it began to fail, until the next success, so that the log tells each once.
    var failingSince: Timestamp?
    var isFailing: Bool { self.failingSince != nil }

    var types: [String]? { self.webhook.eventTypes == ["*"] ? nil : self.webhook.eventTypes }
  }

  private let store: Store
  private let clock: SiteClock
  private let logger: Logger
  private let watchdog: Watchdog
  private(set) var endpoints: [String: Endpoint] = [:]
  /// How often something was sent since the daemon was started, by what came of it.
  private(set) var deliveries: [String: Int] = [:]
  private var sending: [String: Task<Void, Never>] = [:]
  private var alarm: Task<Void, Never>?
  private let rings: AsyncStream<Void>
  private let bell: AsyncStream<Void>.Continuation
  /// Who wants to know that the loop comes by.
  private var questions: [@Sendable () -> Void] = []

  init(store: Store, clock: SiteClock, watchdog: Watchdog = Watchdog(), logger: Logger) throws {
    (self.store, self.clock, self.watchdog, self.logger) = (store, clock, watchdog, logger)
    // One ring is enough, however much happened: whoever hears it looks at everything.
    (self.rings, self.bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    for (webhook, queue) in try store.webhooks() {
      let ahead = try store.journal(of: nil, after: queue.position, seen: nil)
      self.endpoints[webhook.id] = Endpoint(webhook: webhook, queue: queue, stored: queue, seen: ahead.end)
    }
  }

  /// The journal has grown.
  nonisolated func journalGrew() { self.bell.yield() }

  // MARK: Requests

  /// Every webhook, oldest first.
  public func all() -> [Webhook] {
    self.endpoints.values.map(\.webhook).sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
  }

  /// One webhook.
  /// - Throws: ``RequestFault/webhookNotFound``.
  public func webhook(_ id: String) throws(RequestFault) -> Webhook {
    guard let endpoint = self.endpoints[id] else { throw .webhookNotFound }
    return endpoint.webhook
  }

  /// Makes a webhook; it is synced when this returns and gets what is stored after.
  /// - Throws: ``RequestFault/invalid(_:)`` for an address that cannot be used or one too many,
  ///   ``RequestFault/invalidEventTypes(_:)``, ``RequestFault/storeUnavailable(_:)``.
  public func create(url: String, eventTypes: [String]) throws(RequestFault) -> Webhook {
    if let problem = Webhook.problem(ofURL: url) { throw .invalid(problem) }
    if let problem = Webhook.problem(ofEventTypes: eventTypes) { throw .invalidEventTypes(problem) }
    guard self.endpoints.count < Self.mostWebhooks else {
      throw .invalid("There are \(Self.mostWebhooks) webhooks already, and no more can be had; delete one first.")
    }
    let webhook = Webhook(
      id: UUID().uuidString.lowercased(), url: url, eventTypes: eventTypes, secret: WebhookSecret(),
      createdAt: self.clock.now().date)
    let queue = try Self.stored { try self.store.add(webhook) }
    self.endpoints[webhook.id] = Endpoint(webhook: webhook, queue: queue, stored: queue, seen: queue.position)
    return webhook
  }

  /// Changes which events a webhook gets from now on; what was sent and refused before is still tried.
  /// - Throws: ``RequestFault/webhookNotFound``, ``RequestFault/invalidEventTypes(_:)``,
  ///   ``RequestFault/storeUnavailable(_:)``.
  public func update(_ id: String, eventTypes: [String]) throws(RequestFault) {
    guard let endpoint = self.endpoints[id] else { throw .webhookNotFound }
    if let problem = Webhook.problem(ofEventTypes: eventTypes) { throw .invalidEventTypes(problem) }
    // What it did not want so far is behind it.
    let position = self.step(of: endpoint, at: self.clock.now().date)?.endpoint.queue.position
    try Self.stored {
      try self.store.write(eventTypes: eventTypes, of: id, position: position ?? endpoint.queue.position)
    }
    self.endpoints[id]?.webhook.eventTypes = eventTypes
    if let position {
      self.endpoints[id]?.queue.position = position
      self.endpoints[id]?.stored.position = position
    }
    self.bell.yield()
  }

  /// Removes a webhook; nothing more is sent to it.
  /// - Throws: ``RequestFault/webhookNotFound``, ``RequestFault/storeUnavailable(_:)``.
  public func delete(_ id: String) throws(RequestFault) {
    guard self.endpoints[id] != nil else { throw .webhookNotFound }
    try Self.stored { try self.store.removeWebhook(id) }
    self.endpoints[id] = nil
    self.sending.removeValue(forKey: id)?.cancel()
  }

  private static func stored<Value>(_ write: () throws -> Value) throws(RequestFault) -> Value {
    do {
      return try write()
    } catch {
      throw .storeUnavailable(
        "The gateway cannot write its store (\(Store.reason(of: error))); nothing was changed. Check the disk, then try again."
      )
    }
  }

  // MARK: Sending

  /// Sends until the task is cancelled.
  public func run(_ post: @escaping Post) async {
    let watched = self.watchdog.watch("webhooks") { [self] answered in Task { await self.ask(answered) } }
    defer { self.watchdog.forget(watched) }
    self.bell.yield()
    for await _ in self.rings {
      self.look(post)
      let questions = self.questions
      self.questions = []
      for answered in questions { answered() }
    }
    self.alarm?.cancel()
    let unfinished = self.sending.values
    self.sending = [:]
    for task in unfinished { task.cancel() }
    for task in unfinished { await task.value }
  }

  /// Has the loop call `answered` the next time it comes by.
  private func ask(_ answered: @escaping @Sendable () -> Void) {
    self.questions.append(answered)
    self.bell.yield()
  }

  private func look(_ post: @escaping Post) {
    let now = self.clock.now().date
    var earliest: Timestamp?
    for id in self.endpoints.keys.sorted() where self.sending[id] == nil {
      guard let endpoint = self.endpoints[id] else { continue }
      guard let (advanced, step) = self.step(of: endpoint, at: now) else {
        earliest = min(earliest ?? .distantFuture, now + Self.storeRetryDelay)
        continue
      }
      self.endpoints[id] = advanced
      switch step {
      case .send(let sequence): self.send(sequence, to: advanced.webhook, post)
      case .wait(let date): if let date { earliest = min(earliest ?? date, date) }
      }
    }
    self.alarm?.cancel()
    self.alarm = earliest.map { date in
      let pause = min(max(date - now, .milliseconds(1)), Self.longestSleep)
      return Task { [bell] in
        guard (try? await Task.sleep(for: pause)) != nil else { return }
        bell.yield()
      }
    }
  }

  /// What an endpoint does next, and the endpoint with everything behind it that it does not want; nil when the store
  /// cannot be read.
  private func step(
    of endpoint: Endpoint, at now: Timestamp
  ) -> (
    endpoint: Endpoint, step: WebhookQueue.Step
  )? {
    do {
      let queue = endpoint.queue
      let ahead = try self.store.journal(
        of: endpoint.types, after: queue.position, seen: queue.head == nil ? nil : endpoint.seen)
      var endpoint = endpoint
      endpoint.queue.skip(to: ahead.following.map { $0 - 1 } ?? ahead.end)
      let step = endpoint.queue.step(at: now, following: ahead.following, hasNews: ahead.hasNews)
      if case .send = step { endpoint.seen = ahead.end }
      return (endpoint, step)
    } catch {
      self.logger.error("webhooks: the journal cannot be read", metadata: ["reason": "\(Store.reason(of: error))"])
      return nil
    }
  }

  private func send(_ sequence: Int64, to webhook: Webhook, _ post: @escaping Post) {
    self.sending[webhook.id] = Task {
      var outcome: WebhookOutcome?
      var event: Store.JournalledEvent?
      do {
        event = try self.store.event(at: sequence)
        if let event {
          outcome = await post(
            WebhookRequest(
              to: webhook, event: event.id, body: Array(event.payload.utf8), at: self.clock.now().date))
        }
      } catch {
        outcome = .unanswered(reason: "the journal cannot be read: \(Store.reason(of: error))")
      }
      // What was broken off by the end of the daemon or of the webhook has not failed.
      guard !Task.isCancelled else { return }
      self.ended(sequence, event: event?.id, outcome, to: webhook.id)
    }
  }

  /// - Parameter outcome: nil for an event that the journal has forgotten meanwhile.
  private func ended(_ sequence: Int64, event: String?, _ outcome: WebhookOutcome?, to id: String) {
    self.sending[id] = nil
    defer { self.bell.yield() }
    guard var endpoint = self.endpoints[id] else { return }
    let now = self.clock.now().date
    let verdict = endpoint.queue.ended(sequence, outcome ?? .answered(status: 200), at: now)
    self.deliveries["\(verdict)", default: 0] += 1
    switch verdict {
    case .delivered:
      if endpoint.isFailing {
        self.logger.notice(
          "webhook \(id): it takes events again", metadata: [LogTopic.key: "\(LogTopic.webhookBack.rawValue)"])
      }
      endpoint.failingSince = nil
    case .failed:
      if !endpoint.isFailing {
        self.logger.warning(
          "webhook \(id): an event was not delivered: \(outcome?.words ?? ""); it is tried again",
          metadata: [LogTopic.key: "\(LogTopic.webhookFails.rawValue)"])
      }
      endpoint.failingSince = endpoint.failingSince ?? now
    case .givenUp:
      self.logger.warning(
        "webhook \(id): an event was given up: \(outcome?.words ?? ""); it can still be read with /events/get",
        metadata: ["event": "\(event ?? "")", LogTopic.key: "\(LogTopic.eventGivenUp.rawValue)"])
    }
    do {
      if endpoint.queue != endpoint.stored {
        try self.store.write(endpoint.queue, over: endpoint.stored, of: id)
        endpoint.stored = endpoint.queue
      }
    } catch {
      // The memory goes on; a restart before the next write that succeeds sends these again.
      self.logger.error("webhooks: what was sent cannot be kept", metadata: ["reason": "\(Store.reason(of: error))"])
    }
    self.endpoints[id] = endpoint
  }
}
