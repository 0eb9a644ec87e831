import Foundation
import GRDB
import LockCore
import Logging
import Synchronization
import Testing

@testable import SyncEngine

/// Addresses, secrets and what is stored of them: rules R140-R146.
@Suite struct WebhookTests {
  private static let now = VirtualSite.start

  private func makeWebhooks(_ store: Store) throws -> Webhooks {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return try Webhooks(store: store, clock: SiteClock(floor: .distantPast), logger: logger)
  }

  /// Puts events into the journal.
  private func append(_ types: [EventType], to store: Store) throws {
    try store.database.write { database in
      for type in types {
        let draft = EventDraft(
          type: type, lock: LockID(rawValue: "lock"), account: "account", occurredAt: Self.now,
          members: type == .lockUnlocked ? ["method": "keycode"] : [:])
        try store.append([draft], workspace: "workspace", at: Self.now, in: database)
      }
    }
  }

  @Test func `R142 R143: each try is stamped and signed anew under the same id`() throws {
    let secret = try #require(WebhookSecret(Array(0..<24)))
    #expect(secret.text == "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX")
    let webhook = Webhook(
      id: "w", url: "http://receiver/", eventTypes: ["*"], secret: secret, createdAt: Self.now)
    let body = Array(#"{"event_id":"1","event_type":"lock.locked"}"#.utf8)
    func headers(_ now: Timestamp) -> [String: String] {
      let request = WebhookRequest(to: webhook, event: "0b6a-41", body: body, at: now)
      #expect(request.body == body)
      return Dictionary(request.headers.map { ($0.name, $0.value) }) { $1 }
    }
    let first = headers(Self.now)
    // Made with Python: hmac.new(bytes(range(24)), b"msg_0b6a41.1800000000." + body, "sha256").
    #expect(first["svix-signature"] == "v1,uYQ7BLp704oZAd9BkVNDjTrPAMLfEyXAFmie1+4Ck9Q=")
    #expect(first["svix-id"] == "msg_0b6a41")
    #expect(first["svix-timestamp"] == "1800000000")
    let second = headers(Self.now + .hours(5))
    #expect(second["svix-id"] == first["svix-id"])
    #expect(second["svix-timestamp"] == "1800018000")
    #expect(second["svix-signature"] != first["svix-signature"])
  }

  @Test func `R144: a secret is 24 drawn bytes, and nothing prints it`() {
    let (one, other) = (WebhookSecret(), WebhookSecret())
    #expect(one != other)
    #expect(Data(base64Encoded: String(one.text.dropFirst(6)))?.count == 24)
    #expect("\(one)" == "webhook secret")
    #expect(String(reflecting: one) == "webhook secret")
    #expect(Mirror(reflecting: one).children.isEmpty)
  }

  @Test(
    arguments: [
      ("http://192.168.1.20:8080/hooks?key=1", true), ("https://example.com/hooks", true),
      ("HTTPS://Example.com", true),
      ("http://[fd00::1]:9000/x", true), ("http://localhost", true),
      ("", false), ("example.com/hooks", false), ("/hooks", false), ("ftp://example.com/", false),
      ("file:///etc/passwd", false),
      ("http://", false), ("http:///path", false), ("http://user:word@example.com/", false),
      ("http://user@example.com/", false),
      ("http://example.com/a b", false), ("http://example.com/#part", false), ("http://example.com:0/", false),
      ("http://example.com:70000/", false), ("http://exa\nmple.com/", false), ("http://münchen.example/", false),
      ("http://example.com/" + String(repeating: "a", count: 2048), false), ("javascript:alert(1)", false),
    ])
  func `R146: an address is an absolute http or https URL without a password`(url: String, isGood: Bool) {
    #expect((Webhook.problem(ofURL: url) == nil) == isGood)
  }

  @Test(
    arguments: [
      (["*"], true), (["lock.unlocked"], true), (["lock.unlocked", "access_code.set_on_device"], true), ([], true),
      (["access_grant.created"], true), (["lock.entries_lost"], true),
      (["*", "lock.unlocked"], false), (["*", "*"], false), (["lock.exploded"], false), ([""], false),
      (["lock.*"], false), (["LOCK.UNLOCKED"], false),
    ])
  func `R146: types are names of the catalogue, or the star alone`(types: [String], isGood: Bool) {
    #expect((Webhook.problem(ofEventTypes: types) == nil) == isGood)
  }

  @Test func `R145: what waits and what was set aside survives a restart; a deleted webhook leaves nothing`() throws {
    let store = try Store()
    let webhook = Webhook(
      id: "w", url: "http://receiver/", eventTypes: ["*"], secret: WebhookSecret(), createdAt: Self.now)
    let fresh = try store.add(webhook)
    var queue = fresh
    for sequence in Int64(1)...2 {
      for minute in 1...2 { _ = queue.ended(sequence, .answered(status: 400), at: Self.now + .minutes(minute)) }
    }
    _ = queue.ended(3, .unanswered(reason: "no answer"), at: Self.now)
    try store.write(queue, over: fresh, of: "w")
    #expect(queue.head?.sequence == 3)
    #expect(queue.setAside.keys.sorted() == [1, 2])
    #expect(try store.webhooks().map(\.webhook) == [webhook])
    #expect(try store.webhooks().map(\.queue) == [queue])
    var later = queue
    _ = later.ended(1, .answered(status: 200), at: Self.now + .hours(1))
    try store.write(later, over: queue, of: "w")
    #expect(try store.webhooks().map(\.queue) == [later])
    try store.removeWebhook("w")
    #expect(try store.webhooks().isEmpty)
    #expect(try store.database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM webhook_trial") } == 0)
  }

  @Test func `R144 R146: no more than the limit, and what is refused leaves nothing`() async throws {
    let store = try Store()
    let webhooks = try self.makeWebhooks(store)
    for number in 0..<Webhooks.mostWebhooks {
      _ = try await webhooks.create(url: "http://receiver/\(number)", eventTypes: ["*"])
    }
    await #expect(throws: RequestFault.self) { try await webhooks.create(url: "http://one-more/", eventTypes: ["*"]) }
    let first = try #require(await webhooks.all().first)
    try await webhooks.delete(first.id)
    await #expect(throws: RequestFault.self) { try await webhooks.create(url: "nowhere", eventTypes: ["*"]) }
    await #expect(throws: RequestFault.self) {
      try await webhooks.create(url: "http://receiver/", eventTypes: ["lock.exploded"])
    }
    #expect(try store.webhooks().count == Webhooks.mostWebhooks - 1)
    await #expect(throws: RequestFault.self) { try await webhooks.webhook(first.id) }
    await #expect(throws: RequestFault.self) { try await webhooks.update(first.id, eventTypes: ["*"]) }
    await #expect(throws: RequestFault.self) { try await webhooks.delete(first.id) }
  }

