internal import Foundation

/// Prose with commands and what they print, which can be replayed.
///
/// `Tests/README.md` describes how one is written.
public struct Transcript {
    private let lines: [Substring]
    private let section: String?
    private let rules: [Rule]

    /// Reads a transcript, of which only the first block under a heading may count.
    public init(_ text: String, section: String? = nil) throws {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        self.section = section
        rules = try lines.compactMap(Rule.init)
    }

    /// Whether its commands want to start in a repository, and not in an empty folder.
    public var wantsRepository: Bool {
        section == nil && !lines.contains("<!-- no repository -->")
    }

    /// Runs the commands one after the other, as one would in a terminal.
    ///
    /// - Returns: the transcript as it would be if it were true.
    public func replayed(in sandbox: Sandbox) throws -> String {
        var session = Session(sandbox: sandbox, rules: rules)
        var result: [String] = []
        var rest = lines[...]
        var place = Place(section: section)
        while let line = rest.popFirst() {
            result.append(String(line))
            place.pass(line)
            guard place.counts, let first = line.after("\(place.indent)$ ") else { continue }
            var command = String(first)
            while let more = rest.first?.after("\(place.indent)> ") {
                command += "\n" + more
                result.append(String(rest.removeFirst()))
            }
            rest = rest.dropFirst(place.recordedLines(in: rest))
            result += try session.run(command).map { $0.isEmpty ? "" : place.indent + $0 }
        }
        return result.joined(separator: "\n")
    }

    /// The lines that differ, marked with `-` and `+`, and where they are.
    public static func difference(from old: String, to new: String) -> String {
        let (old, new) = (old.components(separatedBy: "\n"), new.components(separatedBy: "\n"))
        return new.difference(from: old).sorted { $0.place < $1.place }
            .map { change in
                switch change {
                case .remove(let offset, let line, _): "\(offset + 1) - \(line)"
                case .insert(let offset, let line, _): "\(offset + 1) + \(line)"
                }
            }
            .joined(separator: "\n")
    }
}

/// Where in the text the next line is, and whether commands count there.
private struct Place {
    private let section: String?
    private var fenced = false
    private var inSection = false

    init(section: String?) { self.section = section }

    var indent: String { fenced ? "" : "    " }

    /// Without a section, indented commands count everywhere, and fences nowhere.
    var counts: Bool { section == nil ? !fenced : inSection && fenced }

    mutating func pass(_ line: Substring) {
        if line.hasPrefix("```") {
            fenced.toggle()
            if !fenced, inSection { inSection = false }
        } else if !fenced, line.hasPrefix("#"), let section {
            inSection = line.drop { $0 == "#" || $0 == " " } == section
        }
    }

    /// The number of lines up to the next command or to prose, without trailing blanks.
    func recordedLines(in rest: ArraySlice<Substring>) -> Int {
        let output = rest.prefix { line in
            if line.hasPrefix("\(indent)$ ") { return false }
            return fenced ? !line.hasPrefix("```") : line.isEmpty || line.hasPrefix(indent)
        }
        return output.reversed().drop(while: \.isEmpty).count
    }
}

/// One terminal: the next command starts in the folder where the last one ended.
private struct Session {
    let sandbox: Sandbox
    let rules: [Rule]
    private var directory: URL

    init(sandbox: Sandbox, rules: [Rule]) {
        self.sandbox = sandbox
        self.rules = rules
        directory = sandbox.workTree
    }

    mutating func run(_ command: String) throws -> [String] {
        let memory = sandbox.root.appending(path: "folder").path
        let outcome = try sandbox.run(
            "\(command)\n_status=$?; pwd > '\(memory)'; exit $_status", merged: true, in: directory)
        if let data = FileManager.default.contents(atPath: memory) {
            directory = URL(filePath: String(decoding: data.dropLast(), as: UTF8.self))
        }
        let text = rules.reduce(outcome.output) { $1.hide(in: $0) }
        var printed = text.components(separatedBy: "\n")
        while printed.last?.isEmpty == true { printed.removeLast() }
        return outcome.status == 0 ? printed : printed + ["[\(outcome.status)]"]
    }
}

/// What is not the same on every run, and what to write in its place.
private struct Rule {
    private let pattern: Regex<AnyRegexOutput>
    private let name: String

    /// Reads `<!-- hide commits -->` or `<!-- hide /PATTERN/ as NAME -->`.
    init?(_ line: Substring) throws {
        guard let words = line.after("<!-- hide "), words.hasSuffix(" -->") else { return nil }
        let rule = words.dropLast(" -->".count)
        if rule == "commits" {
            pattern = try Regex(#"\b[0-9a-f]{40}\b"#)
            name = "<commit>"
        } else {
            guard rule.hasPrefix("/"), let split = rule.range(of: "/ as ") else {
                throw CocoaError(.formatting, userInfo: [NSLocalizedDescriptionKey: "\(line)"])
            }
            pattern = try Regex(String(rule[..<split.lowerBound].dropFirst()))
            name = String(rule[split.upperBound...])
        }
    }

    func hide(in text: String) -> String { text.replacing(pattern, with: name) }
}

extension Substring {
    /// What follows a prefix, or nil if the text does not begin with it.
    fileprivate func after(_ prefix: String) -> Substring? {
        hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }
}

extension CollectionDifference.Change {
    fileprivate var place: Int {
        switch self {
        case .remove(let offset, _, _), .insert(let offset, _, _): offset
        }
    }
}
