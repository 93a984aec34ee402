internal import CProcess
internal import FoundationEssentials
internal import Glibc

extension EscapeStage {
    /// What the machine looked like before an attempt.
    struct Before {
        /// The files that are not the job's.
        let files: [String: String]
        /// The state of the process that plays the machine.
        let host: String
    }

    /// Looks at the machine before an attempt.
    func before(_ attempt: EscapeCase) -> Before {
        Before(files: fingerprint(attempt), host: hostState())
    }

    /// Says how an attempt shows on the machine; `nil` if it does not.
    ///
    /// - Parameters:
    ///   - attempt: What was attempted.
    ///   - before: What the machine looked like.
    ///   - log: What the attempt printed.
    ///   - probe: The program that knows what a weapon is.
    ///   - isBound: Whether a sandbox had to stop it, and ends what is left of it.
    /// - Returns: How, for people.
    /// - Throws: ``ExecutionError`` if the machine cannot be looked at.
    func trace(
        of attempt: EscapeCase, since before: Before, log: String, probe: String, isBound: Bool
    ) throws -> String? {
        switch attempt.sign {
        case .leak: try leak(attempt, log)
        case .changed: difference(fingerprint(attempt), before.files)
        case .reached: try reached().map { "'\($0)' was reached" }
        case .claim:
            FileManager.default.fileExists(atPath: "\(facts["OUT"] ?? "")/claim")
                ? "the call got through" : nil
        case .harmed:
            // A signal takes a moment to arrive.
            try hostState(within: .seconds(1)) == before.host
                ? nil : "the process is no longer what it was"
        case .alive:
            hasSurvivors(within: isBound ? .seconds(30) : .seconds(3))
                ? "a process of the job is alive" : nil
        case .larger(let limit):
            size() >> 20 > limit ? "it left \(size() >> 20) MiB" : nil
        case .armed: try isArmed(probe) ? "a file gives rights to who uses it" : nil
        }
    }

    /// Takes away what an attempt left before anybody was careless.
    func forgetMark() { try? FileManager.default.removeItem(atPath: "\(directory)/host/mark") }
}

// MARK: - Traces

extension EscapeStage {
    private var owned: [String] {
        ["out", "home", "tmp", "agent.git"].map { "\(workspace.files.directory)/\($0)" }
    }

    /// What the job left, or what a careless controller copied.
    private func leak(_ attempt: EscapeCase, _ log: String) throws -> String? {
        let word = Array(secret.utf8)
        if Array(log.utf8).contains(word) { return "the job printed the secret" }
        let copy = "\(directory)/host/copy"
        for place in [workspace.path, copy] + owned {
            for path in Self.entries(below: place) where Self.holds(path, word) {
                return "the secret is in '\(path.dropFirst(directory.utf8.count + 1))'"
            }
        }
        guard attempt.category == .git else { return nil }
        for place in ["\(directory)/repo/.git", workspace.files.controlGit] {
            let git = GitProgram(environment: environment)
            let all = try git.run(
                ["--git-dir=\(place)", "cat-file", "--batch-all-objects", "--batch"],
                in: directory, allowed: [0, 128])
            if all.bytes.contains(word) { return "the secret is an object of the repository" }
        }
        return nil
    }

    private static func holds(_ path: String, _ word: [UInt8]) -> Bool {
        guard kind(path)?.isFile ?? false,
            let data = FileManager.default.contents(atPath: path)
        else { return false }
        return Array(data).contains(word)
    }

    /// Asks only when the machine has written down all who came.
    private func reached() throws -> String? {
        host.terminate(SIGCONT)
        host.terminate(SIGTERM)
        _ = try ChildHandle.wait(any: [host], timeout: .seconds(30))
        let data = FileManager.default.contents(atPath: "\(directory)/host/reached") ?? Data()
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        return lines.first { $0 != "listed" }.map(String.init)
    }

    /// Whether anything of the job is alive, and not about to end: the kernel takes a moment to
    /// end those of a namespace.
    private func hasSurvivors(within time: Duration) -> Bool {
        let marker = "REDTEAM=\(token)"
        let end = ContinuousClock.now + time
        while ContinuousClock.now < end {
            let isAnyone = Descendants.processes().contains { entry in
                guard entry.ended == 0 else { return false }
                return unsafe cprocess_environment_contains(entry.pid, marker) > 0
            }
            guard isAnyone else { return false }
            usleep(20_000)
        }
        return true
    }

    private func hostState(within time: Duration) throws -> String {
        let ended = try ChildHandle.wait(any: [host], timeout: time)
        return ended.isEmpty ? hostState() : "gone"
    }

