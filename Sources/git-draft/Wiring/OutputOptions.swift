import Porcelain

/// How a command prints what it made or changed.
struct OutputOptions: OptionGroup {
    @Flag("--json", help: "print JSON") var json
    @Flag("--quiet", help: "print whole ids only, one a line") var quiet

    func validate() throws {
        if json, quiet { throw UsageError("--json and --quiet exclude each other") }
    }
}

/// How a command prints a list, also for tools.
struct ListOptions: OptionGroup {
    @Options var output: OutputOptions
    @Flag("-z", help: "print whole ids only, each ended by a NUL byte") var nul

    /// Whether to print JSON.
    var json: Bool { output.json }

    func validate() throws {
        if nul, output.json { throw UsageError("--json and -z exclude each other") }
    }

    /// The ids as tools want them, or `nil` if something else was asked for.
    func plain(_ ids: [String]) -> String? {
        guard nul || output.quiet else { return nil }
        let end = nul ? "\0" : "\n"
        return ids.map { $0 + end }.joined()
    }
}
