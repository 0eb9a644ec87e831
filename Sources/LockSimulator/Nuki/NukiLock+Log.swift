import LockCore
import LockDrivers

/// The lock's log: a ring of records with numbers that only grow.
extension NukiLock {
  /// Start 4 | count 2 | order 1 | total 1 -> count, then entries.
  mutating func listLog(_ body: ArraySlice<UInt8>, _ request: Request) throws(Refusal) {
    let start = number(body.prefix(4))
    let count = Int(number(body.dropFirst(4).prefix(2)))
    let (order, wantsTotal) = (body[body.startIndex + 6], body[body.startIndex + 7])
    guard order <= 1, wantsTotal <= 1 else { throw Refusal(.badParameter) }
    self.sayStrayStatus(on: request.link)
    if wantsTotal == 1 {
      self.say(
        .logEntryCount,
        [self.memory.isLogOn ? 1 : 0] + wire(UInt16(clamping: self.memory.log.count))
          + [self.model.hasDoorSensor ? 1 : 0, self.memory.isDoorLogOn ? 1 : 0],
        on: request.link)
      self.sayStrayStatus(on: request.link)
    }
    let asked =
      order == 0
      ? self.memory.log.filter { $0.index > start }
      : self.memory.log.reversed().filter { start == 0 || $0.index < start }
    for record in asked.prefix(count) {
      // Index 4 | date 7 | authorization 4 | name 32 | type 1 | data
      let head = wire(record.index) + record.date.nukiTime + wire(record.authorization) + padded(record.name, 32)
      let padding = [UInt8](repeating: 0, count: max(0, min(8, self.temperament.logPadding)))
      self.say(.logEntry, head + [record.type] + record.data + padding, on: request.link)
    }
    self.complete(request)
  }

  /// A Status that belongs to something else, such as an action of a phone.
  mutating func sayStrayStatus(on link: LinkID) {
    if self.temperament.saysStrayStatus { self.say(.status, [0], on: link) }
  }

  /// On 1.
  mutating func switchLog(_ body: ArraySlice<UInt8>, _ request: Request) throws(Refusal) {
    guard let isOn = body.first, isOn <= 1 else { throw Refusal(.badParameter) }
    if (isOn == 1) != self.memory.isLogOn {
      self.memory.isLogOn = true
      self.record(
        type: 1, [isOn], authorization: request.authorization.id, name: request.authorization.name)
      self.memory.isLogOn = isOn == 1
      self.remember()
    }
    self.complete(request)
  }

  /// A use of the keypad: action 1 | source 1 | completion 1 | code 2. All codes share the keypad's
  /// authorization.
  mutating func logKeypad(_ action: NukiAction, source: UInt8, _ completion: NukiCompletion, code id: UInt16?) {
    let name = id.flatMap { self.memory.codes[$0]?.name } ?? ""
    self.record(
      type: 5, [action.rawValue, source, completion.rawValue] + wire(id ?? 0),
      authorization: self.model.keypadAuthorization, name: name)
  }

  mutating func record(type: UInt8, _ data: [UInt8], authorization: UInt32 = 0, name: String = "") {
    guard self.memory.isLogOn, type != 6 || self.memory.isDoorLogOn else { return }
    self.memory.newestRecord &+= 1
    self.memory.log.append(
      Memory.Record(
        index: self.memory.newestRecord, date: self.clock, authorization: authorization, name: name, type: type,
        data: data))
    if self.memory.log.count > self.model.logCapacity {
      self.memory.log.removeFirst(self.memory.log.count - self.model.logCapacity)
    }
    self.tellNews()
  }
}
