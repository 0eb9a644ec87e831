import Seeded
import Testing

@testable import SeamAPI

@Suite struct `Keeping connections in bounds` {
  private static let start = ContinuousClock.now
  private static let limits = RequestArrival.Limits()

  private func arrival(_ happenings: (inout RequestArrival) -> Void...) -> RequestArrival {
    var arrival = RequestArrival(limits: Self.limits)
    for happening in happenings { happening(&arrival) }
    return arrival
  }

  @Test func `a client that rests owes nothing`() {
    #expect(self.arrival().deadline == nil)
    let answered = self.arrival(
      { $0.receivedHead(at: Self.start) }, { $0.receivedEnd() }, { $0.answerBegan(at: Self.start) },
      { $0.answerEnded(at: Self.start) })
    #expect(answered.deadline == nil)
    #expect(!answered.isAnswering)
  }

  @Test func `a head is due a while after its first byte, however often another byte comes`() {
    var arrival = RequestArrival(limits: Self.limits)
    for second in 0..<9 { arrival.receivedBytes(at: Self.start + .seconds(second)) }
    #expect(arrival.deadline == Self.start + Self.limits.head)
    arrival.receivedHead(at: Self.start + .seconds(9))
    #expect(arrival.deadline == Self.start + .seconds(9) + Self.limits.body)
    arrival.receivedBytes(at: Self.start + .seconds(20))
    #expect(arrival.deadline == Self.start + .seconds(9) + Self.limits.body)
  }

  @Test func `while the gateway works the client owes nothing, be it half through its next request`() {
    var arrival = self.arrival({ $0.receivedHead(at: Self.start) }, { $0.receivedEnd() })
    #expect(arrival.isAnswering && arrival.deadline == nil)
    arrival.receivedBytes(at: Self.start + .seconds(1))
    #expect(arrival.deadline == nil)
    arrival.receivedHead(at: Self.start + .seconds(2))
    #expect(arrival.deadline == nil)
    arrival.answerBegan(at: Self.start + .seconds(50))
    arrival.answerEnded(at: Self.start + .seconds(50))
    #expect(arrival.deadline == Self.start + .seconds(50) + Self.limits.body)
    #expect(!arrival.isAnswering)
  }

  @Test func `an answer that is not taken ends the connection`() {
    var arrival = self.arrival({ $0.receivedHead(at: Self.start) }, { $0.receivedEnd() })
    arrival.answerBegan(at: Self.start + .seconds(5))
    #expect(arrival.isAnswerGoingOut)
    #expect(arrival.deadline == Self.start + .seconds(5) + Self.limits.answer)
  }

  @Test func `an answer that is sent part by part has time for each part, and none once it is out`() {
    var arrival = self.arrival({ $0.receivedHead(at: Self.start) }, { $0.receivedEnd() })
    arrival.answerAdvanced(at: Self.start)
    #expect(arrival.deadline == nil)
    for minute in 0..<100 {
      let now = Self.start + .seconds(60 * minute)
      if minute == 0 { arrival.answerBegan(at: now) } else { arrival.answerAdvanced(at: now) }
      #expect(arrival.deadline == now + Self.limits.answer)
    }
    arrival.answerEnded(at: Self.start + .seconds(7000))
    arrival.answerAdvanced(at: Self.start + .seconds(7000))
    #expect(arrival.deadline == nil)
  }

  @Test func `when there are too many, the one that rests longest ends, never one that is answered`() {
    var table = ConnectionTable<Int>(most: 3, mostOfPeer: 3)
    for id in 1...3 { #expect(table.opened(id, by: "peer \(id)") == nil) }
    table.began(1)
    table.rests(2)
    #expect(table.opened(4, by: "peer 4") == 3)
    #expect(table.opened(5, by: "peer 5") == 2)
    table.began(4)
    table.began(5)
    #expect(table.opened(6, by: "peer 6") == 6)
    table.rests(1)
    #expect(table.opened(7, by: "peer 7") == 1)
    table.closed(4)
    #expect(table.opened(8, by: "peer 8") == nil)
    #expect(table.count == 3)
  }

  @Test func `a peer with more than its share ends its own connections`() {
    var table = ConnectionTable<Int>(most: 10, mostOfPeer: 4)
    #expect(table.opened(0, by: "quiet") == nil)
    for id in 1...4 { #expect(table.opened(id, by: "greedy") == nil) }
    for id in 5...50 { #expect(table.opened(id, by: "greedy") == id - 4) }
    #expect(table.count == 5)
  }

  @Test func `when the table is full, whoever has most gives way`() {
    var table = ConnectionTable<Int>(most: 10, mostOfPeer: 8)
    #expect(table.opened(0, by: "first") == nil)
    for id in 1...8 { #expect(table.opened(id, by: "greedy") == nil) }
    #expect(table.opened(9, by: "second") == nil)
    for id in 10...14 { #expect(table.opened(id, by: "peer \(id)") == id - 9) }
  }

  @Test func `random comings and goings never exceed the bounds`() {
    var random = SeededRandom(seed: 4)
    var table = ConnectionTable<Int>(most: 20, mostOfPeer: 9)
    var open: [Int: String] = [:]
    var answering: Set<Int> = []
    for id in 0..<5000 {
      switch Int.random(in: 0..<4, using: &random) {
      case 0, 1:
        let peer = "\(Int.random(in: 0..<5, using: &random))"
        open[id] = peer
        if let ended = table.opened(id, by: peer) {
          #expect(!answering.contains(ended))
          open[ended] = nil
        }
      case 2:
        guard let some = open.keys.sorted().randomElement(using: &random) else { continue }
        if answering.remove(some) != nil {
          table.rests(some)
        } else if answering.insert(some).inserted {
          table.began(some)
        }
      default:
        guard let some = open.keys.sorted().randomElement(using: &random) else { continue }
        table.closed(some)
        open[some] = nil
        answering.remove(some)
      }
      #expect(table.count == open.count && open.count <= 20)
      #expect(Dictionary(grouping: open.values, by: \.self).values.allSatisfy { $0.count <= 9 })
    }
  }
}

@Suite struct `The date of a response` {
  @Test(arguments: [
    (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
    (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
  ])
  func `has the form that RFC 9110 wants`(second: Int, text: String) {
    #expect(HTTPDate.text(second) == text)
  }
}
