public import GitStore

/// One state of a workspace that a reference keeps.
public struct WorkspaceSnapshot: Hashable, Sendable {
    /// The commit; the previous one if nothing was done.
    public let commit: ObjectID

    /// The files.
    public let tree: ObjectID

    /// What a person must look at, because the tree does not tell the whole story.
    ///
    /// Nested repositories, files that cannot be read or stored, pipes and sockets,
    /// names that are not UTF-8, and commits that could not be fetched.
    public let skipped: [String]

    /// The paths at which a commit of the agent refers to another repository.
    public let gitlinks: [String]

    /// The agent's other commits, kept under a reference of the job.
    public let strays: [ObjectID]

    /// Whether the files are as they were.
    public let isEmpty: Bool
}
