public import Model

/// Reads `draft.yaml`.
public enum DraftYAML {
    /// What a file decides, and what in it does nothing here.
    public struct Loaded: Equatable, Sendable {
        /// The policy, with the built-in values where the file is silent.
        public let policy: Policy

        /// The keys that do nothing here, by line.
        public let warnings: [ConfigurationWarning]

        /// The line of `base_branch`, if it is set.
        public let baseBranchLine: Int?
    }

    /// Reads the bytes of a file; an empty one gives the built-in policy.
    ///
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    public static func load(
        _ bytes: [UInt8], file: String = "draft.yaml", cores: Int
    ) throws(ConfigurationError) -> Loaded {
        let root = try YAMLTree.parse(bytes, file: file)
        let findings = Findings(file: file)
        var policy = Policy.builtIn(cores: cores)
        let reader = DraftReader(root, findings: findings)
        reader.read(into: &policy)
        try findings.finish()
        return Loaded(
            policy: policy, warnings: findings.warnings.sorted { $0.line < $1.line },
            baseBranchLine: reader.root.node("base_branch")?.place.line)
    }

    /// Reads the text of a file.
    ///
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    public static func load(
        _ text: String, file: String = "draft.yaml", cores: Int
    ) throws(ConfigurationError) -> Loaded {
        try load(Array(text.utf8), file: file, cores: cores)
    }
}
