/// A switch, such as `--json`; `--no-json` turns it off.
@propertyWrapper public struct Flag: ParameterWrapper {
    /// What the parser knows of it.
    let parameter: Parameter

    private let slot: Slot<Bool>

    /// Declares a switch.
    public init(wrappedValue: Bool = false, _ names: String..., help: String) {
        let slot = Slot(wrappedValue)
        self.slot = slot
        parameter = Parameter(switch: names, help: help) { slot.value = $0 }
    }

    /// Whether it is on.
    public var wrappedValue: Bool { slot.parsed }
}

/// A switch of three states: on, off, and not mentioned.
@propertyWrapper public struct Toggle: ParameterWrapper {
    /// What the parser knows of it.
    let parameter: Parameter

    private let slot: Slot<Bool?>

    /// Declares a switch that leaves things as they are unless it is given.
    public init(_ names: String..., help: String) {
        let slot = Slot<Bool?>(.some(nil))
        self.slot = slot
        parameter = Parameter(switch: names, help: help) { slot.value = $0 }
    }

    /// What was asked for, or `nil` if it is not mentioned.
    public var wrappedValue: Bool? { slot.parsed }
}

/// A named value, such as `--goal=12`.
///
/// Given twice, the last one counts; an array collects them all instead. What
/// stands for the value in help is the long name, or `value` if it is given.
@propertyWrapper public struct Option<Value>: ParameterWrapper {
    /// What the parser knows of it.
    let parameter: Parameter

    private let slot: Slot<Value>

    private init(_ slot: Slot<Value>, _ parameter: Parameter) {
        self.slot = slot
        self.parameter = parameter
    }

    /// Declares an option that must be given.
    public init(_ names: String..., value: String? = nil, help: String)
    where Value: ArgumentValue {
        let slot = Slot<Value>(nil)
        self.init(slot, Parameter(names, value, help, slot: slot))
    }

    /// Declares an option with a default.
    public init(wrappedValue: Value, _ names: String..., value: String? = nil, help: String)
    where Value: ArgumentValue {
        let slot = Slot(wrappedValue)
        self.init(slot, Parameter(names, value, help, slot: slot))
    }

    /// Declares an option that may be missing.
    public init<Wrapped: ArgumentValue>(_ names: String..., value: String? = nil, help: String)
    where Value == Wrapped? {
        let slot = Slot<Value>(.some(nil))
        self.init(slot, Parameter(names, value, help, optional: slot))
    }

    /// Declares an option that may be repeated.
    public init<Element: ArgumentValue>(_ names: String..., value: String? = nil, help: String)
    where Value == [Element] {
        let slot = Slot<Value>([])
        self.init(slot, Parameter(names, value, help, list: slot))
    }

    /// The value given, or the default.
    public var wrappedValue: Value { slot.parsed }
}

/// A value known by its place, such as a title.
///
/// An array takes all that is left, hence comes last.
@propertyWrapper public struct Argument<Value>: ParameterWrapper {
    /// What the parser knows of it.
    let parameter: Parameter

    private let slot: Slot<Value>

    private init(_ slot: Slot<Value>, _ parameter: Parameter) {
        self.slot = slot
        self.parameter = parameter
    }

    /// Declares an argument that must be given.
    public init(_ help: String, value: String? = nil) where Value: ArgumentValue {
        let slot = Slot<Value>(nil)
        self.init(slot, Parameter([], value, help, slot: slot))
    }

    /// Declares an argument with a default.
    public init(wrappedValue: Value, _ help: String, value: String? = nil)
    where Value: ArgumentValue {
        let slot = Slot(wrappedValue)
        self.init(slot, Parameter([], value, help, slot: slot))
    }

    /// Declares an argument that may be missing.
    public init<Wrapped: ArgumentValue>(_ help: String, value: String? = nil)
    where Value == Wrapped? {
        let slot = Slot<Value>(.some(nil))
        self.init(slot, Parameter([], value, help, optional: slot))
    }

    /// Declares the rest of the arguments.
    public init<Element: ArgumentValue>(
        _ help: String, value: String? = nil, atLeastOne: Bool = false
    ) where Value == [Element] {
        let slot = Slot<Value>(atLeastOne ? nil : [])
        self.init(slot, Parameter([], value, help, list: slot))
    }

    /// The value given, or the default.
    public var wrappedValue: Value { slot.parsed }
}

/// Parameters that several commands share, such as `--json` and `--quiet`.
///
///     struct OutputOptions: OptionGroup {
///         @Flag("--json", help: "print JSON") var json
///         @Option("--color", help: "use colour") var color: ColorMode?
///     }
public protocol OptionGroup {
    /// Creates the group with its defaults.
    init()

    /// Checks what the parameters say together; throws ``UsageError``.
    func validate() throws
}

extension OptionGroup {
    /// Accepts any parameters.
    public func validate() throws {}
}

/// The place of an ``OptionGroup`` in a command, or in another group.
@propertyWrapper public struct Options<Group: OptionGroup>: OptionGroupWrapper {
    /// The parameters of the group.
    public let wrappedValue: Group

    /// The group, for the parser.
    var group: any OptionGroup { wrappedValue }

    /// Places the group.
    public init() { wrappedValue = Group() }
}
