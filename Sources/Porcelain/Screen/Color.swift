/// When to use colour, as `--color` says it.
public enum ColorMode: String, CaseIterable, ArgumentValue, Sendable {
    /// If somebody is looking.
    case auto

    /// Also into files and pipes.
    case always

    /// Not at all.
    case never

    /// Reads the value of `color.ui`, which may be a boolean too.
    ///
    /// What git would not know is `nil`.
    public init?(setting: String) {
        switch setting.lowercased() {
        case "always": self = .always
        case "auto", "true", "yes", "on", "1": self = .auto
        case "never", "false", "no", "off", "0", "": self = .never
        default: return nil
        }
    }

    /// Whether to use colour.
    ///
    /// The option decides, then the setting; what is left automatic is on for a
    /// terminal, or a pager on one, unless `NO_COLOR` or a dumb `TERM` object.
    public static func isOn(
        option: ColorMode?, setting: String?, environment: [String: String], isTTY: Bool
    ) -> Bool {
        switch option ?? setting.flatMap(ColorMode.init(setting:)) ?? .auto {
        case .always: return true
        case .never: return false
        case .auto: break
        }
        guard environment["NO_COLOR", default: ""].isEmpty, !isDumb(environment) else {
            return false
        }
        return isTTY || isTrue(environment["GIT_PAGER_IN_USE"])
    }
}

/// Whether the cursor cannot be moved; git holds a nameless terminal for dumb.
func isDumb(_ environment: [String: String]) -> Bool {
    environment["TERM", default: "dumb"] == "dumb"
}

/// Whether a variable is set to what git takes for true.
func isTrue(_ value: String?) -> Bool {
    switch value?.lowercased() {
    case "true", "yes", "on": true
    case let number?: Int(number).map { $0 != 0 } ?? false
    case nil: false
    }
}
