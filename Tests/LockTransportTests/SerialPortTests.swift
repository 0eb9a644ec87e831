import CTermios
import Foundation
import Testing

@testable import LockTransport

@Suite(.timeLimit(.minutes(1)))
struct SerialPortTests {
  @Test(arguments: [50, 9600, 12345, 250_000, 4_000_000])
  func `Any speed can be set`(baud: Int) async throws {
    try await withReactor { reactor in
      let device = try Pseudoterminal(on: reactor)
      // Opened before the port holds the device, as a look from outside.
      let witness = unsafe ctermios_open(device.path)
      defer { _ = cchannel_close(witness) }
      let port = try SerialPort(path: device.path, baud: baud, rs485: .init()).open(on: reactor)
      var actual: UInt32 = 0
      #expect(unsafe ctermios_get_baud(witness, &actual) == 0)
      #expect(Int(actual) == baud)
      port.close()
    }
  }

  @Test(arguments: [0, -9600, Int.min, Int.max, 1 << 32])
  func `A speed that is none is refused`(baud: Int) async throws {
    try await withReactor { reactor in
      let path = try Pseudoterminal(on: reactor).path
      #expect(throws: LinkFault.speedUnsupported(path: path, baud: baud, nearest: nil)) {
        try SerialPort(path: path, baud: baud).open(on: reactor)
      }
    }
  }

  @Test func `A port is opened once, and again when it was closed`() async throws {
    try await withReactor { reactor in
      let device = try Pseudoterminal(on: reactor)
      let port = SerialPort(path: device.path, baud: 9600)
      let first = try port.open(on: reactor)
      let fault = #expect(throws: LinkFault.self) { try port.open(on: reactor) }
      guard case .held(device.path, let holder?) = fault else {
        Issue.record("expected a holder, got \(fault as Any)")
        return
      }
      #expect(holder.pid == ProcessInfo.processInfo.processIdentifier)
      first.close()
      try port.open(on: reactor).close()
    }
  }

  @Test func `Another program that has the port open is named`() async throws {
    try await withReactor { reactor in
      let device = try Pseudoterminal(on: reactor)
      let port = SerialPort(path: device.path, baud: 9600)
      let program = Process()
      program.executableURL = URL(filePath: "/bin/sleep")
      program.arguments = ["60"]
      program.standardInput = unsafe FileHandle(
        fileDescriptor: ctermios_open(device.path), closeOnDealloc: true)
      let ended = AsyncStream<Never>.makeStream()
      program.terminationHandler = { _ in ended.continuation.finish() }
      try program.run()
      #expect(
        throws: LinkFault.held(path: device.path, by: .init(pid: program.processIdentifier, name: "sleep"))
      ) { try port.open(on: reactor) }
      kill(program.processIdentifier, SIGKILL)
      for await _ in ended.stream {}
      #expect(port.holder() == nil)
      try port.open(on: reactor).close()
    }
  }

  @Test(arguments: ["/dev/null", "/proc/self/status", "/"])
  func `What is no serial device is refused`(path: String) async throws {
    try await withReactor { reactor in
      let fault = #expect(throws: LinkFault.self) { try SerialPort(path: path, baud: 9600).open(on: reactor) }
      #expect([.notATerminal(path: path), .noPermission(path: path)].contains(fault))
    }
  }

  @Test(arguments: ["/dev/bitting-none", "/dev/null/port"])
  func `A path that leads nowhere is missing`(path: String) async throws {
    try await withReactor { reactor in
      #expect(throws: LinkFault.missing(path: path)) { try SerialPort(path: path, baud: 9600).open(on: reactor) }
    }
  }

  @Test func `What the kernel says to an opening becomes a fault to act on`() {
    let port = SerialPort(path: "/dev/bitting-none", baud: 9600)
    #expect(port.fault(opening: ENOENT) == .missing(path: port.path))
    #expect(port.fault(opening: EACCES) == .noPermission(path: port.path))
    #expect(port.fault(opening: EPERM) == .notAllowed(path: port.path))
    #expect(port.fault(opening: EBUSY) == .held(path: port.path, by: nil))
    #expect(port.fault(opening: EISDIR) == .notATerminal(path: port.path))
    #expect(port.fault(opening: ENXIO) == .ioError(errno: ENXIO, during: "open"))
  }

  @Test func `Bytes from before the opening are not read`() async throws {
    try await withReactor { reactor in
      let device = try Pseudoterminal(on: reactor)
      device.link.write([1, 2, 3])
      let port = try SerialPort(path: device.path, baud: 9600).open(on: reactor)
      device.link.write([4])
      #expect(await port.bytes(1) == [4])
    }
  }

  @Test func `Five hundred openings leave no descriptor behind`() async throws {
    try await withReactor { reactor in
      let device = try Pseudoterminal(on: reactor)
      for round in 0..<500 {
        let port = try SerialPort(path: device.path, baud: 9600).open(on: reactor)
        if round.isMultiple(of: 3) {
          port.write([1])
          #expect(await device.link.bytes(1) == [1])
        }
        if round.isMultiple(of: 5) { port.setDeadline(Reactor.uptime + .seconds(1)) }
        port.close()
      }
      #expect(try openFiles(of: device.path) == 0)

      for _ in 0..<500 {
        let short = try Pseudoterminal(on: reactor)
        let port = try SerialPort(path: short.path, baud: 9600).open(on: reactor)
        short.link.close()
        #expect(await port.next == .closed(.hungUp))
      }
    }
  }

  @Test func `Each fault says what to do`() {
    let faults: [(LinkFault, words: [String])] = [
      (.missing(path: "/dev/x"), ["/dev/x", "plug"]),
      (.noPermission(path: "/dev/x"), ["/dev/x", "bitting doctor"]),
      (.notAllowed(path: "/dev/x"), ["DeviceAllow=/dev/x rw", "systemctl edit bitting"]),
      (.held(path: "/dev/x", by: .init(pid: 7, name: "brltty")), ["/dev/x", "brltty", "pid 7"]),
      (.held(path: "/dev/x", by: nil), ["/dev/x", "fuser"]),
      (.notATerminal(path: "/dev/x"), ["/dev/x", "not a serial device"]),
      (.speedUnsupported(path: "/dev/x", baud: 12345, nearest: 9600), ["12345", "9600", "choose"]),
      (.hungUp, ["plugged in"]),
      (.stalled, ["wiring"]),
      (.ioError(errno: 5, during: "read"), ["read", "Input/output error", "errno 5"]),
    ]
    for (fault, words) in faults {
      for word in words { #expect(String(describing: fault).contains(word)) }
    }
  }

  private func openFiles(of path: String) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == path
    }
  }
}
