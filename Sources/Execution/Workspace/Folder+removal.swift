internal import Glibc

// MARK: - Removing

extension Folder {
    /// How many directories are open at once while a tree is removed.
    private static let deepest = 48

    /// `O_PATH`, which the C library shows to GNU programs only.
    private static let pathOnly: Int32 = 0o10_000_000

    /// Removes whatever has a name, with all that is in it; nothing is no error.
    ///
    /// Links are removed, not followed. No number of levels is too many: what is
    /// too deep is first moved up.
    func remove(_ name: some Sequence<UInt8>) throws {
        let bytes = Array(name)
        switch kind(bytes) {
        case .missing: return
        case .folder:
            do {
                let inner = try openForRemoval(bytes)
                try inner.empty()
            }
            try unlink(bytes, AT_REMOVEDIR)
        default: try unlink(bytes, 0)
        }
    }

    /// Removes whatever has a name, with all that is in it; nothing is no error.
    func remove(_ name: String) throws { try remove(name.utf8) }

    /// Removes all that is in it, except what has one of some names.
    func empty(keeping kept: Set<[UInt8]> = []) throws {
        var isDone = false
        while !isDone {
            isDone = true
            for entry in try entries() where !kept.contains(entry.name) {
                let name = entry.name
                guard entry.isFolder else {
                    try unlink(name, 0)
                    continue
                }
                var moved = 0
                do {
                    let inner = try openForRemoval(name)
                    try inner.clear(depth: 1, into: descriptor.number, &moved)
                }
                try unlink(name, AT_REMOVEDIR)
                if moved > 0 { isDone = false }
            }
        }
    }

    private func clear(depth: Int, into top: Int32, _ moved: inout Int) throws {
        for entry in try entries() {
            let name = entry.name
            guard entry.isFolder else {
                try unlink(name, 0)
                continue
            }
            if depth >= Self.deepest {
                try move(name, to: top, &moved)
                continue
            }
            do {
                let inner = try openForRemoval(name)
                try inner.clear(depth: depth + 1, into: top, &moved)
            }
            try unlink(name, AT_REMOVEDIR)
        }
    }

    private func move(_ name: [UInt8], to top: Int32, _ moved: inout Int) throws {
        let source = Self.terminated(name)
        var isOpened = false
        while true {
            moved += 1
            let target = ".draft-removed-\(getpid())-\(moved)"
            if unsafe renameat(descriptor.number, source, top, target) == 0 { return }
            if errno == EACCES, !isOpened {
                // Another parent is a change of the directory itself.
                isOpened = true
                _ = try openForRemoval(name)
                continue
            }
            guard errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR else {
                throw Self.failure("remove '\(path)'", errno)
            }
        }
    }

    private func openForRemoval(_ name: [UInt8]) throws -> Folder {
        do {
            let inner = try folder(name)
            var status = stat()
            if unsafe fstat(inner.descriptor.number, &status) == 0,
                status.st_mode & 0o700 != 0o700
            {
                _ = fchmod(inner.descriptor.number, 0o700)
            }
            return inner
        } catch WorkspaceError.Code.system {
            // Not readable: its mode is changed through a handle that needs no permission.
            let number = unsafe openat(
                descriptor.number, Self.terminated(name),
                Self.pathOnly | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard number >= 0 else { throw Self.failure("remove '\(path)'", errno) }
            let handle = Descriptor(number: number)
            _ = unsafe chmod("/proc/self/fd/\(handle.number)", 0o700)
            return try folder(name)
        }
    }

    private func unlink(_ name: [UInt8], _ flags: Int32) throws {
        let terminated = Self.terminated(name)
        if unsafe unlinkat(descriptor.number, terminated, flags) == 0 || errno == ENOENT { return }
        let place = "\(path)/\(String(decoding: name, as: UTF8.self))"
        throw Self.failure("remove '\(place)'", errno)
    }
}

// MARK: - Moving aside

extension Folder {
    /// Moves something to another directory of the same file system.
    ///
    /// - Returns: The name that it has there, numbered if need be; `nil` if it was not moved.
    func moveAside(
        _ name: some Sequence<UInt8>, to other: borrowing Folder, as target: String
    ) -> String? {
        let source = Self.terminated(name)
        for number in 1...1000 {
            let candidate = number == 1 ? target : "\(target)-\(number)"
            guard other.kind(candidate) == .missing else { continue }
            let result = unsafe renameat(
                descriptor.number, source, other.descriptor.number, candidate)
            return result == 0 ? candidate : nil
        }
        return nil
    }
}

/// What is mounted where.
enum Mounts {
    /// Returns the mount points at or below a directory.
    static func points(within path: String) throws -> [String] {
        let folder = try Folder(trusted: "/proc/self")
        let bytes = try folder.read("mountinfo", limit: 16 << 20) ?? []
        let prefix = Array(path.utf8) + [UInt8(ascii: "/")]
        return bytes.split(separator: 10).compactMap { line in
            let words = line.split(separator: 32, omittingEmptySubsequences: false)
            guard words.count > 4 else { return nil }
            let point = unescaped(words[4])
            guard point.elementsEqual(path.utf8) || point.starts(with: prefix) else { return nil }
            return String(decoding: point, as: UTF8.self)
        }
    }

    private static func unescaped(_ word: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var rest = word
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            guard byte == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            else {
                result.append(byte)
                continue
            }
            result.append(value)
            rest = rest.dropFirst(3)
        }
        return result
    }
}
