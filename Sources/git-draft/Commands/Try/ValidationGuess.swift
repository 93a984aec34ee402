import GitStore
import Model

/// The command that probably validates a project, by the files at its top.
///
/// It is only ever suggested: what decides about the work is a person's choice.
struct ValidationGuess {
    /// The command; `nil` if nothing is recognised.
    let command: String?

    /// How much of a file is looked into, in bytes.
    private static let limit = 256 << 10

    /// Looks at the tree of a commit.
    init(_ commit: ObjectID, in repository: Repository) throws {
        let tree = try repository.readCommit(commit).tree
        let names = Set(try repository.tree(tree).filter { !$0.isTree }.map(\.name))
        func text(_ name: String) -> String {
            guard names.contains(name), let entry = try? repository.entry(at: name, in: tree),
                let bytes = try? repository.readBlob(entry.id, limit: Self.limit)
            else { return "" }
            return Text.decode(bytes)
        }
        let makefile = ["GNUmakefile", "makefile", "Makefile"].first(where: names.contains)
        let target = makefile.flatMap { Self.target(of: text($0)) }
        let rules: [(Bool, String)] = [
            (target != nil, "make \(target ?? "")"),
            (Self.hasTestScript(text("package.json")), "npm test"),
            (names.contains("Cargo.toml"), "cargo test"),
            (names.contains("go.mod"), "go test ./..."),
            (names.contains("Package.swift"), "swift test"),
            (names.contains("tox.ini"), "tox"),
            (
                names.contains("pytest.ini") || text("pyproject.toml").contains("pytest"),
                "python3 -m pytest"
            ),
            (names.contains("pom.xml"), "mvn -q test"),
            (names.contains("gradlew"), "./gradlew test"),
        ]
        command = rules.first { $0.0 }?.1
    }

    /// The target of a makefile that tests.
    private static func target(of makefile: String) -> String? {
        let lines = makefile.split(whereSeparator: \.isNewline)
        return ["check", "test"].last { name in
            lines.contains { $0.utf8.starts(with: "\(name):".utf8) }
        }
    }

    /// Whether a package of node has a test that is not the one of `npm init`.
    private static func hasTestScript(_ package: String) -> Bool {
        guard let script = try? JSON(parsing: package)["scripts"]?["test"]?.string else {
            return false
        }
        return !script.contains("no test specified")
    }
}
