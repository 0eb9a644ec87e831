/// What one output shall do: {output, control, timer LE16 × 100 ms}.
public struct OSDPOutput: Hashable, Sendable {
  /// How the output changes.
  public enum Control: UInt8, Hashable, Sendable {
    /// Stays as it is.
    case unchanged = 0
    /// Off for good; a running timer ends now.
    case off = 1
    /// On for good; a running timer ends now.
    case on = 2
    /// Off for good, once a running timer has ended.
    case offAfterTimer = 3
    /// On for good, once a running timer has ended.
    case onAfterTimer = 4
    /// On for the timer, then as before.
    case onForTimer = 5
    /// Off for the timer, then as before.
    case offForTimer = 6
  }

  /// Counts from 0.
  public var number: UInt8
  /// How the output changes.
  public var control: Control
  /// × 100 ms; sent as at least 1 where the control runs a timer.
  public var timer: UInt16

  /// Makes a record.
  public init(number: UInt8, control: Control, timer: UInt16 = 0) {
    self.number = number
    self.control = control
    self.timer = timer
  }

  var bytes: [UInt8] {
    let runs = self.control == .onForTimer || self.control == .offForTimer
    let timer = runs ? max(1, self.timer) : self.timer
    return [
      self.number, self.control.rawValue, UInt8(truncatingIfNeeded: timer),
      UInt8(truncatingIfNeeded: timer >> 8),
    ]
  }

  init?(_ fields: inout OSDPFields) {
    guard let number = fields.byte(), let control = fields.byte().flatMap(Control.init),
      let timer = fields.word()
    else { return nil }
    self.init(number: number, control: control, timer: timer)
  }
}

/// What one light shall show. The temporary part overlays the permanent one and ends by itself.
///
///     0 reader  1 LED
///     2 temporary control  3 on × 100 ms  4 off × 100 ms  5 on colour  6 off colour  7 timer LE16 × 100 ms
///     9 permanent control  10 on × 100 ms  11 off × 100 ms  12 on colour  13 off colour
public struct OSDPLED: Hashable, Sendable {
  /// What a light can show.
  public enum Color: UInt8, Hashable, Sendable {
    /// 0 to 7 as on the wire.
    case dark = 0, red, green, amber, blue, magenta, cyan, white
  }

  /// On for `on`, off for `off`, over again; both × 100 ms and not both 0.
  public struct Blink: Hashable, Sendable {
    /// × 100 ms.
    public var on: UInt8
    /// × 100 ms.
    public var off: UInt8
    /// Colour while on.
    public var onColor: Color
    /// Colour while off.
    public var offColor: Color

    /// Makes a blink; without times it is steady in `onColor`.
    public init(_ onColor: Color, on: UInt8 = 5, off: UInt8 = 0, offColor: Color = .dark) {
      self.on = on
      self.off = off
      self.onColor = onColor
      self.offColor = offColor
    }

    var bytes: [UInt8] {
      let on = self.on == 0 && self.off == 0 ? 1 : self.on
      return [on, self.off, self.onColor.rawValue, self.offColor.rawValue]
    }

    init?(_ fields: inout OSDPFields) {
      guard let on = fields.byte(), let off = fields.byte(),
        let onColor = fields.byte().flatMap(Color.init),
        let offColor = fields.byte().flatMap(Color.init)
      else { return nil }
      self.init(onColor, on: on, off: off, offColor: offColor)
    }
  }

  /// What the temporary part does.
  public enum Temporary: Hashable, Sendable {
    /// 0: stays as it is.
    case unchanged
    /// 1: ends now.
    case cancelled
    /// 2: starts, for this × 100 ms.
    case started(Blink, timer: UInt16)
  }

  /// Counts from 0.
  public var reader: UInt8
  /// Counts from 0.
  public var number: UInt8
  /// What the temporary part does.
  public var temporary: Temporary
  /// What the permanent part shows from now on; nil: stays as it is.
  public var permanent: Blink?

  /// Makes a record.
  public init(
    reader: UInt8 = 0, number: UInt8 = 0, temporary: Temporary = .unchanged, permanent: Blink? = nil
  ) {
    self.reader = reader
    self.number = number
    self.temporary = temporary
    self.permanent = permanent
  }

  var bytes: [UInt8] {
    var bytes = [self.reader, self.number]
    switch self.temporary {
    case .unchanged: bytes += [0, 0, 0, 0, 0, 0, 0]
    case .cancelled: bytes += [1, 0, 0, 0, 0, 0, 0]
    case .started(let blink, let timer):
      bytes.append(2)
      bytes += blink.bytes
      bytes.append(UInt8(truncatingIfNeeded: timer))
      bytes.append(UInt8(truncatingIfNeeded: timer >> 8))
    }
    if let permanent {
      bytes.append(1)
      bytes += permanent.bytes
    } else {
      bytes += [0, 0, 0, 0, 0]
    }
    return bytes
  }

