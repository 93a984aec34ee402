/// Whether long output should go through a pager.
///
/// The pager is what `git var GIT_PAGER` says; nothing and `cat` mean none. Who
/// is inside of a pager already starts no second one.
public func shouldPage(
    _ terminal: Terminal, environment: [String: String], pager: String
) -> Bool {
    guard terminal.outputIsTTY, !isTrue(environment["GIT_PAGER_IN_USE"]) else { return false }
    let words = pager.split(separator: " ")
    return !words.isEmpty && words != ["cat"]
}

/// The environment of a pager, which gets git's defaults where nothing is set.
///
/// The columns go with it, because a program behind a pipe cannot ask for them.
public func pagerEnvironment(
    _ environment: [String: String], terminal: Terminal
) -> [String: String] {
    var result = environment
    for (name, value) in ["LESS": "FRX", "LV": "-c", "COLUMNS": String(terminal.width)]
    where result[name] == nil {
        result[name] = value
    }
    result["GIT_PAGER_IN_USE"] = "true"
    return result
}
