import LockDrivers
import LockTransport

/// A client on a real link, and a clock that stands still unless moved.
struct GATTSession {
  let link: Link
  var client: GATTClient
  var now: Duration = .seconds(100)
  private(set) var deadline: Duration?
  private(set) var told: [(handle: UInt16, value: [UInt8])] = []
  private(set) var sent: [[UInt8]] = []
  private(set) var discovered: GATTDatabase?
  private(set) var changes = 0
  private(set) var isOpen = true
  private var results: [Int: Result<GATTClient.Response, GATTFault>] = [:]
  private var lastID = 0

  init(to link: Link, cache: GATTDatabase? = nil, mtu: UInt16 = 517) {
    self.link = link
    self.client = GATTClient(cache: cache, preferredMTU: mtu)
    self.perform(self.client.linkOpened(at: self.now))
  }

  /// Submits a request and waits for its end.
  mutating func ask(_ request: GATTClient.Request) async -> Result<GATTClient.Response, GATTFault>? {
    let id = self.submit(request)
    while self.results[id] == nil, await self.receive() {}
    return self.results[id]
  }

  /// Submits a request and waits for nothing.
  mutating func submit(_ request: GATTClient.Request) -> Int {
    self.lastID += 1
    self.perform(self.client.submit(request, id: self.lastID, at: self.now))
    return self.lastID
  }

  /// Waits until so many values were told.
  mutating func hear(_ count: Int) async {
    while self.told.count < count, await self.receive() {}
  }

  func result(_ id: Int) -> Result<GATTClient.Response, GATTFault>? { self.results[id] }

  mutating func passDeadline() {
    self.now = max(self.now, self.deadline ?? self.now)
    self.perform(self.client.deadlinePassed(at: self.now))
  }

  /// Takes one event of the link; false once it is closed.
  private mutating func receive() async -> Bool {
    var events = self.link.events.makeAsyncIterator()
    switch await events.next() {
    case .bytes(let pdu): self.perform(self.client.received(pdu, at: self.now))
    case .deadlinePassed: break
    case .closed, nil:
      self.isOpen = false
      self.perform(self.client.linkClosed())
    }
    return self.isOpen
  }

  private mutating func perform(_ effects: [GATTClient.Effect]) {
    for effect in effects {
      switch effect {
      case .write(let pdu):
        self.sent.append(pdu)
        self.link.write(pdu)
      case .setDeadline(let deadline): self.deadline = deadline
      case .finished(let id, let result): self.results[id] = result
      case .told(let handle, let value): self.told.append((handle, value))
      case .discovered(let database): self.discovered = database
      case .databaseChanged: self.changes += 1
      case .closeLink:
        self.isOpen = false
        self.link.close()
      }
    }
  }
}
