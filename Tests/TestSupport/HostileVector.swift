internal import Foundation
public import Testing

/// A way to have git run a program, by what is in a repository; from `hostile-git.txt`.
public struct HostileVector: Sendable, CustomTestStringConvertible {
    /// What it is called in the table.
    public let name: String

    /// The oldest git that it has an effect on, such as `[2, 54]`; empty for all.
    public let since: [Int]

    /// Whether it runs nothing in any git, as far as anybody knows.
    public let isInert: Bool

    /// The script that plants it.
    private let plant: String

    /// The script by which plain git runs the program; `nil` if it can run none.
    private let control: String?

    /// What a test of it is called.
    public var testDescription: String { name }

    /// All that are known.
    public static let all: [HostileVector] = {
        let file = GitEdition.top.appending(path: "Tests/TestSupport/hostile-git.txt")
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return text.components(separatedBy: "\n== ").dropFirst().map(HostileVector.init)
    }()

    /// Those that can have git run a program.
    public static var armed: [HostileVector] { all.filter { $0.control != nil && !$0.isInert } }

    private init(_ text: String) {
        let parts = text.components(separatedBy: "\n--\n")
        let lines = parts[0].split(separator: "\n", maxSplits: 1).map(String.init)
        let words = lines[0].components(separatedBy: " (")
        let remark = words.count > 1 ? String(words[1].dropLast()) : ""
        name = words[0]
        isInert = ["never", "odd"].contains(remark)
        since = isInert ? [] : remark.split(separator: ".").compactMap { Int($0) }
        plant = lines.count > 1 ? lines[1] : ""
        control = parts.count > 1 ? parts[1] : nil
    }

    /// Whether a version of git, such as `2.39.5`, is one that it has an effect on.
    public func concerns(_ version: String) -> Bool {
        let parts = version.split(separator: ".").prefix(2).compactMap { Int($0) }
        return !isInert && !parts.lexicographicallyPrecedes(since)
    }

    /// The script that plants it; what it prints and whether it fails does not matter.
    ///
    /// - Parameters:
    ///   - directory: The git directory, as a word of a shell.
    ///   - tree: The files that belong to it, likewise.
    ///   - payload: The program that is to run.
    /// - Returns: The script.
    public func planting(in directory: String, of tree: String, _ payload: Payload) -> String {
        """
        (D=\(directory) T=\(tree) P='\(payload.program)' R='\(payload.folder)'
        export D T P R GIT_TERMINAL_PROMPT=0
        cd "$T" && put() { git config --file "$D/config" "$@"; }
        \(plant)
        ) >/dev/null 2>&1 </dev/null || :

        """
    }

    /// The script by which plain git runs it.
    public func springing(of tree: String, _ payload: Payload) -> String {
        """
        (T=\(tree) P='\(payload.program)' R='\(payload.folder)'
        export T P R GIT_TERMINAL_PROMPT=0 TMPDIR="$R"
        cd "$T"
        \(control ?? ":")
        ) </dev/null || :

        """
    }
}

/// The program that no git is to run, and what shows that one did.
public struct Payload: Sendable {
    /// Where it and what belongs to it is; nothing else is there.
    public let folder: String

    /// Its path.
    public var program: String { "\(folder)/payload" }

    /// The file that it writes.
    private var mark: String { "\(folder)/ran" }

    /// Makes one in a new folder.
    public init(in folder: String) throws {
        self.folder = folder
        try Programs.write("#!/bin/sh\necho \"$0 $*\" >>'\(folder)/ran'\n", to: program)
    }

    /// How it was called since it was last disarmed; `nil` if it was not.
    public var calls: String? { try? String(contentsOfFile: mark, encoding: .utf8) }

    /// Forgets that it ran, such as for whoever planted it.
    public func disarm() { try? FileManager.default.removeItem(atPath: mark) }
}
