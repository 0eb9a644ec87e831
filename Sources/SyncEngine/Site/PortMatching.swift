internal import LockCore
internal import LockTransport

/// Which line is spoken through which port, by what answers there. A value.
///
/// The configuration says where each line begins. When devices of one line answer on the port of another, the two
/// change places; a line whose devices answer stays where it is.
struct PortMatching: Sendable {
  /// The port that a line is spoken through, and how many it had before: what is told of an earlier one is over, even
  /// where it is the same port.
  struct Plug: Hashable {
    var port: PortSelector
    var number = 0
  }

  /// A stranger of whom there is something to say.
  struct News: Hashable {
    var line: String
    var address: UInt8
    var identity: WireIdentity
    var verdict: Verdict
  }

  /// What is known of one line.
  private struct Line {
    /// What it is spoken through now.
    var plug: Plug
    /// Who its devices are, by address.
    var devices: [UInt8: WireIdentity]
    /// The addresses whose devices answer, as themselves.
    var answering: Set<UInt8> = []
    /// True from a change of its port until that is open: what it still tells is of the old one.
    var isMoving = false
    /// Who answers instead of its devices, by address.
    var strangers: [UInt8: WireIdentity] = [:]
    /// Which stranger was last spoken of at each address, and what was said.
    var said: [UInt8: Word] = [:]
    /// How often it has changed its port without any device answering, since somebody was at its plug.
    var moves = 0
  }

  private struct Word: Equatable {
    var identity: WireIdentity
    var verdict: Verdict
  }

  /// What follows from a stranger.
  enum Verdict: Hashable {
    /// The two lines have changed ports: both are opened anew.
    case swapped(String, String)
    /// The stranger calls itself as a device of that line, which answers where it should: two devices have one name.
    case duplicate(of: String)
    /// The stranger is a device of that line, while others of this one answer: it hangs on the wrong line.
    case misplaced(from: String)
    /// Nobody knows it.
    case unknown
  }

  private var lines: [String: Line] = [:]
  /// A line that has found nobody after so many changes stays where it is.
  private static let mostMoves = 3

  /// Makes the matching that the configuration says.
  /// - Parameters:
  ///   - ports: the configured port of each line.
  ///   - devices: who its devices are, as far as known, by line and address.
  init(ports: [String: PortSelector], devices: [String: [UInt8: WireIdentity]]) {
    self.lines = ports.mapValues { Line(plug: Plug(port: $0), devices: [:]) }
    for (line, known) in devices { self.lines[line]?.devices = known }
  }

  /// The configuration was read again.
  /// - Parameters:
  ///   - ports: the configured port of each line.
  ///   - undisturbed: the lines that go on as they are, on whatever port they have found.
  ///   - devices: who the devices are, as far as known, by line and address.
  mutating func redefined(
    _ ports: [String: PortSelector], keeping undisturbed: Set<String>, devices: [String: [UInt8: WireIdentity]]
  ) {
    let kept = self.lines.filter { undisturbed.contains($0.key) && ports[$0.key] != nil }
    self = PortMatching(ports: ports, devices: devices)
    self.lines.merge(kept) { _, kept in kept }
  }

  /// What a line is spoken through now; nil for a line that has no port.
  func plug(of line: String) -> Plug? { self.lines[line]?.plug }

  /// A device of a line answers as itself.
  /// - Returns: true when that is new, and worth keeping.
  mutating func deviceProven(_ identity: WireIdentity, at address: UInt8, on line: String) -> Bool {
    guard identity.tells, self.lines[line]?.isMoving == false else { return false }
    self.lines[line]?.strangers[address] = nil
    self.lines[line]?.said[address] = nil
    let isNew = self.lines[line]?.devices[address] != identity
    self.lines[line]?.devices[address] = identity
    self.lines[line]?.answering.insert(address)
    self.lines[line]?.moves = 0
    return isNew
  }

  /// The port of a line is open; told late, it may be one that the line has left since.
  mutating func linkOpened(_ line: String, plug number: Int) {
    guard self.lines[line]?.plug.number == number else { return }
    self.lines[line]?.isMoving = false
    self.lines[line]?.strangers = [:]
    self.lines[line]?.said = [:]
  }

  /// The port of a line is gone, or cannot be opened; not told of a port that the line leaves. Somebody was at the
  /// plugs: who was in vain looked for may be anywhere now.
  mutating func linkLost(_ line: String) {
    self.lines[line]?.answering = []
    self.lines[line]?.strangers = [:]
    self.lines[line]?.moves = 0
  }

  /// A device of a line does not answer any more.
  mutating func deviceSilent(_ address: UInt8, on line: String) { self.lines[line]?.answering.remove(address) }

  /// A device answers on a line whose it is not; told again and again.
  /// - Returns: what follows; nil for nothing new.
  mutating func strangerAnswered(_ identity: WireIdentity, at address: UInt8, on line: String) -> Verdict? {
    guard self.lines[line]?.isMoving == false else { return nil }
    self.lines[line]?.answering.remove(address)
    self.lines[line]?.strangers[address] = identity
    return self.news(of: identity, at: address, on: line)
  }

  /// What follows by now from strangers that were heard before: a line whose devices they are may have lost them, or
  /// its port, a moment later.
  mutating func reconsidered() -> [News] {
    var all: [News] = []
    for name in self.lines.keys.sorted() {
      for (address, identity) in (self.lines[name]?.strangers ?? [:]).sorted(by: { $0.key < $1.key }) {
        // One that was heard before may just have been found its line.
        guard self.lines[name]?.strangers[address] == identity else { continue }
        guard let verdict = self.news(of: identity, at: address, on: name) else { continue }
        all.append(News(line: name, address: address, identity: identity, verdict: verdict))
      }
    }
    return all
  }

  private mutating func news(of identity: WireIdentity, at address: UInt8, on line: String) -> Verdict? {
    let word = Word(identity: identity, verdict: self.verdict(on: identity, at: address, on: line))
    defer { self.lines[line]?.said[address] = word }
    return self.lines[line]?.said[address] == word ? nil : word.verdict
  }

  private mutating func verdict(on identity: WireIdentity, at address: UInt8, on line: String) -> Verdict {
    let owners = self.lines.filter { name, other in
      name != line && other.devices[address].map { $0.tells && $0.matches(identity) } ?? false
    }
    guard owners.count == 1, let owner = owners.first, let mine = self.lines[line] else { return .unknown }
    if !owner.value.answering.isEmpty { return .duplicate(of: owner.key) }
    // One device in the wrong place is no reason to leave the others.
    guard mine.answering.isEmpty else { return .misplaced(from: owner.key) }
    guard max(mine.moves, owner.value.moves) < Self.mostMoves else { return .unknown }
    for (name, port) in [(line, owner.value.plug.port), (owner.key, mine.plug.port)] {
      self.lines[name]?.plug.port = port
      self.lines[name]?.plug.number += 1
      self.lines[name]?.answering = []
      self.lines[name]?.strangers = [:]
      self.lines[name]?.isMoving = true
      self.lines[name]?.moves += 1
    }
    return .swapped(line, owner.key)
  }

  /// Devices that cannot be told from one of another line at the same address, each as `line/address`.
  var twins: [[String]] {
    var names: [String: [String]] = [:]
    for (name, line) in self.lines {
      for (address, identity) in line.devices {
        names["\(address) \(identity)", default: []].append("\(name)/\(address)")
      }
    }
    return names.values.filter { $0.count > 1 }.map { $0.sorted() }.sorted { $0[0] < $1[0] }
  }
}
