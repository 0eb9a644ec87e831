import LockSimulator
import Testing

@testable import LockDrivers

/// Keys, sessions, and who may open a door.
@Suite struct OSDPSessionTests {
  private let key: OSDPKey
  private let other: OSDPKey

  init() throws {
    self.key = try #require(OSDPBench.key)
    self.other = try #require(OSDPKey(Array(200...215)))
  }

  @Test func `everything after the handshake is secured`() {
    let bench = OSDPBench.secured()
    #expect(Array(bench.commands.prefix(5)) == [0x61, 0x62, 0x76, 0x77, 0x65])
    #expect(bench.sent.dropFirst(4).allSatisfy { $0.frame.security?.hasMAC == true })
    let first = bench.events.first
    guard case .online(_, _, let isSecure)? = first else {
      Issue.record("not online")
      return
    }
    #expect(isSecure)
    #expect(!bench.hasBrokenSequence)
  }

  @Test func `each session has a random number of its own`() {
    var bench = OSDPBench.secured()
    bench.onReader { $0.faults.lostSessions = 1 }
    bench.run(.seconds(1))
    let challenges = bench.sent.filter { $0.frame.code == 0x76 }.map(\.frame.data)
    #expect(challenges.count == 2 && challenges[0] != challenges[1])
    var system = OSDPRandom.system
    #expect(system.nonce() != system.nonce())
  }

  @Test func `a wrong key is an alarm, tried after 1, 2, 4 … 30 s, never in plain, never SCBK-D`() {
    var bench = OSDPBench(
      [VirtualReader(address: 5, security: .key(self.other))], keyMode: .secure(self.key))
    bench.open()
    bench.run(.seconds(150))
    let challenges = bench.sent.filter { $0.frame.code == 0x76 }
    #expect(challenges.allSatisfy { $0.frame.security?.value == 1 })
    let pauses = zip(challenges.dropFirst(), challenges).map { $0.at - $1.at }
    for (pause, expected) in zip(pauses, [1, 2, 4, 8, 16, 30, 30]) {
      #expect(pause >= .seconds(expected) && pause < .seconds(expected) + .milliseconds(300))
    }
    #expect(bench.events == [.keyRefused(true)])
    #expect(Set(bench.commands) == [0x61, 0x62, 0x76])
    #expect(!bench.hasBrokenSequence)
  }

  @Test func `the alarm ends when the key is right`() {
    var bench = OSDPBench(
      [VirtualReader(address: 5, security: .key(self.other))], keyMode: .secure(self.key))
    bench.open()
    bench.run(.seconds(2))
    let key = self.key
    bench.onReader { $0.security = .key(key) }
    bench.run(.seconds(5))
    #expect(bench.events.prefix(2) == [.keyRefused(true), .keyRefused(false)])
    #expect(bench.onlineCount == 1)
  }

  @Test(arguments: [3, 5, 6, 9] as [UInt8])
  func `a NAK to the challenge is a refused key`(reason: UInt8) {
    var bench = OSDPBench(
      [VirtualReader(address: 5, security: .key(self.key))], keyMode: .secure(self.key))
    bench.onReader { $0.faults.standingRefusals[0x76] = OSDPNAK(rawValue: reason) }
    bench.script = { frame in
      frame.code == 0x76 ? [OSDPBench.reply(.nak(OSDPNAK(rawValue: reason)), to: frame)] : nil
    }
    bench.open()
    bench.run(.seconds(10))
    #expect(bench.events == [.keyRefused(true)])
    #expect(Set(bench.commands) == [0x61, 0x62, 0x76])
  }

  @Test func `a device that answers for another key than it was asked for is refused`() throws {
    var bench = OSDPBench(
      [VirtualReader(address: 5, security: .key(self.key))], keyMode: .secure(self.key))
    let randomB = OSDPNonce(number: 1)
    let key = self.key
    bench.script = { frame in
      guard case .challenge(let randomA) = OSDPCommand(code: frame.code, data: frame.data),
        let channel = try? OSDPSecureChannel(key: .own(key), randomA: randomA, randomB: randomB)
      else { return nil }
      let answer = OSDPReply.cryptogram(
        .init(clientUID: randomB, randomB: randomB, cryptogram: channel.clientCryptogram))
      return [
        OSDPFrame(
          address: 5, isReply: true, sequence: frame.sequence,
          security: .init(type: 0x12, value: 0), code: answer.code, data: answer.data
        ).marked
      ]
    }
    bench.open()
    bench.run(.seconds(2))
    #expect(bench.events == [.keyRefused(true)])
    #expect(!bench.commands.contains(0x77))
  }

  @Test func `a device in install mode gets nothing from a panel that has a key`() {
    var bench = OSDPBench(
      [VirtualReader(address: 5, security: .install)], keyMode: .secure(self.key))
    bench.open()
    bench.run(.seconds(60))
    #expect(bench.events == [.keyRefused(true)])
    #expect(!bench.commands.contains(0x75))
    let flags = bench.sent.filter { $0.frame.code == 0x76 }.map(\.frame.security?.value)
    #expect(flags.allSatisfy { $0 == 1 })
  }

