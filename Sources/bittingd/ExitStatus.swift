import ArgumentParser
import Foundation

/// Exit statuses, as in sysexits.h.
enum ExitStatus: Int32 {
  /// An option is wrong.
  case usage = 64
  /// The address to listen at cannot be had.
  case unavailable = 69
  /// A bug here, or the system has nothing left to give.
  case software = 70
  /// The data directory cannot be made or written.
  case cannotCreate = 73
  /// The store is damaged.
  case ioError = 74
  /// The data directory belongs to another running daemon.
  case temporaryFailure = 75
  /// The configuration is wrong.
  case configuration = 78
}

/// A reason not to start: what is wrong and what to do about it.
struct StartFault: Error {
  var status: ExitStatus
  var message: String

  init(_ status: ExitStatus, _ message: String) {
    (self.status, self.message) = (status, message)
  }

  /// Prints the reason to standard error.
  /// - Returns: what ends the process with the status.
  func reported() -> ExitCode {
    FileHandle.standardError.write(Data("bittingd: \(self.message)\n".utf8))
    return ExitCode(self.status.rawValue)
  }
}
