/// Reads YAML texts into located trees, within limits that no text can move.
///
/// The core schema is understood; tags, several documents, duplicate keys and
/// mappings as keys are refused. Aliases are resolved as long as what they add
/// stays small, so that a few lines cannot become a billion nodes.
struct YAMLTree: ~Copyable {
    /// The most bytes that a text may have.
    static let maxBytes = 256 << 10

    /// The most lists and mappings inside each other.
    static let maxDepth = 64

    /// The most nodes that aliases may add.
    static let maxExpansion = 10_000

    /// The most bytes of text that aliases may add.
    static let maxExpandedBytes = 1 << 20

    /// Reads a text; an empty one is a null node.
    static func parse(_ bytes: [UInt8], file: String) throws(ConfigurationError) -> Node {
        let text = try Source.check(bytes, file: file, limit: maxBytes)
        do throws(YAMLSyntaxError) {
            var tree = YAMLTree(events: try YAMLEvents(text))
            return try tree.document()
        } catch {
            throw ConfigurationError([
                ConfigurationProblem(
                    file: file, line: error.place.line, column: error.place.column,
                    message: shown(error.message))
            ])
        }
    }

    /// A node with what an alias to it would add.
    private struct Built {
        var node: Node
        var size = 1
        var bytes = 0
        var height = 0
    }

    private var events: YAMLEvents
    private var anchors: [String: Built] = [:]
    private var expanded = 0
    private var expandedBytes = 0

    private init(events: consuming YAMLEvents) {
        self.events = events
    }

    private mutating func document() throws(YAMLSyntaxError) -> Node {
        var root: Node?
        while true {
            let event = try events.next()
            switch event.kind {
            case .end:
                return root
                    ?? Node(value: .scalar("", .plain), place: Place(line: 1, column: 1))
            case .document(let tagDirectives):
                if tagDirectives { throw tagged("%TAG", at: event.place) }
                if root != nil {
                    throw YAMLSyntaxError(
                        place: event.place, message: "only one document is allowed in a file")
                }
            case .boundary:
                continue
            default:
                root = try build(event, depth: 0).node
            }
        }
    }

    private mutating func build(
        _ event: YAMLEvent, depth: Int
    ) throws(YAMLSyntaxError) -> Built {
        switch event.kind {
        case .scalar(let text, let style, let anchor, let tag):
            if let tag { throw tagged(tag, at: event.place) }
            let node = Node(value: .scalar(text, style), place: event.place)
            let built = Built(node: node, bytes: text.utf8.count)
            return remember(built, as: anchor)
        case .alias(let name):
            return try alias(name, at: event.place, depth: depth)
        case .sequence(let anchor, let tag):
            if let tag { throw tagged(tag, at: event.place) }
            return remember(try sequence(at: event.place, depth: depth + 1), as: anchor)
        case .mapping(let anchor, let tag):
            if let tag { throw tagged(tag, at: event.place) }
            return remember(try mapping(at: event.place, depth: depth + 1), as: anchor)
        case .boundary, .document, .end, .close:
            throw YAMLSyntaxError(place: event.place, message: "the text ends too early")
        }
    }

    private mutating func sequence(
        at place: Place, depth: Int
    ) throws(YAMLSyntaxError) -> Built {
        try check(depth, at: place)
        var items: [Node] = []
        var whole = Built(node: Node(value: .sequence([]), place: place))
        while true {
            let event = try events.next()
            if case .close = event.kind { break }
            let item = try build(event, depth: depth)
            items.append(item.node)
            whole.size += item.size
            whole.bytes += item.bytes
            whole.height = max(whole.height, item.height)
        }
        whole.node.value = .sequence(items)
        whole.height += 1
        return whole
    }

    private mutating func mapping(
        at place: Place, depth: Int
    ) throws(YAMLSyntaxError) -> Built {
        try check(depth, at: place)
        var entries: [Node.Entry] = []
        var seen: Set<[UInt8]> = []
        var whole = Built(node: Node(value: .mapping([]), place: place))
        while true {
            let event = try events.next()
            if case .close = event.kind { break }
            guard case .scalar(let key, _) = try build(event, depth: depth).node.value else {
                throw YAMLSyntaxError(place: event.place, message: "a key must be a text")
            }
            guard seen.insert(Array(key.utf8)).inserted else {
                throw YAMLSyntaxError(
                    place: event.place, message: "the key '\(shown(key))' is there twice")
            }
            let value = try build(try events.next(), depth: depth)
            entries.append(Node.Entry(key: key, place: event.place, value: value.node))
            whole.size += value.size + 1
            whole.bytes += value.bytes + key.utf8.count
            whole.height = max(whole.height, value.height)
        }
        whole.node.value = .mapping(entries)
        whole.height += 1
        return whole
    }

    private mutating func alias(
        _ name: String, at place: Place, depth: Int
    ) throws(YAMLSyntaxError) -> Built {
        guard let target = anchors[name] else {
            throw YAMLSyntaxError(
                place: place, message: "the alias '*\(name)' has no anchor before it")
        }
        expanded += target.size
        guard expanded <= Self.maxExpansion else {
            throw YAMLSyntaxError(
                place: place, message: "aliases add more than \(Self.maxExpansion) nodes")
        }
        expandedBytes += target.bytes
        guard expandedBytes <= Self.maxExpandedBytes else {
            throw YAMLSyntaxError(place: place, message: "aliases add more than 1 MiB of text")
        }
        try check(depth + target.height, at: place)
        return target
    }

    private mutating func remember(_ built: Built, as anchor: String?) -> Built {
        if let anchor { anchors[anchor] = built }
        return built
    }

    private func check(_ depth: Int, at place: Place) throws(YAMLSyntaxError) {
        guard depth <= Self.maxDepth else {
            throw YAMLSyntaxError(
                place: place, message: "more than \(Self.maxDepth) levels inside each other")
        }
    }

    private func tagged(_ tag: String, at place: Place) -> YAMLSyntaxError {
        YAMLSyntaxError(place: place, message: "tags such as '\(tag)' are not allowed")
    }
}
