import Testing

@testable import Systemd

@Suite("What the service manager is told")
struct ServiceManagerTests {
  @Test(
    "each notice is the lines of the protocol",
    arguments: [
      (ServiceManager.Notice.ready, "READY=1"),
      (.stopping, "STOPPING=1"),
      (.alive, "WATCHDOG=1"),
      (.reloading(since: 12_345_678), "RELOADING=1\nMONOTONIC_USEC=12345678"),
      (.status("3 locks, all answer"), "STATUS=3 locks, all answer"),
    ])
  func lines(notice: ServiceManager.Notice, lines: String) {
    #expect(notice.lines == lines)
  }

  @Test("a status of several lines cannot say more than a status")
  func statusIsOneLine() {
    let notice = ServiceManager.Notice.status("one\nREADY=1\r\ntwo\0three")
    #expect(notice.lines == "STATUS=one READY=1 two three")
  }

  @Test("without a service manager nothing is told, nobody watches and no socket is handed over")
  func alone() {
    #expect(!ServiceManager.tell(.ready))
    #expect(ServiceManager.watchdogInterval == nil)
    #expect(HandedOverSocket.takeAll() == [])
  }
}