    private func hostState() -> String {
        func text(_ name: String) -> String {
            let data = FileManager.default.contents(atPath: "/proc/\(host.pid)/\(name)") ?? Data()
            return String(decoding: data, as: UTF8.self)
        }
        // What follows the name is: state, parent and so on; the 17th is the niceness.
        let words = text("stat").split(separator: ")").last?.split(separator: " ") ?? []
        let isStopped = words.first == "T" || words.first == "Z" || words.isEmpty
        return "\(isStopped) \(words.count > 16 ? words[16] : "-") \(text("limits"))"
    }

    private func size() -> Int64 {
        ([workspace.path] + owned).reduce(0) { sum, place in
            Self.entries(below: place).reduce(sum) { $0 + (Self.kind($1)?.bytes ?? 0) }
        }
    }

    private func isArmed(_ probe: String) throws -> Bool {
        var command = ChildCommand(
            [probe, "armed", workspace.path], environment: environment, directory: directory)
        command.killsDescendants = false
        return try ChildProcess.run(command).isSuccess
    }
}

// MARK: - Files

extension EscapeStage {
    /// What is there, and may only change where the controller itself is at work.
    private func fingerprint(_ attempt: EscapeCase) -> [String: String] {
        let category = attempt.category
        let repository = "\(directory)/repo"
        var hidden = [workspace.path, "\(directory)/host/reached"] + owned
        if category == .git {
            hidden += ["objects", "refs", "draft", "logs", "packed-refs", "FETCH_HEAD", "info"]
                .map { "\(repository)/.git/\($0)" }
            hidden.append("\(repository)/.draft")
        }
        var result: [String: String] = [:]
        var places = ["\(directory)/host", repository]
        // A landing changes the user's files, and is there for that.
        if attempt.lands { places[1] += "/.git/hooks" }
        var paths = places.flatMap { Self.entries(below: $0, but: hidden) }
        paths += Self.outside(token)
        if attempt.lands { paths.append("\(repository)/.git/config") }
        if category != .git { paths.append("\(workspace.path)/.git") }
        for path in paths { result[path] = Self.kind(path)?.description(of: path) }
        return result
    }

    private func difference(_ after: [String: String], _ before: [String: String]) -> String? {
        let paths = Set(after.keys).union(before.keys).sorted {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
        guard let path = paths.first(where: { after[$0] != before[$0] }) else { return nil }
        let short = path.hasPrefix(directory) ? String(path.dropFirst(directory.utf8.count)) : path
        let word = before[path] == nil ? "made" : after[path] == nil ? "removed" : "changed"
        return "'\(short)' was \(word)"
    }

    /// Every path below a folder; no link is followed.
    private static func entries(below place: String, but hidden: [String] = []) -> [String] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: place) else {
            return []
        }
        return names.flatMap { name -> [String] in
            let path = "\(place)/\(name)"
            guard !hidden.contains(where: { $0.utf8.elementsEqual(path.utf8) }) else { return [] }
            guard kind(path)?.isFolder ?? false else { return [path] }
            return [path] + entries(below: path, but: hidden)
        }
    }

    /// What stands at a path.
    private struct Kind {
        let mode: mode_t
        let links: UInt64
        let bytes: Int64

        var isFile: Bool { mode & S_IFMT == S_IFREG }
        var isFolder: Bool { mode & S_IFMT == S_IFDIR }

        func description(of path: String) -> String {
            var text = "\(mode)"
            if isFile {
                let data = FileManager.default.contents(atPath: path) ?? Data()
                let hash = data.reduce(14_695_981_039_346_656_037) { hash, byte in
                    (hash ^ UInt64(byte)) &* 1_099_511_628_211
                }
                text += " \(links) \(hash)"
            }
            if mode & S_IFMT == S_IFLNK {
                text += (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) ?? ""
            }
            return text
        }
    }

    private static func kind(_ path: String) -> Kind? {
        var entry = stat()
        guard unsafe lstat(path, &entry) == 0 else { return nil }
        return Kind(
            mode: entry.st_mode, links: UInt64(entry.st_nlink), bytes: Int64(entry.st_blocks) * 512)
    }
}

extension Array<UInt8> {
    /// Whether these bytes are somewhere in it.
    fileprivate func contains(_ word: [UInt8]) -> Bool {
        guard let first = word.first, count >= word.count else { return false }
        var start = startIndex
        while let place = self[start...].firstIndex(of: first), place + word.count <= endIndex {
            if self[place..<place + word.count].elementsEqual(word) { return true }
            start = place + 1
        }
        return false
    }
}