  @Test func `R94 R145: events are kept as long as they are configured, and while a webhook is tried with them`() throws
  {
    let store = try Store()
    let webhook = Webhook(
      id: "w", url: "http://receiver/", eventTypes: ["*"], secret: WebhookSecret(), createdAt: Self.now)
    let fresh = try store.add(webhook)
    try self.append([.deviceConnected, .lockUnlocked, .deviceTampered], to: store)
    var queue = fresh
    queue.skip(to: 1)
    _ = queue.ended(2, .unanswered(reason: "no answer"), at: Self.now)
    try store.write(queue, over: fresh, of: "w")
    #expect(try store.prune(eventsBefore: Self.now + .hours(1), attemptsBefore: Self.now, tenanciesBefore: Self.now))
    #expect(try store.events(EventFilter()).map(\.sequence) == [2])
    // A forgotten event is no reason to wait for it.
    try store.write(WebhookQueue(position: 2), over: queue, of: "w")
    #expect(try store.prune(eventsBefore: Self.now + .hours(1), attemptsBefore: Self.now, tenanciesBefore: Self.now))
    #expect(try store.events(EventFilter()).isEmpty)
  }

  @Test func `R146: a webhook gets the types that it asked for, from when it asked`() async throws {
    let store = try Store()
    try self.append([.lockUnlocked], to: store)
    let webhooks = try self.makeWebhooks(store)
    let webhook = try await webhooks.create(url: "http://receiver/", eventTypes: ["lock.unlocked"])
    let (received, receive) = AsyncStream.makeStream(of: String.self)
    let run = Task {
      await webhooks.run { request in
        receive.yield(String(decoding: request.body, as: UTF8.self))
        return .answered(status: 200)
      }
    }
    var iterator = received.makeAsyncIterator()
    try self.append([.deviceConnected, .lockUnlocked, .deviceTampered], to: store)
    webhooks.journalGrew()
    let first = try #require(await iterator.next())
    #expect(try Store.json(first)["event_type"] == "lock.unlocked")
    try await webhooks.update(webhook.id, eventTypes: ["device.tampered", "device.connected"])
    try self.append([.lockUnlocked, .deviceConnected], to: store)
    webhooks.journalGrew()
    let second = try #require(await iterator.next())
    #expect(try Store.json(second)["event_type"] == "device.connected")
    try await webhooks.delete(webhook.id)
    run.cancel()
    await run.value
  }

  @Test func `R145: an endpoint that hangs holds up no other, and its try is not counted when the daemon ends`()
    async throws
  {
    let store = try Store()
    let webhooks = try self.makeWebhooks(store)
    let slow = try await webhooks.create(url: "http://slow/", eventTypes: ["*"])
    _ = try await webhooks.create(url: "http://fast/", eventTypes: ["*"])
    let (received, receive) = AsyncStream.makeStream(of: String.self)
    let run = Task {
      await webhooks.run { request in
        receive.yield(request.url)
        guard request.url == slow.url else { return .answered(status: 200) }
        let never = AsyncStream<Void> { _ in }
        for await _ in never {}
        return .unanswered(reason: "broken off")
      }
    }
    try self.append(Array(repeating: .deviceConnected, count: 100), to: store)
    webhooks.journalGrew()
    var (fast, all) = (0, 0)
    for await url in received {
      all += 1
      if url != slow.url { fast += 1 }
      if fast == 100, all == 101 { break }
    }
    run.cancel()
    await run.value
    let queues = Dictionary(try store.webhooks().map { ($0.webhook.url, $0.queue) }) { $1 }
    #expect(queues["http://slow/"] == WebhookQueue(position: 0))
    #expect(queues["http://fast/"]?.position ?? 0 >= 99)
  }
}
