internal import GitStore

/// A git directory of the agent's.
struct HarvestSource {
    /// Where it is.
    let path: String

    /// Whether it has more references than are looked at.
    let isCrowded: Bool
}

/// An object of the agent's git, as it describes itself.
private struct Measured {
    let id: ArraySlice<UInt8>
    let isFile: Bool
    let size: Int64

    /// Reads a line of `git cat-file`.
    init?(_ line: ArraySlice<UInt8>) {
        let words = line.split(separator: 32)
        guard words.count == 3 else { return nil }
        id = words[0]
        isFile = words[1].elementsEqual("blob".utf8)
        size = Int64(String(decoding: words[2], as: UTF8.self)) ?? .max
    }
}

/// How large an agent's objects would be, which the few bytes that hold them do not tell.
extension Workspace {
    /// The bytes of a commit or a list of files, where the bound of a file is smaller.
    private static let mostOfTree: Int64 = 64 << 20

    /// Refuses a git directory with more in it than may be stored, before anything is unpacked.
    ///
    /// Git tells sizes from the first bytes of each object. What is too large and of no commit
    /// is never unpacked, and is nobody's business.
    ///
    /// - Throws: ``WorkspaceError`` that says what is too large.
    func measure(_ source: HarvestSource) throws {
        let directory = try directory(of: source.path)
        // Without it git lists what is the agent's alone.
        try directory.opening(["objects", "info"]).remove("alternates")
        let objects: [Measured]
        do {
            defer { try? believe(directory) }
            objects = try controlObjects(
                [
                    "cat-file", "--batch-all-objects", "--unordered",
                    "--batch-check=%(objectname) %(objecttype) %(objectsize)",
                ], environment: ["GIT_OBJECT_DIRECTORY": "\(source.path)/objects"]
            ).bytes.split(separator: 10).compactMap(Measured.init)
        }
        let bounds = origin.bounds
        var large = objects.filter {
            $0.size > ($0.isFile ? bounds.file : max(bounds.file, Self.mostOfTree))
        }
        let isMuch = Self.sum(objects) > bounds.total
        guard isMuch || !large.isEmpty else { return }
        let known = try known(isMuch ? objects : large)
        if isMuch {
            let sum = Self.sum(objects.filter { !known.contains($0.id) })
            guard sum <= bounds.total else { throw Self.refusal(sum, bounds.total) }
        }
        large.removeAll { known.contains($0.id) }
        if let tree = large.first(where: { !$0.isFile }) {
            throw Self.refusal(tree.size, max(bounds.file, Self.mostOfTree))
        }
        guard let largest = large.map(\.size).max() else { return }
        let forgotten = try forgotten(in: source.path).map(\.description)
        let isReached = try reachesLarge(
            forgotten + ["^\(origin.start)"], and: [source.isCrowded ? "HEAD" : "--all"],
            in: source.path)
        guard !isReached else {
            throw Self.refusal(largest, bounds.file)
        }
    }

    /// Refuses commits with a file that is too large.
    ///
    /// - Parameter lines: What `git rev-list` reads.
    /// - Throws: ``WorkspaceError`` that says so.
    func checkSizes(of lines: [String]) throws {
        guard try !reachesLarge(lines, in: files.controlGit) else {
            throw Self.refusal(nil, origin.bounds.file)
        }
    }

    private func reachesLarge(
        _ lines: [String], and tips: [String] = [], in directory: String
    ) throws -> Bool {
        let listing = try controlObjects(
            [
                "rev-list", "--objects", "--ignore-missing", "--filter-print-omitted",
                "--filter=blob:limit=\(origin.bounds.file + 1)", "--stdin",
            ] + tips, input: Array((lines.joined(separator: "\n") + "\n").utf8),
            environment: ["GIT_DIR": directory])
        return listing.bytes.split(separator: 10).contains { $0.first == UInt8(ascii: "~") }
    }

    /// Those of some objects that are in the user's repository.
    private func known(_ objects: [Measured]) throws -> Set<ArraySlice<UInt8>> {
        let answer = try controlObjects(
            ["cat-file", "--batch-check=%(objectname)"],
            input: Array(objects.map(\.id).joined(separator: [10])) + [10],
            environment: [
                "GIT_OBJECT_DIRECTORY": "\(origin.repository.commonDirectory)/objects"
            ])
        return Set(answer.bytes.split(separator: 10).filter { !$0.contains(32) })
    }

    private static func sum(_ objects: [Measured]) -> Int64 {
        objects.reduce(0) {
            let (sum, isTooMuch) = $0.addingReportingOverflow($1.size)
            return isTooMuch ? .max : sum
        }
    }

    private static func refusal(_ size: Int64?, _ most: Int64) -> WorkspaceError {
        let used = size.map { ", of which there are \(LimitBreach.bytes($0))" } ?? ""
        return WorkspaceError(
            .unsupported, "store the agent's commits",
            reason: "they hold more than \(LimitBreach.bytes(most))\(used)")
    }
}
