import LockDrivers
import LockSimulator
import Testing

/// Deadlines, silence, offline, and the sharing of the line.
@Suite struct OSDPTimingTests {
  @Test func `an answer is awaited for 200 ms, both wire times and the adapter's latency`() {
    var bench = OSDPBench.online()
    bench.script = { _ in [] }
    bench.forget()
    bench.run(.seconds(1))
    // POLL 9 bytes with mark, room for 128 bytes of answer, 16 ms adapter.
    let expected = Duration.microseconds(200_000 + 9375 + 133_333 + 16_000)
    let wait = bench.sent[1].at - bench.sent[0].at
    #expect(wait >= expected && wait < expected + .milliseconds(1))
  }

  @Test(arguments: [9600, 115_200])
  func `two characters of silence come before each frame`(baud: Int) {
    var bench = OSDPBench([VirtualReader(address: 5, security: .plain)], baud: baud)
    var ended: Duration = .zero
    bench.open()
    let silence = Duration.nanoseconds(20_000_000_000 / baud)
    #expect(bench.sent.isEmpty)
    bench.run(.milliseconds(500))
    for (index, sent) in bench.sent.enumerated() {
      #expect(sent.at >= ended + silence)
      let answer = [0x61: 21, 0x62: 35][sent.frame.code] ?? 9
      ended = sent.at + .nanoseconds((sent.frame.wire.count + 1 + answer) * 10_000_000_000 / baud)
      if index > 1 { break }
    }
  }

  @Test func `a device is offline 8 s after its last answer, not before, and comes back`() {
    var bench = OSDPBench.online()
    let cut = bench.now
    bench.onReader { $0.faults.cutUntil = cut + .seconds(20) }
    bench.run(.milliseconds(7900))
    #expect(bench.count(.offline) == 0)
    bench.run(.milliseconds(150))
    #expect(bench.count(.offline) == 1)
    bench.forget()
    bench.run(.seconds(18))
    #expect(bench.onlineCount == 1)
    #expect(!bench.hasBrokenSequence)
  }

  @Test func `three seconds without a cable are no offline`() {
    var bench = OSDPBench.online()
    let cut = bench.now
    bench.onReader { $0.faults.cutUntil = cut + .seconds(3) }
    bench.forget()
    bench.run(.seconds(6))
    #expect(bench.count(.offline) == 0 && bench.count(.sessionLost) == 1)
    #expect(bench.onlineCount == 1)
  }

  @Test func `a dead device is tried every second, later every 5 s`() {
    var bench = OSDPBench([VirtualReader(address: 5, security: .plain)])
    bench.script = { _ in [] }
    bench.open()
    bench.run(.seconds(60))
    let pauses = zip(bench.sent.dropFirst(), bench.sent).map { $0.at - $1.at }
    #expect(bench.commands.allSatisfy { $0 == 0x61 })
    #expect(bench.sent.allSatisfy { $0.frame.sequence == 0 })
    #expect(pauses.allSatisfy { $0 >= .seconds(1) && $0 <= .seconds(6) })
    #expect(pauses.prefix(6).allSatisfy { $0 < .milliseconds(1400) })
    #expect(pauses.last.map { $0 >= .seconds(5) } == true)
  }

  @Test(arguments: [1, 3, 7])
  func `dead devices take at most a fifth of the line, all together`(dead: Int) {
    let readers = (0...dead).map { VirtualReader(address: UInt8($0), security: .plain) }
    var bench = OSDPBench(readers)
    bench.script = { $0.address == 0 ? nil : [] }
    bench.open()
    bench.run(.seconds(30))
    bench.forget()
    bench.run(.seconds(60))
    var lost: Duration = .zero
    for (index, sent) in bench.sent.enumerated().dropLast() where sent.frame.address != 0 {
      lost += bench.sent[index + 1].at - sent.at
    }
    #expect(lost <= .seconds(12) + .milliseconds(400))
    #expect(bench.sent.contains { $0.frame.address != 0 })
  }

  @Test func `a dead neighbour delays an urgent command by one deadline at most`() {
    var bench = OSDPBench([
      VirtualReader(address: 1, security: .plain), VirtualReader(address: 2, security: .plain),
    ])
    bench.open()
    bench.run(.seconds(1))
    bench.script = { $0.address == 1 ? [] : nil }
    bench.run(.milliseconds(100))
    bench.forget()
    let asked = bench.now
    bench.send(
      .output([.init(number: 0, control: .onForTimer, timer: 30)]), to: 2, urgent: true, token: 1)
    bench.run(.seconds(2))
    let sent = bench.sent.first { $0.frame.code == 0x68 }
    #expect(sent.map { $0.at - asked < .milliseconds(370) } == true)
    #expect(bench.completed[1] == [.success(.ack)])
  }

  @Test func `the line goes round; each device keeps its poll interval`() {
    var bench = OSDPBench((1...3).map { VirtualReader(address: $0, security: .plain) })
    bench.open()
    bench.run(.seconds(2))
    bench.forget()
    bench.run(.seconds(10))
    for address: UInt8 in 1...3 {
      let times = bench.sent.filter { $0.frame.address == address }.map(\.at)
      let pauses = zip(times.dropFirst(), times).map { $0 - $1 }
      #expect(pauses.allSatisfy { $0 >= .milliseconds(50) && $0 < .milliseconds(110) })
    }
  }

  @Test func `keys that wait in a reader are fetched one poll after the other without pause`() {
    var bench = OSDPBench.online()
    bench.onReader { $0.pressed("1234#") }
    bench.forget()
    bench.run(.milliseconds(300))
    #expect(bench.events.count == 5)
    let span = (bench.told.last?.at ?? .zero) - (bench.told.first?.at ?? .zero)
    #expect(span < .milliseconds(4 * 32))
  }

