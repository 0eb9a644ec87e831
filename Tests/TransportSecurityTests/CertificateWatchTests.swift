import LockCore
import Testing

@testable import TransportSecurity

@Suite struct `Watching a certificate` {
  private static let old = FileStamp(numbers: [1])
  private static let half = FileStamp(numbers: [2])
  private static let new = FileStamp(numbers: [3])
  private static let start = Timestamp(milliseconds: 1_800_000_000_000)
  private static let year = Duration.hours(365 * 24)

  @Test func `files that stay as they are are not read again`() {
    var watch = CertificateWatch(tried: Self.old)
    let reads = (0..<5).filter { _ in watch.looked(Self.old) }
    #expect(reads.isEmpty)
  }

  @Test func `renewed files are read once, when nothing changes between two looks`() {
    var watch = CertificateWatch(tried: Self.old)
    let reads = [Self.half, Self.new, Self.new, Self.new].map { watch.looked($0) }
    #expect(reads == [false, false, true, false])
  }

  @Test func `files that were read on demand are not read again`() {
    var watch = CertificateWatch(tried: Self.old)
    let before = watch.looked(Self.new)
    watch.reads(Self.new)
    let after = watch.looked(Self.new)
    #expect(!before && !after)
  }

  @Test(
    arguments: [
      (Duration.hours(15 * 24), nil), (.hours(14 * 24), .endsIn(.hours(14 * 24))), (.hours(1), .endsIn(.hours(1))),
      (.seconds(-1), .hasEnded),
    ] as [(Duration, CertificateWatch.Notice?)])
  func `an end within 14 days is told`(left: Duration, notice: CertificateWatch.Notice?) {
    var watch = CertificateWatch(tried: Self.old)
    let told = watch.notice(notBefore: Self.start - Self.year, notAfter: Self.start + left, at: Self.start)
    #expect(told == notice)
  }

  @Test func `a clock before the certificate's time is told as such`() {
    var watch = CertificateWatch(tried: Self.old)
    let told = watch.notice(
      notBefore: Self.start, notAfter: Self.start + Self.year, at: Timestamp(milliseconds: 0))
    #expect(told == .notYetValid)
  }

  @Test func `an end is told once a day, and anew of another certificate`() {
    var watch = CertificateWatch(tried: Self.old)
    var told = 0
    for hour in 0..<72 {
      let now = Self.start + .hours(hour)
      if watch.notice(notBefore: .distantPast, notAfter: Self.start + .hours(100), at: now) != nil { told += 1 }
    }
    #expect(told == 3)
    watch.replaced()
    let now = Self.start + .hours(72)
    let ofAnother = watch.notice(notBefore: .distantPast, notAfter: Self.start + .hours(100), at: now)
    #expect(ofAnother != nil)
  }

  @Test func `a clock that was set back does not silence it`() {
    var watch = CertificateWatch(tried: Self.old)
    let end = Self.start + .hours(24)
    let told = [Self.start, Self.start - .hours(48)].map {
      watch.notice(notBefore: .distantPast, notAfter: end, at: $0) != nil
    }
    #expect(told == [true, true])
  }
}
