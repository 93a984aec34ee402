/// Where a wrapper keeps its value, so that the parser can set it by reflection.
final class Slot<Value> {
    /// The value, or `nil` while one is still required.
    var value: Value?

    /// Whether the command line gave a value.
    var isGiven = false

    /// Keeps a default, or nothing.
    init(_ value: Value?) { self.value = value }

    /// The value once parsing is done.
    var parsed: Value {
        guard let value else { preconditionFailure("a parameter was read before parsing") }
        return value
    }
}

/// What the parser knows of a property.
struct Parameter {
    /// How many words a parameter takes.
    enum Arity { case none, one, rest }

    /// The spellings of an option; none for an argument.
    let names: [String]

    /// How many words it takes.
    let arity: Arity

    /// What it is for.
    let help: String

    /// Whether it must be given.
    let isRequired: Bool

    /// What stands for the value in help, if it was said.
    let placeholder: String?

    /// Every word that spells a value, if there are few.
    let allWords: [String]

    /// What a word should have been.
    let expected: String

    /// Takes a word as the value; returns whether it spells one.
    let accept: (String) -> Bool

    /// Whether the parameter is required and was not given.
    let isMissing: () -> Bool

    /// Describes a switch, whose words are "yes" and "no".
    init(switch names: [String], help: String, set: @escaping (Bool) -> Void) {
        self.names = names
        self.help = help
        (arity, isRequired, placeholder, allWords, expected) = (.none, false, nil, [], "")
        isMissing = { false }
        accept = {
            set($0 == "yes")
            return true
        }
    }

    private init<Value, Word: ArgumentValue>(
        _ names: [String], _ placeholder: String?, _ help: String, _ slot: Slot<Value>,
        _ arity: Arity, set: @escaping (Word) -> Void
    ) {
        (self.names, self.placeholder, self.help, self.arity) = (names, placeholder, help, arity)
        isRequired = slot.value == nil
        allWords = Word.allWords
        expected = Word.expected
        isMissing = { slot.value == nil }
        accept = { word in
            guard let value = Word(argument: word) else { return false }
            set(value)
            slot.isGiven = true
            return true
        }
    }

    /// Describes a parameter of one value.
    init<Value: ArgumentValue>(
        _ names: [String], _ placeholder: String?, _ help: String, slot: Slot<Value>
    ) {
        self.init(names, placeholder, help, slot, .one) { (value: Value) in slot.value = value }
    }

    /// Describes a parameter that may be missing.
    init<Value: ArgumentValue>(
        _ names: [String], _ placeholder: String?, _ help: String, optional slot: Slot<Value?>
    ) {
        self.init(names, placeholder, help, slot, .one) { (value: Value) in slot.value = value }
    }

    /// Describes a parameter of many values.
    init<Value: ArgumentValue>(
        _ names: [String], _ placeholder: String?, _ help: String, list slot: Slot<[Value]>
    ) {
        self.init(names, placeholder, help, slot, .rest) { (value: Value) in
            slot.value = (slot.isGiven ? slot.parsed : []) + [value]
        }
    }
}

/// A property wrapper that declares a parameter.
protocol ParameterWrapper {
    /// What it declares.
    var parameter: Parameter { get }
}

/// A property wrapper that places a group of parameters.
protocol OptionGroupWrapper {
    /// The group with its slots.
    var group: any OptionGroup { get }
}

/// A parameter and the label of its property.
struct Declaration {
    /// The name of the property, hyphenated.
    let label: String

    /// What it declares.
    let parameter: Parameter

    /// Whether it is known by its place.
    var isPositional: Bool { parameter.names.isEmpty }

    /// Whether it is no switch.
    var takesValue: Bool { parameter.arity != .none }

    /// What stands for the value in help, such as `<goal>` or `(low|high)`.
    var placeholder: String {
        if let placeholder = parameter.placeholder { return "<\(placeholder)>" }
        let words = "(\(parameter.allWords.joined(separator: "|")))"
        if !parameter.allWords.isEmpty, words.count <= 32 { return words }
        let long = parameter.names.last { $0.begins(with: "--") }
        return "<\(long.map { String($0.dropFirst(2)) } ?? label)>"
    }

    /// How an argument stands in a synopsis, such as `[<path>...]`.
    var synopsis: String {
        let word = placeholder + (parameter.arity == .rest ? "..." : "")
        return parameter.isRequired ? word : "[\(word)]"
    }

    /// The names as help shows them, such as `-j, --[no-]json`.
    var spelling: String {
        let names = parameter.names.map { name in
            guard !takesValue, name.begins(with: "--"), !name.begins(with: "--no-") else {
                return name
            }
            return "--[no-]\(name.dropFirst(2))"
        }
        return names.joined(separator: ", ") + (takesValue ? " \(placeholder)" : "")
    }

    /// What the words of a switch say: its names, and those that turn it off.
    func meaning(of name: String) -> String? {
        if parameter.names.contains(where: { $0.isSpelled(name) }) { return "yes" }
        guard !takesValue, name.begins(with: "--") else { return nil }
        let opposite = Declaration.opposite(of: name)
        return parameter.names.contains { $0.isSpelled(opposite) } ? "no" : nil
    }

    /// `--no-json` for `--json`, and the other way round.
    static func opposite(of name: String) -> String {
        name.begins(with: "--no-")
            ? "--" + String(decoding: name.utf8.dropFirst(5), as: UTF8.self)
            : "--no-" + String(decoding: name.utf8.dropFirst(2), as: UTF8.self)
    }

    /// The parameters of a command, in the order of declaration.
    static func all(of command: any Command) -> [Declaration] { all(within: command) }

    private static func all(within value: Any) -> [Declaration] {
        Mirror(reflecting: value).children.flatMap { child -> [Declaration] in
            if let wrapper = child.value as? any OptionGroupWrapper {
                return all(within: wrapper.group)
            }
            guard let wrapper = child.value as? any ParameterWrapper, let label = child.label
            else { return [] }
            return [Declaration(String(label.dropFirst()).hyphenated, wrapper.parameter)]
        }
    }

    /// The groups of a command and the groups in them, innermost first.
    static func groups(within value: Any) -> [any OptionGroup] {
        Mirror(reflecting: value).children.flatMap { child -> [any OptionGroup] in
            guard let wrapper = child.value as? any OptionGroupWrapper else { return [] }
            return groups(within: wrapper.group) + [wrapper.group]
        }
    }

    private init(_ label: String, _ parameter: Parameter) {
        self.label = label
        self.parameter = parameter
    }
}
