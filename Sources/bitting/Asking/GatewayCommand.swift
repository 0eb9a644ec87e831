import ArgumentParser
import Foundation
import Gateway
import SyncEngine

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

  @Flag(help: "Print JSON, for programs.")
  var json = false

  /// Where the daemon is asked.
  func address() throws(StartFault) -> GatewayAddress {
    try GatewayAddress(
      socket: self.socket, url: self.url, keyFile: self.keyFile, environment: ProcessInfo.processInfo.environment)
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
      let client = GatewayClient(try self.gateway.address())
      do {
        try await self.run(asking: client)
      } catch {
        await client.close()
        throw error
      }
      await client.close()
    } catch let fault as GatewayFault {
      throw fault.fault.reported(by: "bitting")
    } catch let fault as StartFault {
      throw fault.reported(by: "bitting")
    }
  }
}
