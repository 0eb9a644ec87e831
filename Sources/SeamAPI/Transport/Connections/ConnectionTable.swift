/// Who is connected, as a value: decides which connection ends when there are too many.
///
/// The one that rests longest ends first; one whose request is being answered never does. A peer that opens more than
/// its share ends its own connections, so that it cannot keep others out.
struct ConnectionTable<ID: Hashable> {
  private struct Connection {
    var peer: String
    /// Counts up; larger is later. Nil while a request is being answered.
    var restingSince: UInt64?
  }

  private let most: Int
  private let mostOfPeer: Int
  private var connections: [ID: Connection] = [:]
  private var turn: UInt64 = 0

  /// Makes an empty table.
  /// - Parameters:
  ///   - most: connections at once.
  ///   - mostOfPeer: connections of one address at once.
  init(most: Int, mostOfPeer: Int) { (self.most, self.mostOfPeer) = (most, mostOfPeer) }

  /// How many connections there are.
  var count: Int { self.connections.count }

  /// A connection was opened.
  /// - Returns: the connection that is to end for it, perhaps itself; nil while there is room.
  mutating func opened(_ id: ID, by peer: String) -> ID? {
    let turn = self.nextTurn()
    self.connections[id] = Connection(peer: peer, restingSince: turn)
    let ofPeer = Dictionary(grouping: self.connections.values, by: \.peer).mapValues(\.count)
    if ofPeer[peer, default: 0] > self.mostOfPeer { return self.remove(oldestOf: [peer], else: id) }
    guard self.connections.count > self.most else { return nil }
    let largest = ofPeer.values.max() ?? 0
    return self.remove(oldestOf: Set(ofPeer.filter { $0.value == largest }.keys), else: id)
  }

  /// A connection has ended.
  mutating func closed(_ id: ID) { self.connections[id] = nil }

  /// A whole request is there and is being answered.
  mutating func began(_ id: ID) { self.connections[id]?.restingSince = nil }

  /// Everything that was asked is answered.
  mutating func rests(_ id: ID) {
    let turn = self.nextTurn()
    self.connections[id]?.restingSince = turn
  }

  private mutating func remove(oldestOf peers: Set<String>, else newcomer: ID) -> ID {
    let oldest = self.connections.filter { $0.key != newcomer && peers.contains($0.value.peer) }
      .compactMap { id, connection in connection.restingSince.map { (id: id, since: $0) } }
      .min { $0.since < $1.since }?.id
    let removed = oldest ?? newcomer
    self.connections[removed] = nil
    return removed
  }

  private mutating func nextTurn() -> UInt64 {
    self.turn += 1
    return self.turn
  }
}
