package import Foundation

extension ConfigurationFile {
  /// The files of the certificate that the API shows.
  package struct TLS: Equatable {
    /// PEM, the certificate itself first.
    package var certificate: String
    /// PEM, without a passphrase.
    package var key: String
  }

  /// Where a file named in the configuration lies: below the configuration's own directory, or among the credentials
  /// that systemd gives the daemon (`credential:NAME`).
  package static func place(
    of path: String, from directory: URL, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String {
    guard path.hasPrefix("credential:") else { return URL(fileURLWithPath: path, relativeTo: directory).path }
    // Without systemd there is no such directory: the message about the missing file then says where it was looked for.
    let credentials = environment["CREDENTIALS_DIRECTORY"] ?? "/run/credentials/bitting.service"
    return "\(credentials)/\(path.dropFirst("credential:".count))"
  }

  /// The keys of the certificate.
  enum TLSKeys {
    static let certificate = ConfigurationKey.text(
      "certificate", .required("add the file of the certificate, PEM"),
      "the file of the certificate, PEM: itself first, then those that lead to its issuer. `credential:NAME` for a credential of systemd"
    ).takesRestart.example("tls/gateway.pem")
    static let key = ConfigurationKey.text(
      "key", .required("add the file of the certificate's private key, PEM"),
      "the file of its private key, PEM, without a passphrase"
    ).takesRestart.example("tls/gateway.key")
    static let section = ConfigurationSection(
      "The certificate that clients are shown over TCP. What the files hold is taken over whenever they are renewed. May be left out.",
      [certificate, key])
  }

  /// The keys about webhooks.
  enum WebhookKeys {
    static let authorities = ConfigurationKey.text(
      "ca_file", .optional("those of the system alone"),
      "a file of certificate authorities, PEM, whom receivers may have their certificates from, besides those of the system"
    ).takesRestart.example("tls/site-ca.pem")
    static let section = ConfigurationSection("How [webhooks](webhooks.md) are sent. May be left out.", [authorities])
  }

  static func tls(_ values: ConfigurationValues, directory: URL) -> TLS? {
    guard let certificate = values.given(TLSKeys.certificate), let key = values.given(TLSKeys.key) else { return nil }
    return TLS(certificate: Self.place(of: certificate, from: directory), key: Self.place(of: key, from: directory))
  }
}
