internal import CGit2

extension Repository {
    /// Returns the paths that the index of this work tree names, as many as are asked for at most.
    ///
    /// - Parameter limit: How many paths there may be.
    /// - Returns: The paths, in the order of the index; `nil` if there are more, or if the index
    ///   is in a form that cannot be read.
    public func trackedPaths(limit: Int) -> [String]? {
        guard
            let index = try? take(
                "open the index", free: git_index_free,
                { git_index_open(&$0, "\(gitDirectory)/index") })
        else { return nil }
        let count = git_index_entrycount(index.pointer)
        guard count <= limit else { return nil }
        var paths: [String] = []
        paths.reserveCapacity(count)
        for place in 0..<count {
            guard let entry = git_index_get_byindex(index.pointer, place) else { return nil }
            paths.append(String(cString: entry.pointee.path))
        }
        return paths
    }
}
