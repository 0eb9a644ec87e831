import ArgumentParser
import Foundation
import Gateway
import Sealing

/// `bitting backup-key`: makes the key with which backups are opened, so that the box that makes them never has it.
struct BackupKeyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup-key",
    abstract: "Make a key for backups: the secret half into a file, the public half to be printed.",
    discussion: """
      Run it where the secret half is to stay, not on the gateway. The gateway makes backups with \
      `bitting backup --recipient PUBLIC` and cannot open them.
      """)

  @Argument(help: ArgumentHelp("The file for the secret half.", valueName: "file"))
  var file: String

  func run() async throws {
    do {
      if FileManager.default.fileExists(atPath: self.file) {
        throw StartFault(.cannotCreate, "\(self.file) is there already and is left as it is; name another file")
      }
      try SealKey.draw(into: self.file)
      print(Hexadecimal.text(try BackupKey.publicKey(of: Passphrase.secretKey(in: self.file))))
    } catch let fault as StartFault {
      throw fault.reported(by: "bitting")
    }
  }
}
