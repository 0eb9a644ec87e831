import SyncEngine

/// One thing that is wrong with the input of a request.
struct InputProblem: Hashable, Sendable {
  /// Where: member names and array indices from the root; empty for the request as a whole.
  var path: [String]
  /// What; quotes nothing of the input.
  var message: String

  /// The same as a sentence.
  var sentence: String {
    let path = self.path.joined(separator: ".")
    if path.isEmpty { return self.message }
    return self.message == "Required" ? "\(path) is required" : "\(self.message) for \"\(path)\""
  }
}

extension [InputProblem] {
  /// All problems in one message.
  var message: String {
    self.count == 1 ? self[0].sentence : "\(self.count) Input Errors: " + self.map(\.sentence).joined(separator: ", ")
  }

  /// The problems as the tree that goes out as `validation_errors`: `_errors` at the root, and for each parameter
  /// an object with `_errors` and its nested names.
  var tree: JSONValue {
    var members: [String: JSONValue] = [
      "_errors": .array(self.filter(\.path.isEmpty).map { .string($0.message) })
    ]
    let nested = Dictionary(grouping: self.filter { !$0.path.isEmpty }) { $0.path[0] }
    for (name, problems) in nested {
      members[name] = problems.map { InputProblem(path: Array<String>($0.path.dropFirst()), message: $0.message) }.tree
    }
    return .object(members)
  }
}
