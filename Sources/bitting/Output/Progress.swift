import Foundation
import Glibc

/// What is being waited for, on one line of standard error that is written over; nothing where no terminal is.
struct Progress {
  private let isShown: Bool
  private let width: Int
  private let begun = ContinuousClock.now
  private var turns = 0

  private static let figures = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]

  /// Looks whether somebody watches.
  init() {
    self.isShown = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    self.width = self.isShown ? Output.columns(of: STDERR_FILENO) : 0
  }

  /// Shows what is being waited for, and for how long already.
  mutating func show(_ text: String) {
    guard self.isShown else { return }
    let seconds = Int(self.begun.duration(to: .now).components.seconds)
    let figure = Self.figures[self.turns % Self.figures.count]
    self.turns += 1
    let line = "\(figure) \(text.printable)\(seconds > 0 ? " (\(seconds) s)" : "")"
    FileHandle.standardError.write(Data("\r\u{1B}[K\(line.prefix(max(1, self.width - 1)))".utf8))
  }

  /// Takes the line away.
  mutating func end() {
    guard self.isShown, self.turns > 0 else { return }
    self.turns = 0
    FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
  }
}
