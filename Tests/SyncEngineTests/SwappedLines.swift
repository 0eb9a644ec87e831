import LockCore
import LockDrivers
import LockSimulator
import LockTransport
import Seeded
import Testing

@testable import SyncEngine

/// Two OSDP lines and the adapters of their devices, in virtual time: ``PortMatching`` and the drivers as they are, and
/// between them sessions, wires and people whose every step takes as long as chance wants. What a session tells arrives
/// in order and late, so that much of it is over by then.
struct SwappedLines {
  /// What a line tells of itself.
  private enum Message {
    case opened(plug: Int)
    case lost
    case reported(LockReport)
  }

  private enum Deed {
    case message(line: Int, Message)
    case submit(line: Int, CommandID)
    case hungUp(line: Int, link: Int)
    case toDevice(line: Int, link: Int, [UInt8])
    case toPanel(link: Int, [UInt8])
  }

  private struct Line {
    var driver: OSDPDoorDriver
    var plug: PortMatching.Plug
    /// The plugging-in of an adapter that the open port leads to.
    var link: Int?
    var deadline: Duration?
    var opensAt: Duration?
    /// When the last thing that was told arrives.
    var told = Duration.zero
  }

  private struct Adapter {
    var line: VirtualLine
    /// Where it is plugged in; nil while it is pulled out.
    var port: PortSelector?
    /// Another one each time it is plugged in.
    var link = 0
  }

  static let names = ["front", "back"]
  private static let locks = names.map(LockID.init(rawValue:))
  private static let ports = [PortSelector.path("/dev/ttyA"), .path("/dev/ttyB")]
  private static let identify: UInt8 = 0x61

  /// Commands other than the question who it is that reached a device of the other line.
  private(set) var misled = 0
  /// Commands that were given and have not ended yet.
  private(set) var pending: Set<CommandID> = []
  private(set) var succeeded: Set<CommandID> = []
  private(set) var failed = 0
  /// How often two lines changed their ports.
  private(set) var swaps = 0
  /// How many things happened.
  private(set) var steps = 0

  private var matching: PortMatching
  private var lines: [Line]
  private var adapters: [Adapter]
  private var agenda: [(due: Duration, deed: Deed)] = []
  private var now = Moment(uptime: .seconds(1000), date: VirtualSite.start)
  private var random: SeededRandom
  private var lastCommand: UInt64 = 0
  private var lastLink = 0

  init(seed: UInt64) {
    self.random = SeededRandom(seed: seed)
    self.matching = PortMatching(
      ports: Dictionary(uniqueKeysWithValues: zip(Self.names, Self.ports)), devices: [:])
    self.lines = (0...1).map { number in
      let door = DoorConfiguration(
        reader: .init(address: 5), strike: .init(address: 5, output: UInt8(number), time: .seconds(1)))
      let bus = OSDPBus.Configuration(
        devices: [.init(address: 5, keyMode: .plain)], adapterLatency: .milliseconds(1),
        pollInterval: .milliseconds(500))
      return Line(
        driver: OSDPDoorDriver(
          bus: bus, doors: [(lock: Self.locks[number], configuration: door)], random: .counting(from: 1)),
        plug: .init(port: Self.ports[number]))
    }
    self.adapters = (0...1).map { number in
      var reader = VirtualReader(address: 5, security: .plain)
      reader.identity.serial = 0x0A00_0001 + UInt32(number)
      return Adapter(line: VirtualLine([reader]))
    }
    for number in 0...1 { self.plugIn(number, at: Self.ports[number]) }
  }

  // MARK: What people do

  /// Pulls both adapters out and plugs each into the place of the other.
  mutating func swap() {
    let ports = self.adapters.map(\.port)
    for number in [0, 1].shuffled(using: &self.random) {
      self.pullOut(number)
      self.run(self.chance(upTo: 30))
    }
    for number in [0, 1].shuffled(using: &self.random) {
      if let port = ports[1 - number] { self.plugIn(number, at: port) }
      self.run(self.chance(upTo: 30))
    }
  }

