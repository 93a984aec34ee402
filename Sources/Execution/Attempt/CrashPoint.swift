internal import Glibc

/// A place where a test may have the process killed, as a power cut would.
public enum CrashPoint: String, CaseIterable, Sendable {
    /// The lease is written, the claim is not.
    case leaseWritten = "lease-written"
    /// The workspace is half made.
    case workspaceHalfMade = "workspace-half-made"
    /// The agent runs.
    case agentRunning = "agent-running"
    /// The snapshot is written, the job does not know it.
    case snapshotWritten = "snapshot-written"
    /// Validation is about to run.
    case validation
    /// The revision is stored.
    case revisionStored = "revision-stored"
    /// The approval is stored, nothing has landed.
    case approvalStored = "approval-stored"
    /// The landing has begun, nothing is validated.
    case landBegun = "land-begun"
    /// What is to land is validated, the base has not moved.
    case landValidated = "land-validated"
    /// The base has moved, the ticket does not know it.
    case baseMoved = "base-moved"

    /// The variable that names the place to die at.
    public static let variable = "GIT_DRAFT_TEST_CRASH"

    /// Dies here if the environment says so.
    public func reached(in environment: [String: String]) {
        guard environment[Self.variable] == rawValue else { return }
        kill(getpid(), SIGKILL)
    }
}