  @Test func `a chattering device is polled again at once eight times, then the others have their turn`() {
    var bench = OSDPBench((1...2).map { VirtualReader(address: $0, security: .plain) })
    bench.open()
    bench.run(.seconds(2))
    bench.script = { frame in
      frame.address == 1 && frame.code == 0x60
        ? [OSDPBench.reply(.keys(reader: 0, [0x31]), to: frame)] : nil
    }
    bench.run(.seconds(1))
    bench.forget()
    bench.run(.seconds(2))
    let others = bench.sent.filter { $0.frame.address == 2 }.map(\.at)
    #expect(others.count >= 6)
    let runs = bench.sent.split { $0.frame.address == 2 }.map(\.count)
    #expect(runs.allSatisfy { $0 <= 9 } && runs.contains(9))
  }

  @Test func `an urgent command overtakes what waits, on every device`() {
    var bench = OSDPBench((1...2).map { VirtualReader(address: $0, security: .plain) })
    bench.open()
    bench.run(.seconds(2))
    bench.forget()
    for token: UInt64 in 1...5 { bench.send(.buzzer(.init(on: 1, off: 1, count: 1)), to: 1, token: token) }
    bench.send(.output([.init(number: 0, control: .onForTimer, timer: 30)]), to: 2, token: 6)
    bench.send(
      .output([.init(number: 1, control: .onForTimer, timer: 30)]), to: 2, urgent: true, token: 7)
    bench.run(.seconds(1))
    let outputs = bench.sent.filter { $0.frame.code == 0x68 }
    #expect(outputs.first?.frame.data.first == 1)
    let place = bench.sent.firstIndex { $0.frame.code == 0x68 }
    #expect(place.map { $0 <= 1 } == true)
    #expect((1...7).allSatisfy { bench.completed[$0] == [.success(.ack)] })
  }

  @Test func `a command whose time is over is not sent`() {
    var bench = OSDPBench.online()
    bench.script = { _ in [] }
    bench.run(.milliseconds(100))
    bench.send(.localStatus, expires: bench.now + .milliseconds(300), token: 1)
    bench.send(.localStatus, expires: bench.now, token: 2)
    bench.run(.milliseconds(310))
    #expect(bench.completed[1] == [.failure(.expired)])
    #expect(bench.completed[2] == [.failure(.expired)])
    #expect(!bench.commands.dropFirst(7).contains(0x64))
  }

  @Test func `a command without answer is repeated only until its time is over`() {
    var bench = OSDPBench.online()
    bench.script = { $0.code == 0x68 ? [] : nil }
    bench.forget()
    bench.send(
      .output([.init(number: 0, control: .onForTimer, timer: 30)]), urgent: true,
      expires: bench.now + .milliseconds(500), token: 1)
    bench.run(.seconds(3))
    #expect(bench.commands.count { $0 == 0x68 } == 2)
    #expect(bench.completed[1] == [.failure(.unanswered)])
    #expect(!bench.hasBrokenSequence)
    #expect(bench.onlineCount == 1)
  }

  @Test func `a frame that is still arriving pushes the deadline`() {
    var bench = OSDPBench.online()
    bench.script = { _ in [] }
    bench.run(.milliseconds(100))
    let poll = bench.sent[bench.sent.count - 1]
    let long = OSDPFrame(
      address: 5, isReply: true, sequence: poll.frame.sequence, code: 0x90,
      data: Array(repeating: 1, count: 400))
    bench.forget()
    bench.run(poll.at + .milliseconds(350) - bench.now)
    for start in stride(from: 0, to: long.wire.count, by: 40) {
      bench.receive(Array(long.wire[start..<min(start + 40, long.wire.count)]))
      bench.run(.milliseconds(40))
    }
    #expect(bench.events == [.unknown(code: 0x90)])
    #expect(bench.sent.first.map { $0.frame == poll.frame } == false)
  }

  @Test func `what was begun and not finished is forgotten after a pause`() {
    var bench = OSDPBench.online()
    bench.script = { _ in [] }
    bench.run(.milliseconds(60))
    let poll = bench.sent[bench.sent.count - 1].frame
    bench.forget()
    bench.receive([0x53, 0x85, 0x20, 0x00, 0x04])
    bench.run(.milliseconds(90))
    bench.receive(OSDPBench.reply(.keys(reader: 0, [0x31]), to: poll))
    #expect(bench.events == [.keys(reader: 0, [0x31])])
  }

  @Test func `a false start of a frame does not hide the answer behind it`() {
    var bench = OSDPBench.online()
    bench.script = { _ in [] }
    bench.run(.milliseconds(60))
    let poll = bench.sent[bench.sent.count - 1].frame
    bench.forget()
    bench.receive([0x53, 0x85, 0x00, 0x04, 0x04] + OSDPBench.reply(.keys(reader: 0, [0x31]), to: poll))
    bench.run(.milliseconds(500))
    #expect(bench.events == [.keys(reader: 0, [0x31])])
  }

  @Test func `a deadline told early or twice does nothing, and is asked for again`() {
    var bench = OSDPBench.online()
    let deadline = bench.deadline
    let count = bench.sent.count
    for _ in 0..<3 {
      let effects = bench.bus.deadlinePassed(at: bench.now)
      #expect(effects == [.setDeadline(deadline)])
    }
    #expect(bench.sent.count == count)
  }

  @Test func `noise on an idle line delays the next frame by 50 ms at most`() {
    var bench = OSDPBench.online()
    bench.forget()
    for _ in 0..<500 {
      bench.receive([0xA5])
      bench.run(.milliseconds(1))
    }
    #expect(bench.sent.count >= 4)
  }
}
