/// What an approval leads to.
public enum ApprovalAction: String, CaseIterable, Sendable {
    /// The base branch takes the revision in.
    case land

    /// A pull request is opened.
    case pr

    /// Nothing.
    case nothing
}

/// How a revision becomes part of the base branch.
public enum MergeStrategy: String, CaseIterable, Sendable {
    /// One new commit.
    case squash

    /// A merge commit above the commits of the branch.
    case merge
}

/// `merge_config`: what happens to approved work.
public struct MergeSettings: Hashable, Sendable {
    /// What an approval leads to.
    public var onApprove: ApprovalAction

    /// How the base takes it in.
    public var strategy: MergeStrategy

    /// Whether landing pushes; where unset, if the base has an upstream.
    public var push: Bool?

    /// The message of the commit, see ``MessageTemplate``; else the title and the description.
    public var message: String?

    /// Creates the settings.
    public init(
        onApprove: ApprovalAction = .land, strategy: MergeStrategy = .squash, push: Bool? = nil,
        message: String? = nil
    ) {
        self.onApprove = onApprove
        self.strategy = strategy
        self.push = push
        self.message = message
    }

    /// The settings as plain data.
    var value: PolicyValue {
        .object([
            "on_approve": .string(onApprove.rawValue), "strategy": .string(strategy.rawValue),
            "push": push.map { .bool($0) } ?? .null, "message": .text(message),
        ])
    }
}

/// `autonomy_config`: what must hold before automation decides for a person.
public struct AutonomySettings: Hashable, Sendable {
    /// The most changed lines.
    public var maxDiffLines: Int

    /// Paths that always need a person.
    public var sensitiveFilePatterns: [PathPattern]

    /// Whether every required command must have passed.
    public var requireVerificationPass: Bool

    /// Creates the settings.
    public init(
        maxDiffLines: Int = 500, sensitiveFilePatterns: [PathPattern] = defaultSensitiveFiles,
        requireVerificationPass: Bool = true
    ) {
        self.maxDiffLines = maxDiffLines
        self.sensitiveFilePatterns = sensitiveFilePatterns
        self.requireVerificationPass = requireVerificationPass
    }

    /// Files that commonly hold secrets.
    public static let defaultSensitiveFiles: [PathPattern] = [
        "**/.env*", "**/*.pem", "**/*.key", "**/secrets/**", "**/credentials*",
    ].compactMap { PathPattern($0) }

    /// Whether a path always needs a person.
    public func isSensitive(_ path: String) -> Bool {
        sensitiveFilePatterns.contains { $0.matches(path) }
    }

    /// The settings as plain data.
    var value: PolicyValue {
        .object([
            "max_diff_lines": .number(maxDiffLines),
            "sensitive_file_patterns": .patterns(sensitiveFilePatterns),
            "require_verification_pass": .bool(requireVerificationPass),
        ])
    }
}

/// Which commits must bear a signature.
public enum SigningRule: String, CaseIterable, Sendable {
    /// None.
    case none

    /// Those that record an approval.
    case approvals

    /// All.
    case all
}

/// `policy`: who may start work, and which branches are out of reach.
public struct AccessPolicy: Hashable, Sendable {
    /// Who else than the users of this clone may start work.
    public var invokers: [String]

    /// Branches that no job may work on.
    public var protectedBranches: [String]

    /// Which commits must bear a signature.
    public var signed: SigningRule

    /// Creates the policy.
    public init(
        invokers: [String] = [],
        protectedBranches: [String] = ["main", "master", "develop", "production", "staging"],
        signed: SigningRule = .none
    ) {
        self.invokers = invokers
        self.protectedBranches = protectedBranches
        self.signed = signed
    }

    /// The policy as plain data.
    var value: PolicyValue {
        .object([
            "invokers": .strings(invokers), "protected_branches": .strings(protectedBranches),
            "signed": .string(signed.rawValue),
        ])
    }
}
