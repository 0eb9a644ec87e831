extension ConfigurationFile {
  /// Reads the section about the API.
  static func api(_ node: ConfigurationNode) throws(ConfigurationFault) -> API {
    let members = try node.members(["base_url", "cors_origins", "rate_limits", "request_timeout"])
    var settings = API()
    if let node = members["base_url"] {
      let url = try node.text()
      guard Self.origin(of: url) != nil, !url.hasSuffix("/"), !url.contains(where: { "?#".contains($0) }) else {
        throw node.misfit(
          "how clients reach the gateway, for example https://doors.example, without a slash at the end")
      }
      settings.baseURL = url
    }
    for node in try members["cors_origins"]?.elements() ?? [] {
      let text = try node.text()
      guard let origin = Self.origin(of: text), origin == text.lowercased() else {
        throw node.misfit("an origin as browsers send it, for example https://panel.example or http://127.0.0.1:3000")
      }
      settings.corsOrigins.insert(origin)
    }
    settings.requestTimeout =
      try members["request_timeout"]?.duration(in: .seconds(1)...(.seconds(60))) ?? settings.requestTimeout
    if let node = members["rate_limits"] {
      switch try node.text() {
      case "published": settings.rateLimitScale = 1
      case "off": settings.rateLimitScale = nil
      case let text:
        guard let scale = Int(text), (1...1000).contains(scale) else {
          throw node.misfit("published, off, or how many times the published limits are allowed, 1 to 1000")
        }
        settings.rateLimitScale = scale
      }
    }
    return settings
  }

  /// Scheme, host and port of an address, in lower case; nil when it has none or more in that place.
  private static func origin(of text: String) -> String? {
    guard let separator = text.firstRange(of: "://") else { return nil }
    let scheme = text[..<separator.lowerBound].lowercased()
    let host = text[separator.upperBound...].prefix { $0 != "/" }.lowercased()
    guard scheme == "http" || scheme == "https", !host.isEmpty, host.utf8.allSatisfy({ $0 > 32 && $0 < 127 }),
      !host.contains(where: { "@?#*,\"\\".contains($0) })
    else { return nil }
    return "\(scheme)://\(host)"
  }
}
