@testable import SyncEngine

/// `docs/events.md`, made from the catalogue.
enum EventDocument {
  static var text: String {
    var lines = [self.introduction]
    for subject in EventType.Subject.allCases {
      let types = EventType.allCases.filter { $0.entry.subject == subject }
      lines += ["", "## \(self.title(of: subject))", "", self.explanation(of: subject), ""]
      lines += ["| event_type | told when | own members |", "|---|---|---|"]
      lines += types.map { "| `\($0.rawValue)` | \($0.entry.occasion) | \(self.members(of: $0)) |" }
    }
    lines += ["", self.neverTold, ""]
    for name in EventCatalogue.neverTold.sorted() { lines.append("- `\(name)`") }
    return lines.joined(separator: "\n") + "\n"
  }

  private static let introduction = """
    # Events

    What happens at the site is kept as events, in the order in which it became known. It is the same object in
    `/events/list`, in `/events/get` and in a [webhook](webhooks.md), and it never changes, but for one that was stored while
    the wall clock had run ahead: it is [dated anew](operations.md#the-wall-clock) once.

    This page is made from the catalogue in `Sources/SyncEngine/Events`; `make docs` writes it anew.

    Every event has `event_id`, `event_type`, `workspace_id` and two times. `occurred_at` is when it happened, as the lock's
    log or the gateway's clock tells it. `created_at` is when the gateway stored it; no two happenings share an instant, so
    `since` with the `created_at` of the last event that was seen gives exactly those that came after it. An entry that a
    lock reports late has an `occurred_at` that is long before its `created_at`.

    *Issues* are arrays of what is wrong at that moment, empty ones included: `connected_account_errors` and
    `connected_account_warnings`; for devices and codes also `device_errors` and `device_warnings`; for codes also
    `access_code_errors` and `access_code_warnings`. Each item has `error_code` or `warning_code`, `message` and `created_at`.

    Members in brackets are there when they are known. A type marked *own* is the gateway's and not known to the cloud
    service.

    `code` is the PIN, as the API promises. Whoever may read events may open doors.

    `event_type` and `event_types` of `/events/list` and the `event_types` of a webhook take every name on this page. Any
    other name is refused: with `invalid_input`, and for a webhook with `invalid_event_types`.
    """

  private static let neverTold = """
    ## Never told

    The API has these names and no gateway tells them: they are about things that are not at a door, about makers that are
    not served, or they are deprecated or unreleased. It is no mistake to ask for them or to subscribe to them.
    """

  private static func title(of subject: EventType.Subject) -> String {
    switch subject {
    case .accessCode: "Access codes"
    case .unmanagedAccessCode: "Unmanaged access codes"
    case .device: "Devices"
    case .lock: "Doors"
    case .actionAttempt: "Action attempts"
    case .account: "Connected accounts"
    }
  }

  private static func explanation(of subject: EventType.Subject) -> String {
    let example = EventType.allCases.first { $0.entry.subject == subject }
    let ids = example.map { self.list($0.ids) } ?? ""
    let metadata = example.map { self.list($0.metadata) } ?? ""
    return metadata.isEmpty ? "Each has \(ids)." : "Each has \(ids), and the free members: \(metadata)."
  }

  private static func members(of type: EventType) -> String {
    let entry = type.entry
    let parts = [
      self.list(entry.members), entry.optionalMembers.isEmpty ? "" : "[\(self.list(entry.optionalMembers))]",
      entry.carriesIssues ? "issues" : "", entry.isGatewaysOwn ? "*own*" : "",
    ].filter { !$0.isEmpty }
    return parts.isEmpty ? "–" : parts.joined(separator: "; ")
  }

  private static func list(_ names: Set<String>) -> String {
    names.sorted().map { "`\($0)`" }.joined(separator: ", ")
  }
}
