import LockDrivers
import LockSimulator
import Testing

/// Sequence numbers and repeats.
@Suite struct OSDPSequenceTests {
  @Test func `bring-up begins at 0 and counts 1 2 3 1 2 3`() {
    let bench = OSDPBench.online()
    #expect(Array(bench.sent.map(\.frame.sequence).prefix(8)) == [0, 1, 2, 3, 1, 2, 3, 1])
    #expect(Array(bench.commands.prefix(7)) == [0x61, 0x62, 0x65, 0x66, 0x64, 0x67, 0x60])
    #expect(!bench.hasBrokenSequence)
  }

  @Test func `a lost answer is asked for with the same bytes, and no key is lost or doubled`() {
    var bench = OSDPBench.online()
    bench.onReader {
      $0.faults.lostAnswers = 2
      $0.pressed("12")
    }
    bench.forget()
    bench.run(.seconds(2))
    #expect(bench.sent[0].frame == bench.sent[1].frame && bench.sent[1].frame == bench.sent[2].frame)
    #expect(bench.events == [.keys(reader: 0, [0x31]), .keys(reader: 0, [0x32])])
    #expect(!bench.hasBrokenSequence)
  }

  @Test func `an answer with a bad check is as none`() {
    var bench = OSDPBench.online()
    bench.onReader { $0.faults.garbledAnswers = 1 }
    bench.forget()
    bench.run(.seconds(1))
    #expect(bench.sent[0].frame == bench.sent[1].frame)
    #expect(bench.sent[1].frame != bench.sent[2].frame)
    #expect(bench.events.isEmpty)
  }

  @Test func `after three tries in vain the panel begins anew at 0`() {
    var bench = OSDPBench.online()
    bench.onReader { $0.faults.unheard = 3 }
    bench.forget()
    bench.run(.seconds(3))
    #expect(Array(bench.commands.prefix(5)) == [0x60, 0x60, 0x60, 0x61, 0x62])
    #expect(bench.sent[3].frame.sequence == 0)
    #expect(bench.events.first == .sessionLost)
    #expect(bench.onlineCount == 1 && bench.count(.offline) == 0)
  }

  @Test func `BUSY counts for nothing: the same bytes again, after 50, 100, 200 ms`() {
    var bench = OSDPBench.online()
    bench.onReader { $0.faults.busy = 3 }
    bench.forget()
    bench.send(.buzzer(.init(on: 1, off: 1, count: 1)), token: 1)
    bench.run(.seconds(1))
    let repeats = bench.sent.prefix { $0.frame == bench.sent[0].frame }
    #expect(repeats.count == 4)
    let pauses = zip(repeats.dropFirst(), repeats).map { $0.at - $1.at }
    for (pause, least) in zip(pauses, [50, 100, 200]) { #expect(pause >= .milliseconds(least)) }
    #expect(bench.completed[1] == [.success(.ack)])
    #expect(!bench.hasBrokenSequence)
  }

  @Test func `a command that gets only BUSY for 3 s is given up and never sent again`() throws {
    var bench = OSDPBench.online()
    bench.onReader { $0.faults.busy = 100 }
    bench.forget()
    bench.send(.output([.init(number: 0, control: .onForTimer, timer: 30)]), token: 1)
    bench.run(.seconds(4))
    #expect(bench.completed[1] == [.failure(.busy)])
    bench.onReader { $0.faults.busy = 0 }
    bench.forget()
    bench.run(.seconds(5))
    #expect(!bench.commands.contains(0x68))
    #expect(bench.onlineCount == 1)
  }

  @Test func `a device that is only BUSY is offline after 8 s`() {
    var bench = OSDPBench.online()
    bench.onReader { $0.faults.busy = .max }
    bench.forget()
    bench.run(.milliseconds(7900))
    #expect(bench.count(.offline) == 0)
    bench.run(.milliseconds(200))
    #expect(bench.count(.offline) == 1)
  }

  @Test(arguments: [0, 1, 2, 3] as [UInt8])
  func `NAK 04 counts under any number: begin anew at 0, and send the command then`(expected: UInt8) {
    var bench = OSDPBench.online()
    var refused = false
    bench.script = { frame in
      guard frame.code == 0x68, !refused else { return nil }
      refused = true
      return [OSDPBench.reply(.nak(.unexpectedSequence), to: frame, sequence: expected)]
    }
    bench.forget()
    bench.send(.output([.init(number: 0, control: .onForTimer, timer: 30)]), token: 1)
    bench.run(.seconds(1))
    let codes = bench.commands
    let first = codes.firstIndex(of: 0x68) ?? 0
    #expect(Array(codes[first...].prefix(4)) == [0x68, 0x61, 0x62, 0x68])
    #expect(bench.completed[1] == [.success(.ack)])
    #expect(bench.events.first == .sessionLost)
  }

  @Test func `NAK 04 to a repeat means the command may have been heard: it is not sent again`() {
    var bench = OSDPBench.online()
    var seen = 0
    bench.script = { frame in
      guard frame.code == 0x68 else { return nil }
      seen += 1
      return seen == 1 ? [] : [OSDPBench.reply(.nak(.unexpectedSequence), to: frame)]
    }
    bench.send(.output([.init(number: 0, control: .onForTimer, timer: 30)]), token: 1)
    bench.run(.seconds(3))
    #expect(bench.completed[1] == [.failure(.unanswered)])
    #expect(seen == 2)
  }

  @Test func `a late answer to an earlier frame is ignored`() {
    var bench = OSDPBench.online()
    bench.script = { frame in
      let stale = frame.sequence == 1 ? 3 : frame.sequence - 1
      return frame.code == 0x60
        ? [
          OSDPBench.reply(.keys(reader: 0, [0x31]), to: frame, sequence: stale),
          OSDPBench.reply(.ack, to: frame),
        ] : nil
    }
    bench.forget()
    bench.run(.seconds(1))
    #expect(bench.events.isEmpty)
    #expect(bench.sent.count > 10)
  }

  @Test func `own echo and other addresses are ignored`() {
    var bench = OSDPBench.online()
    bench.script = { frame in
      guard frame.code == 0x60 else { return nil }
      let foreign = OSDPFrame(
        address: 6, isReply: true, sequence: frame.sequence, code: 0x53, data: [0, 1, 0x31])
      return [
        frame.marked, foreign.marked, OSDPBench.reply(.keys(reader: 0, [0x32]), to: frame),
      ]
    }
    bench.forget()
    bench.run(.milliseconds(200))
    #expect(Set(bench.events) == [.keys(reader: 0, [0x32])])
  }
}
