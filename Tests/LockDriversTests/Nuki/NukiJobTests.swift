import LockCore
import Testing

@testable import LockDrivers

@Suite struct NukiJobTests {
  private static let date = Timestamp(milliseconds: 1_780_000_000_000)

  private static func begun(_ command: LockCommand, _ memory: inout NukiMemory, newest: UInt32? = nil) -> NukiJob {
    var job = NukiJob(id: CommandID(rawValue: 1), command: command)
    _ = job.begin(memory: &memory, policy: NukiPolicy(), appID: 1, newest: newest)
    return job
  }

  @Test func `a page without entries below the newest one is not taken for read`() throws {
    var memory = NukiMemory()
    var job = Self.begun(.readLog(after: 5), &memory, newest: 8)
    let step = job.answered(.log([], nil), memory: &memory, at: Self.date)
    guard case .failed(.failed) = step else { return #expect(Bool(false), "\(step)") }
  }

  @Test(arguments: [true, false])
  func `a list that lacks a code of ours is read twice before it is believed`(isThere: Bool) throws {
    var memory = NukiMemory()
    memory.added(6, in: 2)
    let code = NukiKeypadCode(
      id: 6, entry: NukiKeypadEntry(code: pin("583914"), name: "guest"), createdAt: Self.date)
    var job = Self.begun(.readSlots, &memory)
    guard case .ask = job.answered(.codes([], total: 0), memory: &memory, at: Self.date) else {
      return #expect(Bool(false))
    }
    #expect(memory.codes[2] != nil)
    let second: [NukiKeypadCode] = isThere ? [code] : []
    let step = job.answered(.codes(second, total: second.count), memory: &memory, at: Self.date)
    #expect(step == .finished(.slots(isThere ? [code.reading(in: 2, isOurs: true)] : [], changes: nil)))
  }

  @Test func `a list that ends before its first promised code is no silence`() throws {
    let pin = try #require(NukiSecurityPIN("4321"))
    let nonce = try #require(NukiBlock([UInt8](repeating: 7, count: 32)))
    var exchange = NukiExchange(.guarded(.requestKeypadCodes(offset: 24, count: 20)), pin: pin)
    _ = exchange.begin()
    _ = exchange.answered(.challenge(nonce))
    #expect(exchange.answered(.status(.complete)) == .wait && exchange.partialOutcome == nil)
    #expect(exchange.answered(.keypadCodeCount(25)) == .wait && exchange.partialOutcome == nil)
    #expect(exchange.answered(.status(.complete)) == .wait)
    #expect(exchange.partialOutcome == .codes([], total: 25))
  }
}
