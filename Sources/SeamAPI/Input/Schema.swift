import SyncEngine

/// The parameters of a route and the rules between them.
struct Schema: Sendable {
  /// A rule between parameters: why `input` breaks it, or nil.
  typealias Rule = @Sendable (Input) -> String?

  /// The parameters; others are ignored.
  var parameters: [Parameter]
  /// Pairs of names for one thing; both may be sent when they are equal. The value goes by the second name.
  var synonyms: [(String, String)]
  /// Rules, checked once every parameter is well formed.
  var rules: [Rule]

  /// Describes the input of a route.
  init(_ parameters: [Parameter]..., synonyms: [(String, String)] = [], rules: [Rule] = []) {
    self.parameters = parameters.flatMap(\.self)
    self.synonyms = synonyms
    self.rules = rules
  }

  /// The input that `document` is, or what is wrong with it.
  func input(from document: JSONValue) throws(APIFault) -> Input {
    guard let members = document.object else {
      throw .invalidInput([InputProblem(path: [], message: "Expected object, received \(document.typeName)")])
    }
    var problems = self.parameters.problems(of: members)
    var values: [String: JSONValue] = [:]
    for parameter in self.parameters { values[parameter.name] = members[parameter.name] }
    for (old, new) in self.synonyms {
      if let first = values[old], let second = values[new], first != second {
        problems.append(InputProblem(path: [old], message: "Must not differ from \(new)"))
      }
      values[new] = values[new] ?? values[old]
      values[old] = nil
    }
    guard problems.isEmpty else { throw .invalidInput(problems) }
    let input = Input(values: values)
    let broken = self.rules.compactMap { $0(input) }
    guard broken.isEmpty else { throw .invalidInput(broken.map { InputProblem(path: [], message: $0) }) }
    return input
  }

  /// A rule that at least one of `names` must be there.
  static func needs(oneOf names: [String]) -> Rule {
    { input in
      names.contains { input.values[$0] != nil } ? nil : "Provide at least one of \(names.joined(separator: ", "))"
    }
  }
}
