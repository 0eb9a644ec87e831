import Testing

@testable import Listening

@Suite struct `Where the API listens` {
  @Test(
    arguments: [
      ("127.0.0.1:8471", "127.0.0.1", 8471), ("[::1]:0", "::1", 0), ("::1:8471", "::1", 8471),
      ("localhost:1", "localhost", 1), ("[fe80::1%eth0]:65535", "fe80::1%eth0", 65535),
    ] as [(String, String, UInt16)])
  func `an address is a host and a port, IPv6 in brackets or not`(text: String, host: String, port: UInt16) {
    #expect(ListenAddress(text) == ListenAddress(host: host, port: port))
  }

  @Test(arguments: [
    "nonsense", "", ":", ":80", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:-1", "[::1:80", ":::", "a b:1",
  ])
  func `what is no address is none`(text: String) {
    #expect(ListenAddress(text) == nil)
  }

  @Test(arguments: ["127.0.0.1", "127.255.1.2", "::1", "::ffff:127.0.0.1", "::FFFF:127.8.8.8"])
  func `loopback is what only this machine reaches`(address: String) {
    #expect(ListenAddress.isLoopback(numeric: address))
  }

  @Test(arguments: ["0.0.0.0", "::", "192.168.1.2", "10.127.0.1", "fe80::1%eth0", "::ffff:10.0.0.1", "1127.0.0.1", ""])
  func `everything else is off loopback, the wildcard too`(address: String) {
    #expect(!ListenAddress.isLoopback(numeric: address))
  }

  @Test func `the unix socket lies where systemd says, else beside the store`() {
    #expect(SocketPlace.usual(runtimeDirectory: "/run/bitting", otherwise: "/d") == "/run/bitting/bitting.sock")
    #expect(SocketPlace.usual(runtimeDirectory: "/run/a:/run/b", otherwise: "/d") == "/run/a/bitting.sock")
    #expect(SocketPlace.usual(runtimeDirectory: nil, otherwise: "/d/") == "/d/bitting.sock")
    #expect(SocketPlace.usual(runtimeDirectory: "", otherwise: "/d") == "/d/bitting.sock")
  }
}
