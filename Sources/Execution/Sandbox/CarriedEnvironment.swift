/// The environment of a program on its way through what makes its cell.
///
/// That runs outside of the cell, and must heed nothing in which a job has a say, such as which
/// libraries to load. So each variable travels under a name that nobody heeds, and
/// `git-draft-cell` puts it in place just before the program begins. Values are in no argument,
/// which others could read, and in no file.
struct CarriedEnvironment {
    /// The variables under their names on the way.
    private(set) var variables: [String: String] = [:]

    /// Those names, in order.
    private(set) var names: [String] = []

    /// What `git-draft-cell` is told of it.
    var words: [String] { ["--environment", "\(names.count)"] }

    /// Packs an environment.
    init(_ environment: [String: String]) {
        let entries = environment.filter { !$0.key.isEmpty }.map { "\($0.key)=\($0.value)" }
        for (number, entry) in entries.sorted().enumerated() {
            let name = "DRAFT_CELL_\(number)"
            names.append(name)
            variables[name] = entry
        }
    }
}

extension Cell {
    /// The variable by which what a crash leaves of the job is found, outside too.
    var marker: [String: String] {
        files.map { [$0.marker.name: $0.marker.value] } ?? [:]
    }
}
