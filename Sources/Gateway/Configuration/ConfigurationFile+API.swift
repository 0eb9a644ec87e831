import Foundation

extension ConfigurationFile {
  /// The keys of the section about the API.
  enum APIKeys {
    static let listen = ConfigurationKey<[String]>(
      "listen", .either(address, .list(address, atLeast: 1)), .standard("127.0.0.1:8471"),
      "where the API listens, one address or a list of them; port 0 takes a free one", placeholder: []
    ) { node in node.scalar.map { [$0] } ?? node.elements.compactMap(\.scalar) }
    .takesRestart.example("[\"127.0.0.1:8471\", \"[::1]:8471\"]")
    static let socket = ConfigurationKey.text(
      "socket", .optional("`bitting.sock` in the runtime directory, else in the data directory"),
      "the unix socket of the API, for its owner and root alone, who need no key; `none` for no such socket"
    ).takesRestart.example("/run/bitting/bitting.sock")
    static let tls = ConfigurationSectionKey(
      "tls", TLSKeys.section, .optional("none: plain HTTP"),
      "the certificate that clients are shown; see [network.md](network.md)")
    static let plainHTTPOffLoopback = ConfigurationKey.flag(
      "plain_http_off_loopback", .standard("false"),
      "whether other machines may ask without TLS: whoever is on that network can then read keys and PINs"
    ).takesRestart
    static let baseURL = ConfigurationKey.text(
      "base_url",
      .pattern(
        "\(origin)(/[!\"$-.0->@-~]+)*",
        words: "how clients reach the gateway, for example https://doors.example, without a slash at the end"),
      .optional("the host that a request names"), "how clients reach the gateway, for the links in its replies"
    ).example("https://doors.example")
    static let corsOrigins = ConfigurationKey.texts(
      "cors_origins",
      of: .pattern(
        origin, words: "an origin as browsers send it, for example https://panel.example or http://127.0.0.1:3000"),
      .standard("[]"),
      "whose pages may ask from a browser; no other page gets an answer that a browser shows it"
    ).example("[https://panel.example]")
    static let rateLimits = ConfigurationKey<Int?>(
      "rate_limits", .either(.choice(["published", "off"]), .integer(1...1000)), .standard("published"),
      "how often a device may be asked; a number is so many times the published limits", placeholder: 1
    ) { node in
      switch node.scalar {
      case "published": .some(.some(1))
      case "off": .some(.none)
      case let text: text.flatMap { Int($0) }.map { .some($0) }
      }
    }
    static let requestTimeout = ConfigurationKey.duration(
      "request_timeout", in: .seconds(1)...(.seconds(60)), .standard("10s"),
      "how long a client may take to send the head of a request; three times as long for its body, six times to take the answer"
    ).takesRestart

    static let section = ConfigurationSection(
      "How programs ask the gateway. The section may be left out.",
      [listen, socket, tls, plainHTTPOffLoopback, baseURL, corsOrigins, rateLimits, requestTimeout])

    // Printable ASCII without what separates the parts of an address.
    private static let origin = #"[Hh][Tt][Tt][Pp][Ss]?://[!$-)+\-.0->A-\[\]-~]+"#
    private static let address = ConfigurationForm.pattern(
      "(\\[\(host)\\]|\(host)):\(portNumber)", words: "HOST:PORT, for example 127.0.0.1:8471 or \"[::1]:8471\"")
    private static let host = #"([!-9;-Z\^-~][!-Z\^-~]*|:[!-Z\^-~]+)"#
    private static let portNumber =
      "(0|[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
  }

  /// Reads the section about the API.
  static func api(_ values: ConfigurationValues, directory: URL) -> API {
    var api = API()
    api.listen = values[APIKeys.listen]
    api.socket = values.given(APIKeys.socket)
    api.tls = Self.tls(values.section(APIKeys.tls), directory: directory)
    api.allowsPlainHTTP = values[APIKeys.plainHTTPOffLoopback]
    api.baseURL = values.given(APIKeys.baseURL)
    api.corsOrigins = Set(values[APIKeys.corsOrigins].map { $0.lowercased() })
    api.requestTimeout = values[APIKeys.requestTimeout]
    api.rateLimitScale = values[APIKeys.rateLimits]
    return api
  }
}
