extension ContainerEngine {
    /// Removes the containers of a job, running or not.
    ///
    /// For what a crash left behind: the processes of a container are no children of ours.
    ///
    /// - Parameter files: The files of the job.
    /// - Throws: ``ExecutionError`` if the engine does not work.
    public func removeContainers(of files: JobFiles) throws {
        let filter = "label=\(ContainerSandbox.label)=\(files.directory)"
        let listed = try run(["ps", "--all", "--quiet", "--no-trunc", "--filter", filter])
        guard listed.status == 0 else {
            throw ExecutionError(
                .failed, "find containers", reason: listed.reason, status: listed.status)
        }
        let ids = listed.text.split(whereSeparator: \.isNewline).map(String.init)
        guard !ids.isEmpty else { return }
        let force = kind == .podman ? ["--time", "0", "--ignore"] : []
        let removed = try run(["rm", "--force"] + force + ids)
        guard removed.status == 0 else {
            throw ExecutionError(
                .failed, "remove containers", reason: removed.reason, status: removed.status)
        }
    }
}
