import SyncEngine

/// The PINs in an answer. This is the one place that knows where answers show them: in a member `code`, and in what an
/// element about the property or field `code` has as `from` and `to`. An object belongs to the access code whose id is
/// in it, or in the object around it.
extension JSONValue {
  /// The answer for somebody who may not see PINs: null in place of each.
  var withoutPINs: JSONValue {
    switch self {
    case .object(let members):
      let aboutCode = Self.isAboutCode(members)
      return .object(
        Dictionary(
          uniqueKeysWithValues: members.map { (name, value) -> (String, JSONValue) in
            if Self.isFree(name) { return (name, value) }
            return (name, Self.showsPIN(name, value, aboutCode: aboutCode) ? .null : value.withoutPINs)
          }))
    case .array(let elements): return .array(elements.map(\.withoutPINs))
    default: return self
    }
  }

  /// The PINs that the answer shows, by the id of their access code; those of none are left out.
  var shownPINs: [String: Set<String>] {
    var found: [String: Set<String>] = [:]
    self.collectPINs(of: nil, into: &found)
    return found
  }

  private func collectPINs(of code: String?, into found: inout [String: Set<String>]) {
    switch self {
    case .object(let members):
      let code = members["access_code_id"]?.string ?? code
      let aboutCode = Self.isAboutCode(members)
      for (name, value) in members where !Self.isFree(name) {
        if Self.showsPIN(name, value, aboutCode: aboutCode) {
          if let code, let pin = value.string { found[code, default: []].insert(pin) }
        } else {
          value.collectPINs(of: code, into: &found)
        }
      }
    case .array(let elements): for element in elements { element.collectPINs(of: code, into: &found) }
    default: break
    }
  }

  private static func showsPIN(_ name: String, _ value: JSONValue, aboutCode: Bool) -> Bool {
    guard value.string != nil else { return false }
    return name == "code" || (aboutCode && (name == "from" || name == "to"))
  }

  private static func isAboutCode(_ members: [String: JSONValue]) -> Bool {
    members["field"] == "code" || members["property"] == "code"
  }

  /// Clients keep what they like in there.
  private static func isFree(_ name: String) -> Bool { name.hasSuffix("custom_metadata") }
}
