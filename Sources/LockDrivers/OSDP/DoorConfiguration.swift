/// What a door is put together from, and how long its parts act.
///
/// A part is an address on the line and a number there; parts may be on different devices, and the strike should
/// be: a relay inside the keypad outside can be bridged with a screwdriver.
public struct DoorConfiguration: Hashable, Sendable {
  /// The keypad.
  public struct Reader: Hashable, Sendable {
    /// Address of its device, 0 to 126.
    public var address: UInt8
    /// Number of the reader on the device.
    public var number: UInt8
    /// Number of its light; nil when it has none.
    public var led: UInt8?
    /// True when it can beep.
    public var hasBuzzer: Bool
    /// What completes a PIN there.
    public var terminator: PINCollector.Terminator
    /// The longest pause between two keys of one PIN.
    public var interKeyTimeout: Duration
    /// The steady light while nothing happens.
    public var idleColor: OSDPLED.Color

    /// Describes a keypad.
    /// - Parameters:
    ///   - address: address of its device.
    ///   - number: number of the reader on the device.
    ///   - led: number of its light, nil for none.
    ///   - hasBuzzer: it can beep.
    ///   - terminator: what completes a PIN there.
    ///   - interKeyTimeout: longest pause between two keys.
    ///   - idleColor: the steady light while nothing happens.
    public init(
      address: UInt8, number: UInt8 = 0, led: UInt8? = 0, hasBuzzer: Bool = true,
      terminator: PINCollector.Terminator = .hash, interKeyTimeout: Duration = .seconds(5),
      idleColor: OSDPLED.Color = .red
    ) {
      self.address = address
      self.number = number
      self.led = led
      self.hasBuzzer = hasBuzzer
      self.terminator = terminator
      self.interKeyTimeout = interKeyTimeout
      self.idleColor = idleColor
    }
  }

  /// The relay that frees the door.
  public struct Strike: Hashable, Sendable {
    /// Address of its device, 0 to 126.
    public var address: UInt8
    /// Number of the output on the device.
    public var output: UInt8
    /// How long it stays on: 0.1 s to 109 min, in tenths of a second. The device itself ends it.
    public var time: Duration
    /// True to end it as soon as the door opens.
    public var endsOnOpening: Bool

    /// Describes a strike.
    /// - Parameters:
    ///   - address: address of its device.
    ///   - output: number of the output.
    ///   - time: how long it stays on.
    ///   - endsOnOpening: end it as soon as the door opens.
    public init(
      address: UInt8, output: UInt8 = 0, time: Duration = .seconds(5), endsOnOpening: Bool = false
    ) {
      self.address = address
      self.output = output
      self.time = time
      self.endsOnOpening = endsOnOpening
    }
  }

  /// A contact that tells whether the door stands open.
  public struct Contact: Hashable, Sendable {
    /// Address of its device, 0 to 126.
    public var address: UInt8
    /// Number of the input on the device.
    public var input: UInt8
    /// True when an active input means an open door.
    public var activeMeansOpen: Bool
    /// How long the door may stand open.
    public var heldLimit: Duration

    /// Describes a contact.
    /// - Parameters:
    ///   - address: address of its device.
    ///   - input: number of the input.
    ///   - activeMeansOpen: an active input means an open door.
    ///   - heldLimit: how long the door may stand open.
    public init(
      address: UInt8, input: UInt8 = 0, activeMeansOpen: Bool = true, heldLimit: Duration = .seconds(30)
    ) {
      self.address = address
      self.input = input
      self.activeMeansOpen = activeMeansOpen
      self.heldLimit = heldLimit
    }
  }

  /// A button or motion detector on the inside. Escape must never depend on it: it only keeps an opening from
  /// being called forced and, where asked, frees the strike for convenience.
  public struct ExitButton: Hashable, Sendable {
    /// Address of its device, 0 to 126.
    public var address: UInt8
    /// Number of the input on the device.
    public var input: UInt8
    /// True when an active input means a pressed button.
    public var activeMeansPressed: Bool
    /// True when a press frees the strike.
    public var unlocks: Bool

    /// Describes an exit button.
    /// - Parameters:
    ///   - address: address of its device.
    ///   - input: number of the input.
    ///   - activeMeansPressed: an active input means a pressed button.
    ///   - unlocks: a press frees the strike.
    public init(address: UInt8, input: UInt8 = 1, activeMeansPressed: Bool = true, unlocks: Bool = false) {
      self.address = address
      self.input = input
      self.activeMeansPressed = activeMeansPressed
      self.unlocks = unlocks
    }
  }

  /// When too many wrong PINs lock the keypad out.
  public struct Lockout: Hashable, Sendable {
    /// How many wrong PINs, 1 or more.
    public var attempts: Int
    /// Within how long.
    public var window: Duration
    /// How long the first lock-out lasts; each further one twice as long, until a right PIN.
    public var first: Duration
    /// The longest lock-out.
    public var longest: Duration

    /// Makes a rule.
    /// - Parameters:
    ///   - attempts: how many wrong PINs.
    ///   - window: within how long.
    ///   - first: how long the first lock-out lasts.
    ///   - longest: the longest lock-out.
    public init(
      attempts: Int = 5, window: Duration = .seconds(60), first: Duration = .seconds(60),
      longest: Duration = .seconds(15 * 60)
    ) {
      self.attempts = attempts
      self.window = window
      self.first = first
      self.longest = longest
    }
  }

  /// The keypad.
  public var reader: Reader
  /// The relay that frees the door.
  public var strike: Strike
  /// The door's contact; nil when it has none.
  public var contact: Contact?
  /// The exit button; nil when there is none.
  public var exitButton: ExitButton?
  /// True to refuse every PIN while a housing of this door is open.
  public var refusesPINsWhileTampered: Bool
  /// When wrong PINs lock the keypad out.
  public var lockout: Lockout

  /// Puts a door together.
  /// - Parameters:
  ///   - reader: the keypad.
  ///   - strike: the relay that frees the door.
  ///   - contact: the door's contact, nil for none.
  ///   - exitButton: the exit button, nil for none.
  ///   - refusesPINsWhileTampered: refuse every PIN while a housing is open.
  ///   - lockout: when wrong PINs lock the keypad out.
  public init(
    reader: Reader, strike: Strike, contact: Contact? = nil, exitButton: ExitButton? = nil,
    refusesPINsWhileTampered: Bool = false, lockout: Lockout = Lockout()
  ) {
    self.reader = reader
    self.strike = strike
    self.contact = contact
    self.exitButton = exitButton
    self.refusesPINsWhileTampered = refusesPINsWhileTampered
    self.lockout = lockout
  }

  /// The addresses of all devices that the door needs, ascending.
  public var addresses: [UInt8] {
    Set(
      [self.reader.address, self.strike.address] + [self.contact?.address, self.exitButton?.address].compactMap(\.self)
    )
    .sorted()
  }
}
