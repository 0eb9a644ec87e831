import ArgumentParser
import Foundation
import Gateway
import Glibc
import LockCore
import LockDrivers
import LockSimulator
import LockTransport

/// `bitting simulate nuki`: plays a Nuki lock for tests that have a radio, or one that is played, too.
struct SimulateNuki: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nuki",
    abstract: "Play a Nuki smart lock with keypad.",
    discussion: """
      Listens at three sockets that keep message boundaries (SOCK_SEQPACKET). At SOCKET each connection is a link to the \
      lock and each packet an ATT PDU. At SOCKET.air each packet is what the lock says on the air from then on: its AD \
      structures, the name of the scan response last. At SOCKET.control each packet is a JSON object that says what \
      somebody does at the lock, such as {"do": "press_button"} or {"do": "type", "code": "974216"}, and gets one answer, \
      {"ok": ...} or {"error": "..."}. Prints `ready` when it listens; ends when it is told to terminate.
      """)

  @Option(help: ArgumentHelp("Where it listens; at most 99 bytes.", valueName: "path"))
  var socket: String

  @Option(help: "Its generation, 1 to 5.")
  var generation = 4

  @Option(help: ArgumentHelp("Its number, eight hexadecimal digits.", valueName: "digits"))
  var nukiID = "1A2B3C4D"

  @Option(help: "Its security PIN: four digits, or six for the fifth generation; zeros when left out.")
  var pin: String?

  @Option(help: ArgumentHelp("How many codes it holds.", valueName: "count"))
  var capacity: Int?

  @Option(help: ArgumentHelp("How many records its log holds.", valueName: "count"))
  var logSize: Int?

  @Option(help: "How it behaves.")
  var temperament = "plain"

  func run() async throws {
    // It keeps nothing that an end at once could hurt.
    _ = signal(SIGTERM) { _ in _exit(0) }
    do {
      try await self.play()
    } catch let fault as StartFault {
      throw fault.reported(by: "bitting")
    } catch let fault as LinkFault {
      throw StartFault(.unavailable, "\(fault)").reported(by: "bitting")
    }
  }

  private func play() async throws {
    let lock = try self.lock()
    let reactor = try Reactor()
    defer { reactor.shutDown() }
    let runner = try NukiLockRunner(lock, on: reactor)
    let server = try NukiLockServer(runner, path: self.socket, on: reactor)
    FileHandle.standardOutput.write(Data("ready\n".utf8))
    await server.run { await NukiLockControl.answer($0, of: $1) }
  }

  private func lock() throws(StartFault) -> NukiLock {
    guard let number = UInt32(self.nukiID, radix: 16) else {
      throw StartFault(.usage, "--nuki-id wants eight hexadecimal digits such as 1A2B3C4D")
    }
    let generations: [Int: NukiLockModel.Generation] = [1: .one, 2: .two, 3: .three, 4: .three, 5: .five]
    guard let generation = generations[self.generation] else {
      throw StartFault(.usage, "--generation wants a number from 1 to 5")
    }
    guard let temperament = NukiLockTemperament.named[self.temperament] else {
      let names = NukiLockTemperament.named.keys.sorted().joined(separator: ", ")
      throw StartFault(.usage, "--temperament knows \(names)")
    }
    var securityPIN: NukiSecurityPIN?
    if let digits = self.pin {
      securityPIN = NukiSecurityPIN(digits)
      guard let pin = securityPIN, pin.isLong == (generation == .five) else {
        throw StartFault(.usage, "--pin wants four digits, or six for the fifth generation")
      }
    }
    var model = NukiLockModel(generation, nukiID: number)
    if let capacity = self.capacity { model.codeCapacity = capacity }
    if let logSize = self.logSize { model.logCapacity = logSize }
    return NukiLock(model: model, securityPIN: securityPIN, temperament: temperament, random: .system)
  }
}
