import LockCore
import Testing

@testable import SyncEngine

@Suite struct SwappedLinesTests {
  @Test(arguments: [1, 2, 3, 4])
  func `P18 in 250 swaps under traffic no device gets a command of the other line, and every command ends`(
    seed: UInt64
  ) {
    var site = SwappedLines(seed: seed)
    site.run(.seconds(2))
    for round in 1...250 {
      for _ in 0..<site.number(from: 1, to: 3) {
        for line in 0...1 { site.unlock(line) }
        let pause = site.chance(upTo: 400)
        site.run(pause)
      }
      site.swap()
      guard round.isMultiple(of: 5) else { continue }
      // Whatever was going on, within 5 s the lines have found their devices.
      site.run(.seconds(4))
      let opened = [site.unlock(0), site.unlock(1)]
      site.run(.seconds(1))
      #expect(opened.allSatisfy(site.succeeded.contains), "after \(round) swaps")
    }
    site.run(.seconds(15))
    #expect(site.misled == 0)
    #expect(site.pending.isEmpty)
    // It was no test of lines that never work, nor of lines that never lose a command or change their ports.
    #expect(site.succeeded.count > 300 && site.failed > 300 && site.swaps > 150)
  }
}