  init?(_ fields: inout OSDPFields) {
    guard let reader = fields.byte(), let number = fields.byte(), let control = fields.byte(),
      var blink = fields.bytes(4).map(OSDPFields.init), let timer = fields.word()
    else { return nil }
    let temporary: Temporary
    switch control {
    case 0: temporary = .unchanged
    case 1: temporary = .cancelled
    case 2:
      guard let started = Blink(&blink) else { return nil }
      temporary = .started(started, timer: timer)
    default: return nil
    }
    guard let control = fields.byte(), var blink = fields.bytes(4).map(OSDPFields.init) else {
      return nil
    }
    var permanent: Blink?
    switch control {
    case 0: break
    case 1:
      guard let set = Blink(&blink) else { return nil }
      permanent = set
    default: return nil
    }
    self.init(reader: reader, number: number, temporary: temporary, permanent: permanent)
  }
}

/// What a buzzer shall do: {reader, tone, on × 100 ms, off × 100 ms, count}.
public struct OSDPBuzzer: Hashable, Sendable {
  /// Counts from 0.
  public var reader: UInt8
  /// 0 none, 1 off, 2 the usual one.
  public var tone: UInt8
  /// × 100 ms; sent as at least 1 with a tone.
  public var on: UInt8
  /// × 100 ms.
  public var off: UInt8
  /// How often; 0 = until told otherwise.
  public var count: UInt8

  /// Makes a record.
  public init(reader: UInt8 = 0, tone: UInt8 = 2, on: UInt8, off: UInt8, count: UInt8) {
    self.reader = reader
    self.tone = tone
    self.on = on
    self.off = off
    self.count = count
  }

  var bytes: [UInt8] {
    [self.reader, self.tone, self.tone < 2 ? self.on : max(1, self.on), self.off, self.count]
  }

  init?(_ fields: inout OSDPFields) {
    guard let reader = fields.byte(), let tone = fields.byte(), let on = fields.byte(),
      let off = fields.byte(), let count = fields.byte()
    else { return nil }
    self.init(reader: reader, tone: tone, on: on, off: off, count: count)
  }
}

/// What a display shall show: {reader, how, seconds, row, column, n, n characters}.
public struct OSDPText: Hashable, Sendable {
  /// Most characters that go into one command.
  public static let maximum = 32

  /// Counts from 0.
  public var reader: UInt8
  /// 1 permanent, 2 permanent and wrapped, 3 temporary, 4 temporary and wrapped.
  public var how: UInt8
  /// How long a temporary text stays.
  public var seconds: UInt8
  /// Counts from 1.
  public var row: UInt8
  /// Counts from 1.
  public var column: UInt8
  /// ASCII; only the first ``maximum`` are sent.
  public var characters: [UInt8]

  /// Makes a record.
  public init(
    reader: UInt8 = 0, how: UInt8 = 3, seconds: UInt8 = 3, row: UInt8 = 1, column: UInt8 = 1,
    characters: [UInt8]
  ) {
    self.reader = reader
    self.how = how
    self.seconds = seconds
    self.row = row
    self.column = column
    self.characters = characters
  }

  var bytes: [UInt8] {
    let sent = self.characters.prefix(Self.maximum)
    return [self.reader, self.how, self.seconds, self.row, self.column, UInt8(sent.count)] + sent
  }

  init?(_ fields: inout OSDPFields) {
    guard let reader = fields.byte(), let how = fields.byte(), let seconds = fields.byte(),
      let row = fields.byte(), let column = fields.byte(), let count = fields.byte(),
      let characters = fields.bytes(Int(count))
    else { return nil }
    self.init(
      reader: reader, how: how, seconds: seconds, row: row, column: column,
      characters: Array(characters))
  }
}

/// Address and speed of a device: {address, baud LE32}; told by the panel, and told back as really used.
public struct OSDPCommunication: Hashable, Sendable {
  /// 00-7E.
  public var address: UInt8
  /// Bits per second.
  public var baud: UInt32

  /// Makes a pair.
  public init(address: UInt8, baud: UInt32) {
    self.address = address
    self.baud = baud
  }

  var bytes: [UInt8] {
    [self.address] + (0..<4).map { UInt8(truncatingIfNeeded: self.baud >> (8 * $0)) }
  }

  init?(_ fields: inout OSDPFields) {
    guard let address = fields.byte(), let baud = fields.doubleWord() else { return nil }
    self.init(address: address, baud: baud)
  }
}
