import LockCore
import Testing

@Suite struct BatteryStatusTests {
  @Test(arguments: [
    (0.0, BatteryStatus.critical), (0.09, .critical), (0.1, .low), (0.24, .low), (0.25, .good), (0.94, .good),
    (0.95, .full), (1.0, .full),
  ]) func `a level has the status of its range`(level: Double, status: BatteryStatus) {
    #expect(BatteryStatus(level: level) == status)
    #expect(BatteryStatus(level: level, isCritical: true) == .critical)
  }

  @Test func `a level that hovers about a bound changes the status once`() {
    var status: BatteryStatus?
    var changes = 0
    for level in [0.26, 0.24, 0.26, 0.24, 0.27, 0.25] {
      let next = BatteryStatus(level: level, after: status)
      if next != status { changes += 1 }
      status = next
    }
    #expect(status == .low)
    #expect(changes == 2)
    #expect(BatteryStatus(level: 0.29, after: .low) == .good)
    #expect(BatteryStatus(level: 1, after: .critical) == .full)
  }

  @Test func `worse is believed at once, in any step`() {
    for last in BatteryStatus.allCases {
      for hundredth in 0...100 {
        let level = Double(hundredth) / 100
        let next = BatteryStatus(level: level, after: last)
        #expect(next <= max(last, BatteryStatus(level: level)))
        #expect(next >= BatteryStatus(level: level - BatteryStatus.hysteresis) || next <= last)
        if BatteryStatus(level: level) <= last { #expect(next == BatteryStatus(level: level)) }
      }
    }
  }
}
