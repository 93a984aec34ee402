import Model
import Porcelain

/// How a command prints what it made or changed.
struct OutputOptions: OptionGroup {
    @Flag("--json", help: "print JSON") var json
    @Flag("-q", "--quiet", help: "print whole ids only, one a line") var quiet

    func validate() throws {
        if json, quiet { throw UsageError("--json and --quiet exclude each other") }
    }
}

/// How a command prints a list, also for tools.
struct ListOptions: OptionGroup {
    @Options var output: OutputOptions
    @Flag("--porcelain", help: "print lines that stay the same, for scripts") var porcelain
    @Flag("-z", help: "print whole ids only, each ended by a NUL byte") var nul

    /// Whether to print JSON.
    var json: Bool { output.json }

    func validate() throws {
        if nul, output.json { throw UsageError("--json and -z exclude each other") }
        let others = [("--json", output.json), ("--quiet", output.quiet), ("-z", nul)]
        if porcelain, let other = others.first(where: \.1) {
            throw UsageError("--porcelain and \(other.0) exclude each other")
        }
    }

    /// The list as tools want it, or `nil` if something else was asked for.
    ///
    /// - Parameters:
    ///   - records: What is listed.
    ///   - fields: What `--porcelain` prints of one, after its whole id.
    /// - Returns: A line for each, with a tab between fields; or the ids alone.
    func plain<View: RecordView>(
        _ records: some Sequence<View>, _ fields: (View) -> [String]
    ) -> String? {
        if porcelain { return records.map { porcelainLine([$0.id] + fields($0)) }.joined() }
        guard nul || output.quiet else { return nil }
        let end = nul ? "\0" : "\n"
        return records.map { $0.id + end }.joined()
    }
}

/// A line of `--porcelain`: fields with a tab between them, in which nothing is a tab or the end
/// of a line; what is empty is a minus sign.
///
/// Each field can be read back: a backslash is two, and a field that is a minus sign is `\x2d`.
func porcelainLine(_ fields: [String]) -> String {
    fields.map { field in
        if field.isEmpty { return "-" }
        return field == "-" ? "\\x2d" : escaped(field.replacing("\\", with: "\\\\"))
    }.joined(separator: "\t") + "\n"
}