  /// Somebody opens a door from afar.
  @discardableResult
  mutating func unlock(_ line: Int) -> CommandID {
    self.lastCommand += 1
    let id = CommandID(rawValue: self.lastCommand)
    self.pending.insert(id)
    self.put(.submit(line: line, id), after: self.chance(upTo: 5))
    return id
  }

  mutating func chance(upTo milliseconds: Int) -> Duration {
    .microseconds(Int.random(in: 0...milliseconds * 1000, using: &self.random))
  }

  mutating func number(from first: Int, to last: Int) -> Int { Int.random(in: first...last, using: &self.random) }

  private mutating func pullOut(_ number: Int) {
    self.adapters[number].port = nil
    for line in self.lines.indices where self.lines[line].link == self.adapters[number].link {
      // Now and then a session is held up, while the other goes on.
      let delay = self.chance(upTo: self.random.once(in: 10) ? 1000 : 20)
      self.put(.hungUp(line: line, link: self.adapters[number].link), after: delay)
    }
  }

  private mutating func plugIn(_ number: Int, at port: PortSelector) {
    self.lastLink += 1
    self.adapters[number].port = port
    self.adapters[number].link = self.lastLink
    for line in self.lines.indices where self.lines[line].plug.port == port && self.lines[line].link == nil {
      self.opens(line, within: 250)
    }
  }

  // MARK: Sessions

  private mutating func opens(_ line: Int, within milliseconds: Int) {
    self.lines[line].opensAt = self.now.uptime + self.chance(upTo: milliseconds)
  }

  private mutating func open(_ line: Int) {
    self.lines[line].opensAt = nil
    guard self.lines[line].link == nil else { return }
    guard let adapter = self.adapters.first(where: { $0.port == self.lines[line].plug.port }) else {
      return self.tell(.lost, of: line)
    }
    self.lines[line].link = adapter.link
    self.tell(.opened(plug: self.lines[line].plug.number), of: line)
    self.drive(line) { $0.linkOpened(at: $1) }
  }

  private mutating func close(_ line: Int) {
    guard self.lines[line].link != nil else { return }
    self.lines[line].link = nil
    self.drive(line) { $0.linkClosed(at: $1) }
  }

  private mutating func drive(_ line: Int, _ happening: (inout OSDPDoorDriver, Moment) -> [DriverEffect]) {
    for effect in happening(&self.lines[line].driver, self.now) {
      switch effect {
      case .write(let bytes):
        guard let link = self.lines[line].link else { continue }
        self.put(.toDevice(line: line, link: link, bytes), after: Self.wireTime(bytes))
      case .setDeadline(let deadline): self.lines[line].deadline = deadline
      case .finish(let id, let result):
        #expect(self.pending.remove(id) != nil, "ended twice")
        if case .success = result { self.succeeded.insert(id) } else { self.failed += 1 }
      case .report(_, let report): self.tell(.reported(report), of: line)
      case .closeLink, .openLink, .remember: Issue.record("\(effect)")
      }
    }
  }

  private mutating func tell(_ message: Message, of line: Int) {
    self.lines[line].told = max(self.lines[line].told, self.now.uptime + self.chance(upTo: 100))
    self.put(.message(line: line, message), at: self.lines[line].told)
  }

  // MARK: The engine

  private mutating func take(_ message: Message, from line: Int) {
    let name = Self.names[line]
    switch message {
    case .opened(let plug): self.matching.linkOpened(name, plug: plug)
    case .lost:
      self.matching.linkLost(name)
      self.reconsider()
    case .reported(.deviceProven(let address, let identity)):
      _ = self.matching.deviceProven(identity, at: address, on: name)
    case .reported(.strangerAnswered(let address, let identity)):
      if let verdict = self.matching.strangerAnswered(identity, at: address, on: name) { self.act(on: verdict) }
    case .reported(.deviceSilent(let address)):
      self.matching.deviceSilent(address, on: name)
      self.reconsider()
    case .reported: break
    }
  }