  @Test func `install mode puts the key in over SCBK-D, proves it, and is over then`() {
    var bench = OSDPBench(
      [VirtualReader(address: 5, security: .install)], keyMode: .install(self.key))
    bench.open()
    bench.run(.seconds(1))
    #expect(
      Array(bench.commands.prefix(9)) == [0x61, 0x62, 0x76, 0x76, 0x77, 0x75, 0x76, 0x77, 0x65])
    let flags = bench.sent.filter { $0.frame.code == 0x76 }.map(\.frame.security?.value)
    #expect(flags == [1, 0, 1])
    #expect(bench.events.first == .keyInstalled)
    #expect(bench.onlineCount == 1 && bench.count(.keyRefused(true)) == 0)
    #expect(bench.line[5]?.security == .key(self.key))

    bench.forget()
    bench.onReader { $0.security = .install }
    bench.onReader { $0.faults.lostSessions = 1 }
    bench.run(.seconds(30))
    #expect(bench.sent.filter { $0.frame.code == 0x76 }.allSatisfy { $0.frame.security?.value == 1 })
    #expect(!bench.commands.contains(0x75))
    #expect(bench.count(.keyRefused(true)) == 1)
  }

  @Test func `a device that has the key already needs no installing`() {
    let bench = OSDPBench.online(
      VirtualReader(address: 5, security: .key(self.key)), keyMode: .install(self.key))
    #expect(bench.events.first == .keyInstalled)
    #expect(!bench.commands.contains(0x75))
  }

  @Test func `a lost answer to KEYSET, or a plain one, still ends in a proven key`() {
    for isPlain in [false, true] {
      var bench = OSDPBench(
        [VirtualReader(address: 5, security: .install)], keyMode: .install(self.key))
      bench.open()
      while !bench.commands.contains(0x75), bench.now < .seconds(5) { bench.run(.milliseconds(1)) }
      if isPlain, let keySet = bench.sent.last?.frame {
        // Its own answer is on the way; the plain one comes first.
        bench.receive(OSDPBench.reply(.ack, to: keySet))
      } else {
        bench.onReader { $0.faults.lostAnswers = 5 }
      }
      bench.run(.seconds(8))
      #expect(bench.events.first == .keyInstalled)
      #expect(bench.onlineCount == 1)
    }
  }

  @Test func `a factory key that is refused too is an alarm`() {
    var bench = OSDPBench(
      [VirtualReader(address: 5, security: .key(self.other))], keyMode: .install(self.key))
    bench.open()
    bench.run(.seconds(10))
    #expect(bench.events == [.keyRefused(true)])
    #expect(!bench.commands.contains(0x75))
    let flags = bench.sent.filter { $0.frame.code == 0x76 }.compactMap(\.frame.security?.value)
    #expect(Array(flags.prefix(4)) == [1, 0, 1, 0])
    #expect(!bench.hasBrokenSequence)
  }

  @Test func `a device that has lost its session gets a new one at once, and the command again`() {
    var bench = OSDPBench.secured()
    bench.onReader { $0.faults.lostSessions = 1 }
    bench.forget()
    let asked = bench.now
    bench.send(
      .output([.init(number: 0, control: .onForTimer, timer: 30)]), urgent: true, token: 1)
    bench.run(.seconds(1))
    let begin = bench.commands.firstIndex(of: 0x76) ?? 0
    #expect(begin <= 2)
    #expect(bench.completed[1] == [.success(.ack)])
    #expect(bench.sent.last { $0.frame.code == 0x68 }.map { $0.at - asked < .milliseconds(500) } == true)
    #expect(bench.count(.sessionLost) == 1 && bench.onlineCount == 1)
    #expect(bench.happened.count { $0.1 == .relay(0, isOn: true) } == 1)
  }

  @Test func `a repeat answered with NAK 06, as by a device that keeps no answers, is a new session at once`() {
    var bench = OSDPBench.secured()
    var seen = 0
    bench.script = { frame in
      guard frame.code == 0x68 || seen == 1 else { return nil }
      seen += 1
      return seen == 1 ? [] : [OSDPBench.reply(.nak(.sessionNeeded), to: frame)]
    }
    bench.forget()
    bench.send(.output([.init(number: 0, control: .onForTimer, timer: 30)]), token: 1)
    bench.run(.milliseconds(500))
    let output = bench.commands.firstIndex(of: 0x68) ?? 0
    #expect(Array(bench.commands[output...].prefix(3)) == [0x68, 0x68, 0x76])
    #expect(bench.completed[1] == [.failure(.unanswered)])
  }

  @Test func `sessions that are ended again and again are slowed down to one in 30 s`() {
    var bench = OSDPBench.secured()
    bench.script = { frame in
      frame.code == 0x60 ? [OSDPBench.reply(.nak(.sessionNeeded), to: frame)] : nil
    }
    bench.forget()
    bench.run(.seconds(120))
    let challenges = bench.sent.filter { $0.frame.code == 0x76 }
    // Two a round: the reader, which did not say that NAK, finds the next number out of turn.
    #expect(challenges.count >= 8 && challenges.count <= 13)
    let pauses = zip(challenges.dropFirst(), challenges).map { $0.at - $1.at }
    #expect(pauses.allSatisfy { $0 < .seconds(32) })
  }

  @Test func `a wrong MAC ends the session; the next begins at once`() {
    var bench = OSDPBench.secured()
    var isForged = false
    bench.script = { frame in
      guard frame.code == 0x60, !isForged else { return nil }
      isForged = true
      let security = OSDPFrame.Security(type: 0x16)
      let head = OSDPFrame.head(
        address: 5, isReply: true, sequence: frame.sequence, check: .crc, security: security,
        code: 0x40, data: [])
      return [OSDPFrame(head: head, security: security, check: .crc, mac: [1, 2, 3, 4]).marked]
    }
    bench.forget()
    bench.run(.seconds(2))
    #expect(bench.commands[1] == 0x76)
    #expect(bench.sent[1].frame.sequence != bench.sent[0].frame.sequence)
    #expect(bench.events.first == .sessionLost)
    #expect(bench.onlineCount == 1)
  }

  @Test func `within a session, keys, cards and states in plain do not count`() {
    var bench = OSDPBench.secured()
    bench.script = { frame in
      guard frame.code == 0x60 else { return nil }
      return [
        OSDPBench.reply(.keys(reader: 0, [0x31]), to: frame),
        OSDPBench.reply(.card(.init(bitCount: 8, bits: [1])), to: frame),
        OSDPBench.reply(.inputs([true]), to: frame), OSDPBench.reply(.ack, to: frame),
      ]
    }
    bench.forget()
    bench.run(.milliseconds(500))
    #expect(bench.events.isEmpty)
    bench.run(.seconds(10))
    #expect(bench.count(.sessionLost) > 0)
    #expect(!bench.events.contains(.keys(reader: 0, [0x31])))
    #expect(!bench.events.contains(.card(reader: 0, bitCount: 8, bits: [1])))
    #expect(!bench.events.contains(.inputs([true])))
  }

  @Test func `a plain NAK within a session fails only its command`() {
    var bench = OSDPBench.secured()
    bench.script = { frame in
      frame.code == 0x69 ? [OSDPBench.reply(.nak(.cannotProcess), to: frame)] : nil
    }
    bench.forget()
    bench.send(.led([.init(permanent: .init(.red))]), token: 1)
    bench.run(.milliseconds(150))
    #expect(bench.completed[1] == [.failure(.refused(.cannotProcess))])
    let light = bench.commands.firstIndex(of: 0x69) ?? 0
    #expect(bench.commands[light + 1] == 0x60)
    #expect(bench.sent[light + 1].frame.security?.hasMAC == true)
  }

  @Test func `a plain device that suddenly wants a session is an alarm, and slowed down`() {
    var bench = OSDPBench.online()
    let key = self.key
    bench.onReader { $0.security = .key(key) }
    bench.forget()
    bench.run(.seconds(60))
    #expect(bench.count(.keyRefused(true)) == 1)
    #expect(bench.commands.count { $0 == 0x61 } < 12)
    #expect(!bench.commands.contains(0x76))
  }

  @Test func `a session is replaced after its lifetime, when nobody is typing`() {
    var bench = OSDPBench.secured()
    bench.bus = OSDPBus(
      configuration: .init(
        devices: [.init(address: 5, keyMode: .secure(self.key))], sessionLifetime: .seconds(60)))
    bench.close()
    bench.open()
    bench.forget()
    for _ in 0..<8 {
      bench.run(.seconds(10))
      bench.onReader { $0.pressed("1") }
    }
    #expect(bench.commands.count { $0 == 0x76 } == 1)
    bench.run(.seconds(32))
    #expect(bench.commands.count { $0 == 0x76 } == 2)
    #expect(bench.onlineCount == 2 && bench.count(.sessionLost) == 0)
    #expect(!bench.hasBrokenSequence)
  }

  @Test func `after a restart of the panel the device's old session is no hindrance`() {
    var bench = OSDPBench.secured()
    bench.close()
    #expect(bench.events.last == .offline)
    bench.forget()
    bench.open()
    bench.run(.seconds(1))
    #expect(Array(bench.commands.prefix(5)) == [0x61, 0x62, 0x76, 0x77, 0x65])
    #expect(bench.onlineCount == 1)
  }

  @Test func `a device that restarts comes back by itself`() {
    var bench = OSDPBench.secured()
    bench.onReader { _ = $0.restarted() }
    bench.forget()
    bench.run(.seconds(3))
    #expect(bench.onlineCount == 1 && bench.count(.offline) == 0)
  }
}
