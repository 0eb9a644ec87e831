import LockCore
import LockDrivers
import LockSimulator

/// A line in virtual time: the panel under test, readers on the other end, and what was seen between.
struct OSDPBench {
  /// A frame of the panel and when it began.
  struct Sent {
    var at: Duration
    var frame: OSDPFrame
  }
  /// What the panel told and when.
  struct Told: Equatable {
    var at: Duration
    var address: UInt8
    var event: OSDPEvent
  }

  var bus: OSDPBus
  var line: VirtualLine
  let configuration: OSDPBus.Configuration
  var now: Duration = .zero
  var sent: [Sent] = []
  var told: [Told] = []
  var completed: [UInt64: [Result<OSDPReply, OSDPFault>]] = [:]
  var happened: [(address: UInt8, VirtualReader.Happening)] = []
  /// Answers in place of the readers; nil leaves it to them.
  var script: ((OSDPFrame) -> [[UInt8]]?)?
  private(set) var deadline: Duration?
  private var arriving: [(at: Duration, bytes: [UInt8])] = []

  static let key = OSDPKey(Array(100...115))

  init(
    _ readers: [VirtualReader], keyMode: OSDPKeyMode = .plain, baud: Int = 9600,
    serial: UInt32? = nil
  ) {
    self.configuration = OSDPBus.Configuration(
      devices: readers.map {
        .init(address: $0.address, keyMode: keyMode, identity: serial.map { WireIdentity(maker: nil, serial: $0) })
      },
      baud: baud)
    self.bus = OSDPBus(configuration: self.configuration, random: .counting(from: 7))
    self.line = VirtualLine(readers)
  }

  mutating func open() { self.perform(self.bus.opened(at: self.now)) }

  mutating func close() {
    self.arriving = []
    self.perform(self.bus.closed(at: self.now))
  }

  mutating func send(
    _ command: OSDPCommand, to address: UInt8 = 5, urgent: Bool = false, expires: Duration? = nil,
    token: UInt64
  ) {
    self.perform(
      self.bus.send(
        command, to: address, urgent: urgent, expires: expires, token: token, at: self.now))
  }

  mutating func receive(_ bytes: [UInt8]) {
    self.perform(self.bus.received(bytes, at: self.now))
  }

  mutating func onReader(_ address: UInt8 = 5, _ change: (inout VirtualReader) -> Void) {
    if var reader = self.line[address] {
      change(&reader)
      self.line[address] = reader
    }
  }

  /// Lets time pass.
  mutating func run(_ span: Duration) {
    let end = self.now + span
    while let next = [self.deadline, self.arriving.first?.at].compactMap({ $0 }).min(), next <= end {
      self.now = max(self.now, next)
      if let first = self.arriving.first, first.at <= self.now {
        self.arriving.removeFirst()
        self.receive(first.bytes)
      } else {
        self.deadline = nil
        self.perform(self.bus.deadlinePassed(at: self.now))
      }
    }
    self.now = end
  }

  private mutating func perform(_ effects: [OSDPBus.Effect]) {
    for effect in effects {
      switch effect {
      case .write(let bytes):
        guard let frame = OSDPFrame(bytes.dropFirst()) else { continue }
        self.sent.append(Sent(at: self.now, frame: frame))
        self.answer(frame, bytes, at: self.now + self.wire(bytes.count))
      case .setDeadline(let deadline): self.deadline = deadline
      case .event(let address, let event):
        self.told.append(Told(at: self.now, address: address, event: event))
      case .completed(let token, let result): self.completed[token, default: []].append(result)
      }
    }
  }

  private mutating func answer(_ frame: OSDPFrame, _ bytes: [UInt8], at heard: Duration) {
    if let answers = self.script?(frame) {
      for answer in answers { self.deliver(answer, from: heard) }
      return
    }
    for effect in self.line.received(bytes, at: heard) {
      switch effect {
      case .write(let answer): self.deliver(answer, from: heard)
      case .happened(let address, let happening): self.happened.append((address, happening))
      }
    }
  }

  private mutating func deliver(_ bytes: [UInt8], from heard: Duration) {
    let start = max(heard + .milliseconds(1), self.arriving.last?.at ?? .zero)
    self.arriving.append((start + self.wire(bytes.count), bytes))
  }

  private func wire(_ count: Int) -> Duration {
    .nanoseconds(count * 10_000_000_000 / self.configuration.baud)
  }

  // MARK: What was seen

  var commands: [UInt8] { self.sent.map(\.frame.code) }
  var events: [OSDPEvent] { self.told.map(\.event) }
  var hasBrokenSequence: Bool { self.happened.contains { $0.1 == .sequenceBroken } }

  mutating func forget() {
    self.sent = []
    self.told = []
    self.happened = []
  }

  func count(_ event: OSDPEvent) -> Int { self.events.count { $0 == event } }
  var onlineCount: Int {
    self.events.count { if case .online = $0 { true } else { false } }
  }

  /// A line with one reader that has come online.
  static func online(
    _ reader: VirtualReader = VirtualReader(address: 5, security: .plain),
    keyMode: OSDPKeyMode = .plain, settle: Duration = .seconds(1)
  ) -> OSDPBench {
    var bench = OSDPBench([reader], keyMode: keyMode)
    bench.open()
    bench.run(settle)
    return bench
  }

  /// A line with one reader and a session.
  static func secured() -> OSDPBench {
    guard let key else { return .online() }
    return .online(VirtualReader(address: 5, security: .key(key)), keyMode: .secure(key))
  }

  static func reply(_ reply: OSDPReply, to frame: OSDPFrame, sequence: UInt8? = nil) -> [UInt8] {
    OSDPFrame(
      address: frame.address, isReply: true, sequence: sequence ?? frame.sequence,
      check: frame.check, code: reply.code, data: reply.data
    ).marked
  }
}