  private mutating func reconsider() {
    for news in self.matching.reconsidered() { self.act(on: news.verdict) }
  }

  private mutating func act(on verdict: PortMatching.Verdict) {
    guard case .swapped = verdict else { return }
    self.swaps += 1
    for line in self.lines.indices { self.close(line) }
    for line in self.lines.indices {
      if let plug = self.matching.plug(of: Self.names[line]) { self.lines[line].plug = plug }
      self.opens(line, within: 100)
    }
  }

  // MARK: Time

  mutating func run(_ duration: Duration) {
    let end = self.now.uptime + duration
    while let next = self.nextStep, next <= end {
      self.now = self.now + max(.zero, next - self.now.uptime)
      self.steps += 1
      if let first = self.agenda.first, first.due <= self.now.uptime {
        self.agenda.removeFirst()
        self.perform(first.deed)
      }
      for line in self.lines.indices {
        if let due = self.lines[line].opensAt, due <= self.now.uptime { self.open(line) }
        if self.lines[line].link != nil, let due = self.lines[line].deadline, due <= self.now.uptime {
          self.lines[line].deadline = nil
          self.drive(line) { $0.deadlinePassed(at: $1) }
        }
      }
      for number in self.adapters.indices {
        guard let due = self.adapters[number].line.deadline, due <= self.now.uptime else { continue }
        self.answer(with: self.adapters[number].line.deadlinePassed(at: self.now.uptime), of: number)
      }
    }
    self.now = self.now + max(.zero, end - self.now.uptime)
  }

  private var nextStep: Duration? {
    (self.lines.flatMap { [$0.opensAt, $0.link == nil ? nil : $0.deadline] } + self.adapters.map(\.line.deadline)
      + [self.agenda.first?.due]).compactMap(\.self).min()
  }

  private mutating func perform(_ deed: Deed) {
    switch deed {
    case .message(let line, let message): self.take(message, from: line)
    case .submit(let line, let id): self.drive(line) { $0.submit(.unlock, to: Self.locks[line], id: id, at: $1) }
    case .hungUp(let line, let link):
      guard self.lines[line].link == link else { return }
      self.tell(.lost, of: line)
      self.close(line)
      self.opens(line, within: 100)
    case .toDevice(let line, let link, let bytes):
      // What is on the wire when the plug is pulled is lost.
      guard let number = self.adapters.firstIndex(where: { $0.link == link && $0.port != nil }) else { return }
      var frames = OSDPFrameReader()
      frames.append(bytes)
      if number != line, frames.next()?.code != Self.identify { self.misled += 1 }
      self.answer(with: self.adapters[number].line.received(bytes, at: self.now.uptime), of: number)
    case .toPanel(let link, let bytes):
      guard let line = self.lines.firstIndex(where: { $0.link == link }) else { return }
      self.drive(line) { $0.received(bytes, at: $1) }
    }
  }

  private mutating func answer(with effects: [VirtualLine.Effect], of number: Int) {
    for effect in effects {
      switch effect {
      case .write(let bytes):
        self.put(.toPanel(link: self.adapters[number].link, bytes), after: .milliseconds(3) + Self.wireTime(bytes))
      case .happened(_, .relay(let output, _)): if Int(output) != number { self.misled += 1 }
      case .happened: break
      }
    }
  }

  private mutating func put(_ deed: Deed, after delay: Duration) { self.put(deed, at: self.now.uptime + delay) }

  private mutating func put(_ deed: Deed, at due: Duration) {
    let index = self.agenda.firstIndex { $0.due > due } ?? self.agenda.endIndex
    self.agenda.insert((due, deed), at: index)
  }

  /// At 9600 baud.
  private static func wireTime(_ bytes: [UInt8]) -> Duration { .microseconds(1042 * bytes.count) }
}
