package import ArgumentParser
import Foundation

/// Exit statuses, as in sysexits.h.
package enum ExitStatus: Int32 {
  /// An option is wrong.
  case usage = 64
  /// The daemon does not take what was given: it breaks a rule of the lock or of the API.
  case dataError = 65
  /// What was named is not there: no such lock, access code or file.
  case noInput = 66
  /// Something that is needed is not there: the daemon, an address to listen at, a radio, a lock.
  case unavailable = 69
  /// A bug here, or the system has nothing left to give.
  case software = 70
  /// The data directory cannot be made or written.
  case cannotCreate = 73
  /// The store is damaged.
  case ioError = 74
  /// It may work the next time; at once for the data directory of another running daemon.
  case temporaryFailure = 75
  /// What answers is no bittingd, or one of another age.
  case protocolError = 76
  /// Somebody or something refuses: a lock, a PIN, the kernel.
  case refused = 77
  /// The configuration is wrong.
  case configuration = 78
}

/// A reason to give up, of the daemon at its start or of a command: what is wrong and what to do about it.
package struct StartFault: Error {
  /// What the shell is told.
  package var status: ExitStatus
  /// A sentence for people: what is wrong; what to do.
  package var message: String

  /// Puts a reason down.
  package init(_ status: ExitStatus, _ message: String) {
    (self.status, self.message) = (status, message)
  }

  /// Prints the reason to standard error.
  /// - Parameter program: the name of the program that gives up.
  /// - Returns: what ends the process with the status.
  package func reported(by program: String) -> ExitCode {
    FileHandle.standardError.write(Data("\(program): \(self.message)\n".utf8))
    return ExitCode(self.status.rawValue)
  }
}
