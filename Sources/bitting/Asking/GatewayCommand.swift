import ArgumentParser
import Foundation
import Gateway
import SyncEngine
import TransportSecurity

/// Which daemon is asked and how it is shown; the same options on every command that asks.
struct GatewayOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The daemon's unix socket; /run/bitting/bitting.sock when left out.", valueName: "path"))
  var socket: String?

  @Option(
    help: ArgumentHelp(
      "The daemon over TCP instead, as http://HOST:PORT; or the variable BITTING_URL.", valueName: "url"))
  var url: String?

  @Option(
    help: ArgumentHelp(
      "A file with the API key for --url; or the key in the variable BITTING_API_KEY.", valueName: "file"))
  var keyFile: String?

  @Option(
    help: ArgumentHelp(
      "Authorities to trust with https beside the system's, PEM; or the variable BITTING_CA_FILE.", valueName: "file"))
  var caFile: String?

  @Flag(help: "Print JSON, for programs.")
  var json = false

  /// Where the daemon is asked.
  func address() throws(StartFault) -> GatewayAddress {
    try GatewayAddress(
      socket: self.socket, url: self.url, keyFile: self.keyFile, environment: ProcessInfo.processInfo.environment)
  }

  /// What asks the daemon there; it must be closed at the end.
  func client() throws(StartFault) -> GatewayClient {
    let address = try self.address()
    guard let file = self.caFile ?? ProcessInfo.processInfo.environment["BITTING_CA_FILE"], !file.isEmpty else {
      return GatewayClient(address)
    }
    do throws(CertificateFault) {
      return GatewayClient(address, trusting: try PrivateAuthorities(file: file))
    } catch {
      throw StartFault(.noInput, error.message)
    }
  }
}

/// A command that asks the daemon.
protocol GatewayCommand: AsyncParsableCommand {
  /// Which daemon, and how it is shown.
  var gateway: GatewayOptions { get }
  /// Asks and shows. What it throws is told and ends the process with the status that belongs to it.
  func run(asking client: GatewayClient) async throws
}

extension GatewayCommand {
  /// Where this command prints.
  var output: Output { Output(isJSON: self.gateway.json) }

  func run() async throws {
    do {
      try await self.gateway.withClient { try await self.run(asking: $0) }
    } catch let fault as GatewayFault {
      throw fault.fault.reported(by: "bitting")
    } catch let fault as StartFault {
      throw fault.reported(by: "bitting")
    }
  }
}

extension GatewayOptions {
  /// Lets `ask` have a client, and closes that whatever comes of it.
  func withClient(_ ask: (GatewayClient) async throws -> Void) async throws {
    let client = try self.client()
    do {
      try await ask(client)
    } catch {
      await client.close()
      throw error
    }
    await client.close()
  }
}
