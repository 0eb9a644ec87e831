/// The pages of an SQLite file, whether SQLite would read it or not, with those of its write-ahead log in their places.
/// A value: it is given bytes, and believes none of them.
struct DatabasePages {
  /// How large a page is, in bytes.
  let size: Int
  /// How many there are, some perhaps cut off.
  let count: Int

  private let file: [UInt8]
  private let log: [UInt8]
  /// Where the log has a page of its own, by its number.
  private var inLog: [Int: Int] = [:]

  private static let magic = Array("SQLite format 3\0".utf8)
  private static let usualSize = 4096
  private static let logHead = 32
  private static let frameHead = 24

  /// Takes a file and its write-ahead log.
  init(file: [UInt8], log: [UInt8] = []) {
    (self.file, self.log) = (file, log)
    let told = file.starts(with: Self.magic) && file.count > 18 ? Int(file[16]) << 8 | Int(file[17]) : 0
    let ofLog = log.count >= Self.logHead ? Self.number(log, 8) : 0
    let sizes = [told == 1 ? 65536 : told, ofLog].filter { (512...65536).contains($0) && $0.nonzeroBitCount == 1 }
    let size = sizes.first ?? Self.usualSize
    self.size = size
    self.inLog = Self.frames(of: log, pageSize: size)
    self.count = max((file.count + size - 1) / size, self.inLog.keys.max() ?? 0)
  }

  /// The bytes of a page, from 1; nil for one that is not there, or not whole.
  func page(_ number: Int) -> ArraySlice<UInt8>? {
    guard (1...max(1, self.count)).contains(number) else { return nil }
    if let start = self.inLog[number] { return self.log[start..<(start + self.size)] }
    let start = (number - 1) * self.size
    return start + self.size <= self.file.count ? self.file[start..<(start + self.size)] : nil
  }

  /// A number of four bytes, the highest first.
  static func number(_ bytes: some RandomAccessCollection<UInt8>, _ offset: Int) -> Int {
    let start = bytes.index(bytes.startIndex, offsetBy: offset)
    return bytes[start...].prefix(4).reduce(0) { $0 << 8 | Int($1) }
  }

  /// The pages that were committed into a log and are whole, by their numbers.
  private static func frames(of log: [UInt8], pageSize: Int) -> [Int: Int] {
    guard log.count >= Self.logHead, [0x377F_0682, 0x377F_0683].contains(Self.number(log, 0)) else { return [:] }
    let isBigEndian = Self.number(log, 0) & 1 == 1
    var sum: (UInt32, UInt32) = (0, 0)
    Self.add(log[0..<24], to: &sum, isBigEndian: isBigEndian)
    guard (Int(sum.0), Int(sum.1)) == (Self.number(log, 24), Self.number(log, 28)) else { return [:] }
    var (committed, pending) = ([Int: Int](), [Int: Int]())
    var start = Self.logHead
    while start + Self.frameHead + pageSize <= log.count {
      let page = start + Self.frameHead
      Self.add(log[start..<(start + 8)], to: &sum, isBigEndian: isBigEndian)
      Self.add(log[page..<(page + pageSize)], to: &sum, isBigEndian: isBigEndian)
      guard Array(log[(start + 8)..<(start + 16)]) == Array(log[16..<24]),
        (Int(sum.0), Int(sum.1)) == (Self.number(log, start + 16), Self.number(log, start + 20))
      else { break }
      pending[Self.number(log, start)] = page
      if Self.number(log, start + 4) != 0 {
        committed.merge(pending) { $1 }
        pending = [:]
      }
      start = page + pageSize
    }
    return committed
  }

  private static func add(_ bytes: ArraySlice<UInt8>, to sum: inout (UInt32, UInt32), isBigEndian: Bool) {
    var index = bytes.startIndex
    func word(_ at: Int) -> UInt32 {
      let word =
        UInt32(bytes[at]) << 24 | UInt32(bytes[at + 1]) << 16 | UInt32(bytes[at + 2]) << 8 | UInt32(bytes[at + 3])
      return isBigEndian ? word : word.byteSwapped
    }
    while index + 8 <= bytes.endIndex {
      sum.0 = sum.0 &+ word(index) &+ sum.1
      sum.1 = sum.1 &+ word(index + 4) &+ sum.0
      index += 8
    }
  }
}
