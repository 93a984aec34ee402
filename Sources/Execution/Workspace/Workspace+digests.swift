internal import Model

/// What is in files, told without keeping it.
extension Workspace {
    /// The files that differ from the start, or are new and not ignored, with digests of them.
    ///
    /// - Parameter isMeant: Whether the digest of a file is wanted.
    /// - Returns: Digests by path; what cannot be read is left out.
    /// - Throws: ``ExecutionError`` if git cannot list them.
    func digests(where isMeant: (String) -> Bool) throws -> [String: String] {
        let listed = try control(["ls-files", "-z", "-m", "-o", "--exclude-standard"])
        let root = try folder()
        var digests: [String: String] = [:]
        for bytes in listed.bytes.split(separator: 0) {
            let path = String(decoding: bytes, as: UTF8.self)
            let steps = bytes.split(separator: UInt8(ascii: "/"))
            guard isMeant(path), let name = steps.last,
                let parent = try? root.opening(bytes: steps.dropLast()),
                let content = try? parent.read(name)
            else { continue }
            digests[path] = SHA256.hex(content)
        }
        return digests
    }
}
