import Foundation
import Testing

@testable import LockTransport

@Suite(.timeLimit(.minutes(1)))
struct LinkOpenerTests {
  @Test func `A simulated device is opened anew each time`() async throws {
    try await withReactor { reactor in
      let opener = LinkOpener.simulated { reactor throws(LinkFault) in
        let (near, far) = try Link.pair(on: reactor)
        far.write([42])
        return near
      }
      for _ in 0..<3 {
        let link = try opener.open(on: reactor)
        #expect(await link.next == .bytes([42]))
        link.close()
      }
    }
  }

  @Test(arguments: ["port", "by-id/port", "serial/by-id/port"])
  func `A device that is plugged in again is opened at once`(path: String) async throws {
    try await withReactor { reactor in
      let directory = FileManager.default.temporaryDirectory.appending(path: "bitting-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: directory) }
      let place = directory.appending(path: path)
      let opener = LinkOpener.serial(SerialPort(path: place.path, baud: 9600))
      let missing = LinkFault.missing(path: place.path)

      for round in UInt8(0)..<5 {
        let watch = opener.watch(on: reactor)
        defer { watch.close() }
        #expect(throws: missing) { try opener.open(on: reactor) }
        let start = Reactor.uptime
        async let waited: Void = watch.wait(atMost: .seconds(60), after: missing)
        let device = try Pseudoterminal(on: reactor)
        try FileManager.default.createDirectory(
          at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: place.path, withDestinationPath: device.path)
        await waited
        #expect(Reactor.uptime - start < .seconds(5))

        let link = try opener.open(on: reactor)
        link.write([round])
        #expect(await device.link.bytes(1) == [round])
        device.link.close()
        try FileManager.default.removeItem(at: directory.appending(path: String(path.split(separator: "/")[0])))
        #expect(await link.next == .closed(.hungUp))
      }
    }
  }

  @Test func `P17 what came while the loss was being worked in is opened at once`() async throws {
    try await withReactor { reactor in
      let place = FileManager.default.temporaryDirectory.appending(path: "bitting-\(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: place) }
      let opener = LinkOpener.selected(.path(place.path), SerialPort(path: place.path, baud: 9600))
      for _ in 0..<20 {
        let device = try Pseudoterminal(on: reactor)
        try FileManager.default.createSymbolicLink(atPath: place.path, withDestinationPath: device.path)
        let watch = opener.watch(on: reactor)
        defer { watch.close() }
        let link = try opener.open(on: reactor)
        device.link.close()
        #expect(await link.next == .closed(.hungUp))
        // All of it before the wait begins.
        try FileManager.default.removeItem(at: place)
        let next = try Pseudoterminal(on: reactor)
        try FileManager.default.createSymbolicLink(atPath: place.path, withDestinationPath: next.path)
        let start = Reactor.uptime
        await watch.wait(atMost: .seconds(30), after: .hungUp)
        #expect(Reactor.uptime - start < .seconds(10))
        next.link.close()
        try FileManager.default.removeItem(at: place)
      }
    }
  }

  @Test func `P17 what came in the meantime is opened at once though it looks the same as what was there`()
    async throws
  {
    try await withReactor { reactor in
      let place = FileManager.default.temporaryDirectory.appending(path: "bitting-\(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: place) }
      let device = try Pseudoterminal(on: reactor)
      let opener = LinkOpener.serial(SerialPort(path: place.path, baud: 9600))
      for _ in 0..<20 {
        try FileManager.default.createSymbolicLink(atPath: place.path, withDestinationPath: device.path)
        let watch = opener.watch(on: reactor)
        defer { watch.close() }
        try opener.open(on: reactor).close()
        try FileManager.default.removeItem(at: place)
        try FileManager.default.createSymbolicLink(atPath: place.path, withDestinationPath: device.path)
        let start = Reactor.uptime
        await watch.wait(atMost: .seconds(30), after: .hungUp)
        #expect(Reactor.uptime - start < .seconds(10))
        try FileManager.default.removeItem(at: place)
      }
      device.link.close()
    }
  }

  @Test(arguments: [false, true])
  func `A port that its holder lets go of is opened at once, and so is what a link leads to`(
    throughLink: Bool
  )
    async throws
  {
    try await withReactor { reactor in
      let device = try Pseudoterminal(on: reactor)
      let place = FileManager.default.temporaryDirectory.appending(path: "bitting-\(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: place) }
      try FileManager.default.createSymbolicLink(atPath: place.path, withDestinationPath: device.path)
      let port = SerialPort(path: throughLink ? place.path : device.path, baud: 9600)
      let watch = LinkOpener.serial(port).watch(on: reactor)
      defer { watch.close() }
      let start = Reactor.uptime
      try await withThrowingTaskGroup { group in
        group.addTask { await watch.wait(atMost: .seconds(600), after: .held(path: port.path, by: nil)) }
        group.addTask {
          while !Task.isCancelled {
            try port.open(on: reactor).close()
            await Task.yield()
          }
        }
        try await group.next()
        group.cancelAll()
      }
      #expect(Reactor.uptime - start < .seconds(4))
      device.link.close()
    }
  }

  @Test func `Without any sign the wait ends with the delay`() async throws {
    try await withReactor { reactor in
      let missing = SerialPort(path: "/dev/bitting-none/port", baud: 9600)
      for opener in [LinkOpener.serial(missing), .simulated { _ throws(LinkFault) in throw .hungUp }] {
        let start = Reactor.uptime
        let watch = opener.watch(on: reactor)
        await watch.wait(atMost: .milliseconds(30), after: .missing(path: missing.path))
        watch.close()
        #expect(Reactor.uptime - start >= .milliseconds(30))
      }
    }
  }

  @Test func `P17 nothing is left of a wait: no task, no descriptor`() async throws {
    try await withReactor { reactor in
      let directory = FileManager.default.temporaryDirectory.appending(path: "bitting-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: directory) }
      let place = directory.appending(path: "port").path
      let port = SerialPort(path: place, baud: 9600)
      let missing = LinkFault.missing(path: place)
      // A task that still waited for one would keep it.
      var channels: [Weak] = []
      for round in 0..<60 {
        let isPath = round.isMultiple(of: 2)
        let opener =
          isPath ? LinkOpener.serial(port) : .selected(.usbSerial("bitting-none", interface: nil), port)
        let watch = opener.watch(on: reactor)
        for link in [watch.directory?.notices, watch.monitor] { channels.append(Weak(object: link?.channel)) }
        let patience = Duration.milliseconds(round % 3 == 0 ? 1 : 60_000)
        let waiting = Task { await watch.wait(atMost: patience, after: missing) }
        switch round % 3 {
        case 0: break
        case 1 where isPath: try Data().write(to: URL(filePath: place))
        default: waiting.cancel()
        }
        await waiting.value
        watch.close()
        try? FileManager.default.removeItem(atPath: place)
      }
      #expect(channels.contains { $0.wasThere })
      // Whoever was just served may be in the thread's hands for a moment longer.
      for _ in 0..<10_000 where channels.contains(where: { $0.object != nil }) {
        await withCheckedContinuation { passed in reactor.ask { passed.resume() } }
      }
      #expect(channels.allSatisfy { $0.object == nil })
    }
  }

  private struct Weak {
    weak var object: AnyObject?
    let wasThere: Bool

    init(object: AnyObject?) {
      self.object = object
      self.wasThere = object != nil
    }
  }

  @Test func `A cancelled wait ends at once`() async throws {
    try await withReactor { reactor in
      let missing = SerialPort(path: "/dev/bitting-none/port", baud: 9600)
      let watch = LinkOpener.serial(missing).watch(on: reactor)
      let waiting = Task { await watch.wait(atMost: .seconds(600), after: .missing(path: missing.path)) }
      waiting.cancel()
      await waiting.value
      watch.close()
    }
  }
}
