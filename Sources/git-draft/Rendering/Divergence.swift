import GitStore

/// What each of two commits has in its history that the other has not.
struct Divergence {
    /// The commits that only the first has.
    private(set) var ahead: [ObjectID] = []

    /// How many commits only the second has.
    private(set) var behind = 0

    /// Compares two histories.
    ///
    /// Commits are painted from both ends, latest first, until whatever is left has both
    /// colours; a colour that comes late, because clocks differ, is passed on again.
    init(_ mine: ObjectID, _ theirs: ObjectID, in repository: Repository) throws {
        guard mine != theirs else { return }
        var painting = Painting(repository: repository)
        try painting.paint(mine, .mine)
        try painting.paint(theirs, .theirs)
        while let (commit, color) = painting.next() {
            let explores = color != .both || painting.isUndecided
            for parent in commit.parents where explores || painting.colors[parent] != nil {
                try painting.paint(parent, color)
            }
        }
        for (commit, color) in painting.colors {
            if color == .mine { ahead.append(commit) }
            if color == .theirs { behind += 1 }
        }
    }
}

private struct Color: OptionSet {
    let rawValue: Int
    static let mine = Color(rawValue: 1)
    static let theirs = Color(rawValue: 2)
    static let both: Color = [.mine, .theirs]
}

private struct Painting {
    let repository: Repository
    let isShallow: Bool
    var colors: [ObjectID: Color] = [:]
    private var queue: [ObjectID: Commit] = [:]

    init(repository: Repository) {
        self.repository = repository
        isShallow = repository.isShallow
    }

    /// Whether something waits that has one colour only.
    var isUndecided: Bool { queue.keys.contains { colors[$0] != .both } }

    mutating func paint(_ id: ObjectID, _ color: Color) throws {
        let union = (colors[id] ?? []).union(color)
        // Where a history was cut off, the commits behind that are not there.
        guard !isShallow || colors[id] != nil || repository.contains(id) else { return }
        guard colors.updateValue(union, forKey: id) != union, queue[id] == nil else { return }
        queue[id] = try repository.readCommit(id)
    }

    mutating func next() -> (Commit, Color)? {
        let latest = queue.values.max { $0.committer.seconds < $1.committer.seconds }
        guard let latest else { return nil }
        queue[latest.id] = nil
        return (latest, colors[latest.id] ?? [])
    }
}
