import LockDrivers

/// A client and a server, a clock that stands still unless moved, and all that the client made happen.
struct GATTBench {
  var client: GATTClient
  var server: TableServer
  var now: Duration = .seconds(100)
  var deadline: Duration?
  /// Answers go through this, to be lost, doubled or changed.
  var wire: (_ request: [UInt8], _ answer: [UInt8]?) -> [[UInt8]] = { _, answer in answer.map { [$0] } ?? [] }
  private(set) var results: [Int: Result<GATTClient.Response, GATTFault>] = [:]
  private(set) var told: [(handle: UInt16, value: [UInt8])] = []
  private(set) var discovered: [GATTDatabase] = []
  private(set) var sent: [[UInt8]] = []
  private(set) var changes = 0
  private(set) var isClosed = false
  private var lastID = 0

  init(_ server: TableServer = .lock(), cache: GATTDatabase? = nil, mtu: UInt16 = 247) {
    self.client = GATTClient(cache: cache, preferredMTU: mtu)
    self.server = server
  }

  /// A bench whose link is open.
  static func open(_ server: TableServer = .lock(), cache: GATTDatabase? = nil, mtu: UInt16 = 247) -> GATTBench {
    var bench = GATTBench(server, cache: cache, mtu: mtu)
    bench.openLink()
    return bench
  }

  mutating func openLink() {
    self.server.linkOpened()
    self.isClosed = false
    self.perform(self.client.linkOpened(at: self.now))
  }

  mutating func closeLink() { self.perform(self.client.linkClosed()) }

  /// Submits a request; what came of it when the server has answered all.
  @discardableResult
  mutating func ask(_ request: GATTClient.Request) -> Result<GATTClient.Response, GATTFault>? {
    self.lastID += 1
    self.perform(self.client.submit(request, id: self.lastID, at: self.now))
    return self.results[self.lastID]
  }

  mutating func receive(_ pdu: [UInt8]) { self.perform(self.client.received(pdu, at: self.now)) }

  mutating func wait(_ time: Duration) {
    self.now += time
    guard let deadline = self.deadline, deadline <= self.now else { return }
    self.deadline = nil
    self.perform(self.client.deadlinePassed(at: self.now))
  }

  mutating func perform(_ effects: [GATTClient.Effect]) {
    var answers = self.take(effects)
    while !answers.isEmpty { answers += self.take(self.client.received(answers.removeFirst(), at: self.now)) }
  }

  /// Does what the client wants.
  /// - Returns: what the server answers.
  private mutating func take(_ effects: [GATTClient.Effect]) -> [[UInt8]] {
    var answers: [[UInt8]] = []
    for effect in effects {
      switch effect {
      case .write(let pdu):
        self.sent.append(pdu)
        answers += self.wire(pdu, self.server.received(pdu))
      case .setDeadline(let deadline): self.deadline = deadline
      case .finished(let id, let result): self.results[id] = result
      case .told(let handle, let value): self.told.append((handle, value))
      case .discovered(let database): self.discovered.append(database)
      case .databaseChanged: self.changes += 1
      case .closeLink: self.isClosed = true
      }
    }
    return answers
  }
}
