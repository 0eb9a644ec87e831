import ArgumentParser
import Foundation
import Gateway
import Glibc
import LockCore
import LockDrivers
import LockTransport
import Sealing
import SyncEngine

/// `bitting pair nuki`: finds the lock whose button is held, pairs with it, and keeps its key.
struct PairNuki: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nuki",
    abstract: "Pair a Nuki smart lock.",
    discussion: """
      Stop the daemon first (sudo systemctl stop bitting), and start it again afterwards: the radio and the data directory have one owner at a time. As \
      root this acts as the owner of the data directory, so that bittingd can read what it writes. Hold the lock's button for about \
      five seconds until its ring lights up; the lock then takes a new owner for some 30 seconds. The security PIN is \
      the one that guards the lock's settings in the maker's app: four digits, or six for the fifth generation (Ultra, \
      Go, Pro 5). It is not a code that opens the door.

      Exit status: 0 paired; 69 no radio, or no lock in pairing mode was found; 73 the key cannot be kept; 75 try again \
      (the connection dropped, or bittingd is running); 77 the lock refused, or the PIN is wrong.
      """)

  @Option(help: "Name of the door; the API shows it as the device's name.")
  var name: String

  @Option(help: "The lock's security PIN. Others may see it in the list of processes: --pin-file is better.")
  var pin: String?

  @Option(help: ArgumentHelp("A file that holds the security PIN.", valueName: "file"))
  var pinFile: String?

  @Option(help: "The lock's Bluetooth address, when several are in pairing mode.")
  var address: String?

  @Option(help: "The adapter to use, by its address; any when left out.")
  var adapter: String?

  @Flag(
    help: """
      Take the place of a Nuki Bridge: the lock then signals each entry at once. It knows one bridge only, so a real one \
      loses its pairing. Not for the fifth generation.
      """)
  var asBridge = false

  @Option(help: ArgumentHelp("How long to look for the lock, in seconds.", valueName: "seconds"))
  var timeout = 60

  @OptionGroup(title: "Which data directory") var data: DataOptions

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func validate() throws {
    guard !self.name.trimmingCharacters(in: .whitespaces).isEmpty else {
      throw ValidationError("--name wants the door's name, for example --name \"Front Door\".")
    }
    guard (1...3600).contains(self.timeout) else { throw ValidationError("--timeout wants 1 to 3600 seconds.") }
    for (option, text) in [("--address", self.address), ("--adapter", self.adapter)] {
      guard text == nil || text.flatMap({ BluetoothAddress($0, kind: .public) }) != nil else {
        throw ValidationError("\(option) wants an address such as 54:D2:72:AB:CD:EF.")
      }
    }
    guard self.pin == nil || self.pinFile == nil else { throw ValidationError("Give --pin or --pin-file, not both.") }
  }

  func run() async throws {
    do {
      let lock = try await self.pair()
      try self.show(lock)
    } catch let fault as StartFault {
      throw fault.reported(by: "bitting")
    } catch let fault as LinkFault {
      throw StartFault(.software, "\(fault)").reported(by: "bitting")
    } catch let fault as Store.Fault {
      throw StartFault(fault.status, "\(fault)").reported(by: "bitting")
    }
  }

  private func pair() async throws -> PairedNukiLock {
    try self.data.checkAccess()
    // Read as whoever calls: the file may be theirs alone.
    let pin = try self.securityPIN()
    let sealKey = try self.data.sealKey()
    let directory = try self.data.take()
    let store = try Store(path: directory.path("bitting.sqlite"), key: sealKey)
    let known = PairedNukiLock.all(in: directory.url, seal: store.seal).locks
    let reactor = try Reactor()
    defer { reactor.shutDown() }
    let radio = BluetoothRadio(
      configuration: BluetoothRadio.Configuration(
        adapters: self.adapter.flatMap { BluetoothAddress($0, kind: .public) }.map { [$0] } ?? []),
      bonds: .kept(in: store) { Self.say("  \($0)") }, reactor: reactor, note: { Self.say("  \($0)") })
    let running = Task { await radio.run() }
    defer { running.cancel() }

    Self.say("Hold the lock's button for five seconds, until its ring lights up. Looking for it ...")
    let found = try await NukiSearch(address: self.address, timeout: .seconds(self.timeout)).run(on: radio)
    let nukiID = PairedNukiLock.text(of: found.nukiID)
    if let other = known.first(where: { $0.name == self.name && $0.authorization.nukiID != found.nukiID }) {
      throw StartFault(
        .usage, "the door of lock \(other.nukiID) is called '\(self.name)' already; give this one another --name")
    }
    Self.say("Found lock \(nukiID) at \(found.address). Connecting ...")
    var outcome = try await self.attempt(found, pin: pin, needsBond: false, radio: radio, reactor: reactor)
    var needsBond = false
    if case .failure(.linkFailed(let fault)) = outcome, fault.asksForSecurity {
      Self.say("  The lock demands an encrypted link. Bonding with it ...")
      needsBond = true
      outcome = try await self.attempt(found, pin: pin, needsBond: true, radio: radio, reactor: reactor)
    }
    switch outcome {
    case .success(let authorization):
      let lock = PairedNukiLock(
        name: self.name, pairedAt: Date(), needsBond: needsBond, authorization: authorization)
      try lock.write(to: directory.url, seal: store.seal)
      return lock
    case .failure(let fault): throw StartFault(fault.exitStatus, fault.message)
    }
  }

  private func attempt(
    _ found: NukiSearch.Found, pin: NukiSecurityPIN, needsBond: Bool, radio: BluetoothRadio, reactor: Reactor
  ) async throws(StartFault) -> Result<NukiAuthorization, NukiPairingFault> {
    switch await radio.way(to: found.address, needsBond: needsBond).open(Reactor.uptime + .seconds(20), reactor) {
    case .success(let link):
      var pairing = NukiPairing(
        name: "Bitting", appID: UInt32.random(in: 1 ... .max), type: self.asBridge ? .bridge : .app, pin: pin,
        address: found.address)
      return await pairing.run(over: link) { Self.say("  \($0.progress)") }
    case .failure(.absent):
      throw StartFault(
        .temporaryFailure,
        "lock \(PairedNukiLock.text(of: found.nukiID)) does not take the connection: go nearer, see that no app is connected to it, and try again"
      )
    case .failure(.bondRefused):
      throw StartFault(
        .temporaryFailure,
        "lock \(PairedNukiLock.text(of: found.nukiID)) refuses to bond: hold its button for five seconds until the ring lights up, and try again"
      )
    case .failure(.noRadio): throw StartFault(.unavailable, "the Bluetooth adapter is gone; plug it in and try again")
    case .failure(.busy): throw StartFault(.temporaryFailure, "the radio had no time; try again")
    }
  }

  private func show(_ lock: PairedNukiLock) throws {
    let authorization = lock.authorization
    if self.json {
      let result: [String: String] = [
        "name": lock.name, "nuki_id": lock.nukiID, "address": "\(authorization.address)",
        "model": authorization.model, "firmware": authorization.firmware,
        "generation": authorization.generation.rawValue, "has_keypad": authorization.hasKeypad ? "true" : "false",
      ]
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      print(String(decoding: try encoder.encode(result), as: UTF8.self))
      return
    }
    print("Paired \(authorization.model) \(lock.nukiID) (firmware \(authorization.firmware)) as '\(lock.name)'.")
    if !authorization.hasKeypad {
      print("It has no keypad yet: add one with the maker's app, or codes cannot be stored.")
    }
    print("Start the daemon again (sudo systemctl start bitting); the door is there then.")
  }

  /// The PIN from wherever it was given; asked for at the terminal else.
  private func securityPIN() throws(StartFault) -> NukiSecurityPIN {
    let digits: String
    if let pin = self.pin {
      digits = pin
    } else if let file = self.pinFile {
      guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
        throw StartFault(.usage, "\(file) cannot be read; give a file that holds the security PIN with --pin-file")
      }
      digits = text.trimmingCharacters(in: .whitespacesAndNewlines)
    } else if isatty(STDIN_FILENO) == 1 {
      Self.say("The lock's security PIN, as set in the maker's app (it is not shown):")
      digits = unsafe String(cString: getpass(""))
    } else {
      throw StartFault(.usage, "the lock's security PIN is needed: give it with --pin-file FILE")
    }
    guard let pin = NukiSecurityPIN(digits) else {
      throw StartFault(
        .usage, "the security PIN has four digits, or six for the fifth generation; look it up in the maker's app")
    }
    return pin
  }

  /// Tells the person at the lock; standard output is for the result alone.
  static func say(_ sentence: String) { FileHandle.standardError.write(Data("\(sentence)\n".utf8)) }
}

extension NukiPairingFault {
  /// What the shell is told.
  fileprivate var exitStatus: ExitStatus {
    switch self {
    case .notInPairingMode, .timedOut, .linkLost, .linkFailed, .badAuthenticator, .nonsense: .temporaryFailure
    case .lockNotAuthentic, .tableFull, .wrongPIN, .tooManyPINAttempts, .pinLength, .appOnly, .refused: .refused
    case .notALock: .unavailable
    }
  }
}

extension NukiPairing.Step {
  /// What the person at the lock is told.
  fileprivate var progress: String {
    switch self {
    case .connecting: "Connected. Looking at its services ..."
    case .exchangingKeys: "Exchanging keys ..."
    case .authenticating: "Proving the key ..."
    case .authorizing: "The lock makes the authorization ..."
    case .checkingPIN: "Checking the security PIN ..."
    case .readingConfig: "Reading its configuration ..."
    case .ended: "Done."
    }
  }
}
