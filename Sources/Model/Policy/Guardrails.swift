/// The limits of one job, enforced by the controller.
public struct Guardrails: Hashable, Sendable {
    /// The most turns of the attempt loop.
    public var maxIterations: Int

    /// The most seconds of wall time, set-up and validation included.
    public var maxRuntimeSeconds: Int

    /// The most runs of the full tier.
    public var maxFullValidations: Int

    /// The most files that may differ from the base.
    public var maxFiles: Int

    /// The most lines that may differ from the base.
    public var maxLines: Int

    /// Which occurrence of the same failure stops a job, in a row or not.
    public var maxIdenticalFailures: Int

    /// The only paths that may change; all if there is none.
    public var allow: [PathPattern]

    /// Paths that must not change.
    public var deny: [PathPattern]

    /// Paths that decide what counts as good; a change of them needs a person.
    public var gates: [PathPattern]

    /// Whether manifests and lock files of dependencies may change.
    public var dependencyChanges: Bool

    /// Creates guardrails.
    public init(
        maxIterations: Int = 5, maxRuntimeSeconds: Int = 900, maxFullValidations: Int = 3,
        maxFiles: Int = 20, maxLines: Int = 500, maxIdenticalFailures: Int = 2,
        allow: [PathPattern] = [], deny: [PathPattern] = [],
        gates: [PathPattern] = defaultGates, dependencyChanges: Bool = false
    ) {
        self.maxIterations = maxIterations
        self.maxRuntimeSeconds = maxRuntimeSeconds
        self.maxFullValidations = maxFullValidations
        self.maxFiles = maxFiles
        self.maxLines = maxLines
        self.maxIdenticalFailures = maxIdenticalFailures
        self.allow = allow
        self.deny = deny
        self.gates = gates
        self.dependencyChanges = dependencyChanges
    }
}

extension Guardrails {
    /// Whether a job may change a path: allowed, where there is a list, and not denied.
    public func permits(_ path: String) -> Bool {
        let allowed = allow.isEmpty || allow.contains { $0.matches(path) }
        return allowed && !deny.contains { $0.matches(path) }
    }

    /// Whether a change of a path needs a person; of `draft.yaml` it always does.
    public func isGate(_ path: String) -> Bool {
        path.utf8.elementsEqual("draft.yaml".utf8) || gates.contains { $0.matches(path) }
    }

    /// What is a gate where a repository does not say it.
    ///
    /// Four groups: the configuration of git-draft itself, build files whose
    /// targets validation calls, the configuration of test runners, linters
    /// and type checkers, and continuous integration.
    public static let defaultGates: [PathPattern] = [
        "/draft.yaml",
        "Makefile", "makefile", "GNUmakefile", "*.mk", "justfile", "Justfile", "Taskfile.yml",
        "Taskfile.yaml", "Rakefile", "package.json",
        "pyproject.toml", "setup.cfg", "tox.ini", "noxfile.py", "pytest.ini", "conftest.py",
        ".coveragerc", "mypy.ini", "ruff.toml", ".ruff.toml", ".flake8", ".pylintrc",
        "jest.config.*", "vitest.config.*", "playwright.config.*", "cypress.config.*",
        "karma.conf.*", ".mocharc.*", ".nycrc*", ".eslintrc*", "eslint.config.*", "biome.json",
        "tsconfig*.json", "phpunit.xml*", ".rspec", ".rubocop.yml", ".golangci.*",
        ".swiftlint.yml", ".swift-format", "clippy.toml", "codecov.yml", ".codecov.yml",
        ".pre-commit-config.yaml", ".husky/",
        "/.github/workflows/", "/.github/actions/", "/.gitlab-ci.yml", "/.gitlab/ci/",
        "/.circleci/", "/.buildkite/", "/.woodpecker/", "/.woodpecker.yml", "/.drone.yml",
        "/.travis.yml", "/.cirrus.yml", "/appveyor.yml", "/.appveyor.yml",
        "/bitbucket-pipelines.yml", "azure-pipelines*.yml", "Jenkinsfile*",
    ].compactMap { PathPattern($0) }

    /// The guardrails as plain data.
    var value: PolicyValue {
        .object([
            "max_iterations": .number(maxIterations),
            "max_runtime_seconds": .number(maxRuntimeSeconds),
            "max_full_validations": .number(maxFullValidations),
            "max_files": .number(maxFiles),
            "max_lines": .number(maxLines),
            "max_identical_failures": .number(maxIdenticalFailures),
            "allow": .patterns(allow),
            "deny": .patterns(deny),
            "gates": .patterns(gates),
            "dependency_changes": .bool(dependencyChanges),
        ])
    }
}
