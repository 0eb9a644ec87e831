import ArgumentParser
import Foundation
import Gateway
import LockCore
import LockTransport
import OfflineCodes

/// `bitting offline-code`: makes and checks offline codes from an exported key, with no connection to anything.
struct OfflineCodeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "offline-code", abstract: "Make or check an offline code, with no connection to anything.",
    subcommands: [Issue.self, Verify.self], defaultSubcommand: Issue.self)

  /// Where the key is.
  struct KeyOption: ParsableArguments {
    @Option(help: ArgumentHelp("The door's key, from bitting offline-key export.", valueName: "file"))
    var key: String
  }

  /// Makes a code.
  struct Issue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make an offline code.",
      discussion: """
        The same start, length and variant give the same digits, here and everywhere. The gateway gives out variant 0 \
        first, this command the last one. There are 3 variants of 1 to 72 hours, 2 of 4 to 62 days, 1 of 9 to 53 weeks, \
        21 one-time codes. A code of more than 24 hours must be used within 24 hours of its start.

        Exit status: 0 made; 64 wrong option; 69 the key file is not there; 78 it is no key.
        """)

    @OptionGroup var file: KeyOption

    @Option(help: ArgumentHelp("When it begins, for example 2026-05-01T15:00+02:00; rounded down to the hour."))
    var start: String

    @Option(help: "How many hours it is good: 1 to 72.")
    var hours: Int?

    @Option(help: "How many days of 24 hours: 1 to 62.")
    var days: Int?

    @Option(help: "How many weeks: 1 to 53.")
    var weeks: Int?

    @Flag(help: "Good for one opening within 24 hours.")
    var once = false

    @Option(help: "Which of the codes with these times, from 0; the last one when left out.")
    var variant: Int?

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws { _ = try self.code() }

    private func term() throws -> OfflineTerm {
      let choices = [self.hours != nil, self.days != nil, self.weeks != nil, self.once].count { $0 }
      guard choices == 1 else { throw ValidationError("Give one of --hours, --days, --weeks, --once.") }
      let term: OfflineTerm =
        if let hours { .hours(hours) } else if let days {
          (1...3).contains(days) ? .hours(24 * days) : .days(days)
        } else if let weeks { (1...8).contains(weeks) ? .days(7 * weeks) : .weeks(weeks) } else { .once }
      guard term.exists else { throw ValidationError("There are 1 to 72 hours, 1 to 62 days, 1 to 53 weeks.") }
      return term
    }

    private func code() throws -> OfflineCode {
      let term = try self.term()
      guard let date = Timestamp(iso8601: self.start) else {
        throw ValidationError("--start wants a date and a time, for example 2026-05-01T15:00+02:00.")
      }
      let variant = self.variant ?? term.variants - 1
      guard let code = OfflineCode(startHour: OfflineCode.hour(of: date), term: term, variant: variant) else {
        throw ValidationError("--variant is 0 to \(term.variants - 1) for this length, and --start is 1970 or later.")
      }
      return code
    }

    func run() async throws {
      do {
        let file = try OfflineKeyFile(path: self.file.key)
        let code = try self.code()
        guard let pin = try? (try file.key()).pin(of: code) else {
          _ = try file.key()
          throw StartFault(.software, "the cryptographic library does not work; see that libsodium is there")
        }
        if self.json {
          let members = [
            "door": file.name, "code": pin.digits, "starts_at": code.start.iso8601, "ends_at": code.end.iso8601,
            "first_use_before": code.firstUseEnd.iso8601,
          ]
          let encoder = JSONEncoder()
          encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
          print(String(decoding: try encoder.encode(members), as: UTF8.self))
          return
        }
        print(
          "\(pin.digits)   opens \(file.name) \(code.term == .once ? "once " : "")from \(code.start.iso8601) to \(code.end.iso8601)"
        )
        if code.end > code.firstUseEnd { print("It must be used once before \(code.firstUseEnd.iso8601).") }
      } catch let fault as StartFault {
        throw fault.reported(by: "bitting")
      }
    }
  }

  /// Checks digits.
  struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Tell what digits are worth at a door.",
      discussion: """
        The key alone tells times, not uses: a one-time code that was used, or a longer code that nobody used in time, \
        is known to the door alone.

        Exit status: 0 the digits are good at that time; 69 the key file is not there; 77 they are not; 78 it is no key.
        """)

    @OptionGroup var file: KeyOption

    @Argument(help: "The nine digits.")
    var digits: String

    @Option(help: "When; now when left out.")
    var at: String?

    func validate() throws {
      guard PINCode(self.digits) != nil else { throw ValidationError("The code has nine digits, and nothing else.") }
      if let at = self.at, Timestamp(iso8601: at) == nil {
        throw ValidationError("--at wants a date and a time, for example 2026-05-01T15:00+02:00.")
      }
    }

    func run() async throws {
      do {
        let file = try OfflineKeyFile(path: self.file.key)
        guard let pin = PINCode(self.digits) else { return }
        let date = self.at.flatMap { Timestamp(iso8601: $0) } ?? Reactor.now.date
        print(try Self.sentence(on: pin, key: try file.key(), at: date, door: file.name))
      } catch {
        throw error.reported(by: "bitting")
      }
    }

    private static func sentence(
      on pin: PINCode, key: OfflineDoorKey, at date: Timestamp, door: String
    ) throws(StartFault) -> String {
      func times(_ code: OfflineCode) -> String { "\(code.start.iso8601) to \(code.end.iso8601)" }
      var verifier = OfflineVerifier(key: key, tolerance: .zero)
      let verdict = verifier.entered(pin, at: date)
      if case .opens(let code) = verdict {
        return "opens \(door)\(code.term == .once ? ", if it was not used yet" : ""): \(times(code))"
      }
      if let code = Self.codeUnderWay(pin, key: key, at: date) {
        return "opens \(door), if it was used before \(code.firstUseEnd.iso8601): \(times(code))"
      }
      switch verdict {
      case .early(let code): throw StartFault(.refused, "not valid yet: \(times(code))")
      case .expired(let code), .used(let code), .memoryFull(let code), .opens(let code):
        throw StartFault(.refused, "expired: \(times(code))")
      case .unknown: throw StartFault(.refused, "no code of \(door) around that time")
      }
    }

    /// A code whose first day is over and that is good at `date`, if it was used.
    private static func codeUnderWay(_ pin: PINCode, key: OfflineDoorKey, at date: Timestamp) -> OfflineCode? {
      for day in 1...(7 * OfflineTerm.weekly.upperBound) {
        var verifier = OfflineVerifier(key: key, tolerance: .zero)
        if case .opens(let code) = verifier.entered(pin, at: date - .hours(24 * day)), code.term != .once,
          date < code.end
        {
          return code
        }
      }
      return nil
    }
  }
}
