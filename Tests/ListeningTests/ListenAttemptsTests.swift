import Glibc
import Testing

@testable import Listening

@Suite struct `Listening at addresses that may have to be waited for` {
  private static func address(_ text: String) throws -> ListenAddress { try #require(ListenAddress(text)) }

  @Test func `an address that another has is named, and had once it is free`() throws {
    var first = try ListenAttempts([Self.address("127.0.0.1:0")])
    let opened = first.attempt()
    #expect(opened.count == 1 && first.isComplete)
    let port = try #require(first.port(at: Self.address("127.0.0.1:0")))

    let (taken, free) = (try Self.address("127.0.0.1:\(port)"), try Self.address("127.0.0.1:0"))
    var second = try ListenAttempts([taken, free])
    let other = second.attempt()
    #expect(other.count == 1 && !second.isComplete && second.isComplete(free) && !second.isComplete(taken))
    #expect(second.reasons.count == 1 && second.reasons[0].contains("127.0.0.1:\(port)"))
    #expect(second.attempt().isEmpty)

    for socket in opened { socket.close() }
    let late = second.attempt()
    #expect(late.count == 1 && second.isComplete && second.reasons.isEmpty && second.port(at: taken) == port)
    for socket in late + other { socket.close() }
  }

  @Test func `one address given twice is listened at once`() throws {
    let address = try Self.address("127.0.0.1:0")
    var attempts = try ListenAttempts([address, address])
    let opened = attempts.attempt()
    #expect(opened.count == 1 && attempts.isComplete)
    for socket in opened { socket.close() }
  }

  @Test(arguments: ["0.0.0.0:0", "[::]:0", "192.0.2.7:80", "[::ffff:0.0.0.0]:0"])
  func `off loopback a numeric address is refused at once where only loopback is allowed`(text: String) throws {
    let address = try Self.address(text)
    let fault = #expect(throws: ListenFault.self) { try ListenAttempts([address], isLoopbackOnly: true) }
    #expect(fault?.kind == .exposed)
    _ = try ListenAttempts([address])
  }

  @Test func `digits that are no address are wrong as they were written`() throws {
    let address = try Self.address("256.1.1.1:80")
    let fault = #expect(throws: ListenFault.self) { try ListenAttempts([address]) }
    #expect(fault?.kind == .wrong)
  }
}
