import Execution
import Foundation
import TestSupport
import Testing

/// Where control groups of version 1 are.
private enum GroupPlaces {
    /// The folders of this process in the trees of groups.
    static let all: [String] = {
        let lines = (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)) ?? ""
        return lines.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ":", maxSplits: 2)
            guard fields.count == 3, ["pids", "memory"].contains(fields[1]) else { return nil }
            return "/sys/fs/cgroup/\(fields[1])\(fields[2])"
        }
    }()

    /// Whether groups can be made in them.
    static let canMake =
        all.count == 2 && all.allSatisfy { FileManager.default.isWritableFile(atPath: $0) }
}

/// Control groups, where the machine lets the superuser make them.
@Suite(.enabled(if: GroupPlaces.canMake, "no control groups can be made here"))
struct LimitGroupTests {
    let sandbox: SupervisionSandbox

    init() throws { sandbox = try SupervisionSandbox() }

    /// The groups that belong to a process.
    private func groups(of pid: String) throws -> [String] {
        try GroupPlaces.all.flatMap { place in
            try FileManager.default.contentsOfDirectory(atPath: place)
                .filter { $0.hasPrefix("git-draft-\(pid)-") }
        }
    }

    @Test func `a command is in groups of its own, and they go with it`() async throws {
        let root = sandbox.root
        await #expect(processExitsWith: .success) { [root = root as String] in
            let script = "cat /proc/self/cgroup >groups; echo $PPID >owner"
            let outcome = try bounded(["sh", "-c", script], root, nil, 1 << 30, true)
            #expect(outcome.isSuccess)
        }
        let text = try String(contentsOfFile: "\(root)/groups", encoding: .utf8)
        let owner = try String(contentsOfFile: "\(root)/owner", encoding: .utf8).dropLast()
        let inside = text.split(separator: "\n").filter { $0.contains("/git-draft-\(owner)-") }
        #expect(inside.count == 2)
        #expect(try groups(of: String(owner)).isEmpty)
    }

    @Test func `groups that a crash left are swept by the next command`() async throws {
        let root = sandbox.root
        await #expect(processExitsWith: .signal(SIGKILL)) { [root = root as String] in
            let script = "echo $PPID >owner; (setsid sleep 1000 &); kill -KILL $PPID"
            _ = try bounded(["sh", "-c", script], root, nil, 1 << 30, true)
        }
        let owner = try String(contentsOfFile: "\(root)/owner", encoding: .utf8).dropLast()
        // They may be gone already: whoever runs a command meanwhile sweeps as well. Who is in
        // them takes a while to end where much else runs; the command after the next is as good.
        for _ in 1...20 {
            await #expect(processExitsWith: .success) { [root = root as String] in
                let outcome = try bounded(["true"], root, nil, 1 << 30, true)
                #expect(outcome.isSuccess)
            }
            if try groups(of: String(owner)).isEmpty { break }
        }
        #expect(try groups(of: String(owner)).isEmpty)
    }
}
