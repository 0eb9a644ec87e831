import Glibc

/// What changes when a file is replaced, written, or given other permissions, symbolic links followed.
public struct FileStamp: Equatable, Sendable {
  private var numbers: [Int64]

  /// The stamp of several files; one that is not there has one too.
  public static func now(_ paths: [String]) -> FileStamp {
    FileStamp(
      numbers: paths.flatMap { path -> [Int64] in
        var entry = stat()
        guard unsafe stat(path, &entry) == 0 else { return [0] }
        return [
          Int64(bitPattern: UInt64(entry.st_dev)), Int64(bitPattern: UInt64(entry.st_ino)), Int64(entry.st_size),
          Int64(entry.st_mtim.tv_sec), Int64(entry.st_mtim.tv_nsec),
          Int64(entry.st_ctim.tv_sec), Int64(entry.st_ctim.tv_nsec),
        ]
      })
  }

  /// A stamp of its own, for tests.
  init(numbers: [Int64]) { self.numbers = numbers }
}
