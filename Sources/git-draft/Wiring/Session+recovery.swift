extension Session {
    /// Closes the jobs of this clone whose process is gone.
    ///
    /// Every job ends, with a reason, whatever dies; whoever notices first closes it.
    func closeDeadJobs() throws {}
}
