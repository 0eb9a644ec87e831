import Foundation
import Gateway
import Testing

@testable import bitting

@Suite struct `Where the daemon is asked` {
  private static let key = "seam_k"

  @Test(
    arguments: [
      (nil, nil, [:], GatewayAddress.socket(path: "/run/bitting/bitting.sock")),
      (nil, nil, ["RUNTIME_DIRECTORY": "/run/x:/run/y"], .socket(path: "/run/x/bitting.sock")),
      ("/tmp/s", nil, ["BITTING_URL": "http://a:1"], .socket(path: "/tmp/s")),
      (nil, "http://a:1/", ["BITTING_API_KEY": "seam_k"], .url("http://a:1", key: "seam_k")),
      (nil, nil, ["BITTING_URL": "https://a", "BITTING_API_KEY": "seam_k"], .url("https://a", key: "seam_k")),
      (nil, nil, ["BITTING_API_KEY": "seam_k"], .socket(path: "/run/bitting/bitting.sock")),
    ] as [(String?, String?, [String: String], GatewayAddress)])
  func `options go before the environment, the socket is the usual way`(
    socket: String?, url: String?, environment: [String: String], address: GatewayAddress
  ) throws {
    #expect(try GatewayAddress(socket: socket, url: url, keyFile: nil, environment: environment) == address)
  }

  @Test(
    arguments: [
      ("/tmp/s", "http://a:1", nil, [:], "give --socket or --url, not both"),
      (nil, "ftp://a", nil, ["BITTING_API_KEY": "k"], "the daemon's address is of the form"),
      (nil, "http://user@a", nil, ["BITTING_API_KEY": "k"], "the daemon's address is of the form"),
      (nil, "http://a", nil, [:], "over TCP the daemon wants an API key"),
      (nil, "http://a", nil, ["BITTING_API_KEY": "a b"], "the API key holds characters that no key has"),
      (nil, nil, "/nowhere", [:], "--key-file goes with --url"),
      (nil, "http://a", "/nowhere/key", [:], "/nowhere/key cannot be read"),
    ] as [(String?, String?, String?, [String: String], String)])
  func `what makes no sense is told with its cure, and never with the key`(
    socket: String?, url: String?, keyFile: String?, environment: [String: String], sentence: String
  ) {
    let fault = #expect(throws: StartFault.self) {
      try GatewayAddress(socket: socket, url: url, keyFile: keyFile, environment: environment)
    }
    #expect(fault?.message.hasPrefix(sentence) == true)
  }

  @Test(
    arguments: [
      (GatewayFault.noSocket(path: "/s"), Gateway.ExitStatus.unavailable, "systemctl start bitting"),
      (.unattended(path: "/s"), .unavailable, "journalctl -u bitting"),
      (.forbidden(path: "/s"), .refused, "sudo"),
      (.unreachable(place: "http://a", reason: "connection refused"), .unavailable, "connection refused"),
      (.silent(place: "/s", seconds: 40), .temporaryFailure, "bitting doctor"),
      (.stranger(place: "http://a"), .protocolError, "no bittingd"),
      (
        .refused(.init(status: 400, type: "invalid_input", message: "Must contain only digits")), .dataError,
        "only digits"
      ),
      (.refused(.init(status: 401, type: "unauthorized", message: "")), .refused, "BITTING_API_KEY"),
      (.refused(.init(status: 404, type: "access_code_not_found", message: "No such")), .noInput, "No such"),
      (.refused(.init(status: 404, type: "not_found", message: "")), .protocolError, "update both"),
      (.refused(.init(status: 429, type: "rate_limited", message: "again in 3 s")), .temporaryFailure, "again in 3 s"),
      (.refused(.init(status: 503, type: "store_unavailable", message: "disk full")), .temporaryFailure, "disk full"),
      (.refused(.init(status: 500, type: "internal_server_error", message: "the log")), .software, "the log"),
    ] as [(GatewayFault, Gateway.ExitStatus, String)])
  func `every fault has the status that belongs to it and says what to do`(
    fault: GatewayFault, status: Gateway.ExitStatus, words: String
  ) {
    #expect(fault.fault.status == status)
    #expect(fault.fault.message.contains(words))
  }
}
