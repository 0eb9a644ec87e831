internal import Foundation
public import LockCore

/// An address that events are sent to.
public struct Webhook: Hashable, Sendable {
  /// Its id.
  public var id: String
  /// Where events are posted to; http or https.
  public var url: String
  /// Which events it gets: names of the catalogue, or `*` alone for all.
  public var eventTypes: [String]
  /// What its signatures are made with.
  public var secret: WebhookSecret
  /// When it was made; it gets what happens after.
  public var createdAt: Timestamp

  /// Why an address cannot be used; nil for one that can (R146).
  static func problem(ofURL text: String) -> String? {
    guard text.utf8.count <= 2048, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
      let url = URLComponents(string: text, encodingInvalidCharacters: false), let host = url.host, !host.isEmpty,
      url.port.map({ (1...65535).contains($0) }) ?? true
    else { return "url must be an absolute http or https URL of at most 2048 characters" }
    guard let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme) else {
      return "url must begin with http:// or https://"
    }
    guard url.user == nil, url.password == nil else {
      return "url must hold no user name and no password; the receiver knows the gateway by its signature"
    }
    return url.fragment == nil ? nil : "url must hold no fragment: what is behind # is never sent"
  }

  /// Why a list of types cannot be used; nil for one that can (R146).
  static func problem(ofEventTypes types: [String]) -> String? {
    if types.contains("*") {
      return types.count == 1 ? nil : "\"*\" stands for every event and must stand alone in event_types"
    }
    let unknown = types.count { !EventCatalogue.knownNames.contains($0) }
    return unknown == 0
      ? nil : "event_types names \(unknown) type(s) that no event of this API has; the API's documentation lists them"
  }
}

/// One try to deliver an event, ready to be sent.
public struct WebhookRequest: Sendable {
  /// Where to.
  public var url: String
  /// The headers, in lower case.
  public var headers: [(name: String, value: String)]
  /// The event, byte for byte as it was signed. Holds PINs: never for a log.
  public var body: [UInt8]

  /// How long the receiver may take to answer (R145).
  public static let timeout = Duration.seconds(15)

  /// Signs an event (R140-R143).
  /// - Parameters:
  ///   - webhook: who gets it.
  ///   - event: its id; the message's id is made of it, so that every try of it has the same.
  ///   - body: the event object.
  ///   - now: the time of this try; a receiver refuses what is more than five minutes off.
  init(to webhook: Webhook, event: String, body: [UInt8], at now: Timestamp) {
    let id = "msg_" + event.filter { $0 != "-" }
    let seconds = now.milliseconds / 1000
    self.url = webhook.url
    self.body = body
    self.headers = [
      ("content-type", "application/json"), ("user-agent", "bitting"), ("svix-id", id),
      ("svix-timestamp", String(seconds)),
      ("svix-signature", webhook.secret.signature(id: id, timestamp: seconds, body: body)),
    ]
  }
}
