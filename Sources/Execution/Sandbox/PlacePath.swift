internal import Glibc

/// Paths as a sandbox compares them: by their bytes, and by what links lead to.
enum PlacePath {
    /// Whether a path is another one, or below it.
    static func isWithin(_ path: String, _ folder: String) -> Bool {
        guard !folder.utf8.elementsEqual("/".utf8) else { return true }
        guard path.utf8.starts(with: folder.utf8) else { return false }
        let rest = path.utf8.dropFirst(folder.utf8.count)
        return rest.isEmpty || rest.first == UInt8(ascii: "/")
    }

    /// Whether a path is one of others, or below one.
    static func isWithin(_ path: String, any folders: [String]) -> Bool {
        folders.contains { isWithin(path, $0) }
    }

    /// The path that remains when all links are followed; `nil` if it leads nowhere.
    static func physical(_ path: String) -> String? {
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// The folder that holds a path; `/` holds itself.
    static func parent(_ path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash != path.startIndex
        else { return "/" }
        return String(path[..<slash])
    }

    /// The last step of a path.
    static func name(_ path: String) -> String {
        path.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } ?? ""
    }

    /// How many steps lead to a path.
    static func depth(_ path: String) -> Int {
        path.utf8.split(separator: UInt8(ascii: "/")).count
    }

    /// What is at a path, a link itself and not its target.
    static func kind(_ path: String) -> Folder.Kind {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return .missing }
        return Folder.kind(of: status)
    }

    /// Whether a path leads to a folder, through whatever links.
    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && Folder.kind(of: status) == .folder
    }

    /// Whether a path leads to anything, through whatever links.
    static func isThere(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }
}
