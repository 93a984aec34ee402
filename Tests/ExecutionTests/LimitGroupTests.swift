import Execution
import Foundation
import TestSupport
import Testing

/// Control groups, where the machine lets the superuser make them.
@Suite(.enabled(if: LimitGroupTests.canMake, "no control groups can be made here"))
struct LimitGroupTests {
    let sandbox: SupervisionSandbox

    init() throws { sandbox = try SupervisionSandbox() }

    /// The folders of this process in the trees of groups of version 1.
    private static let places: [String] = {
        let lines = (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)) ?? ""
        return lines.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ":", maxSplits: 2)
            guard fields.count == 3, ["pids", "memory"].contains(fields[1]) else { return nil }
            return "/sys/fs/cgroup/\(fields[1])\(fields[2])"
        }
    }()

    static let canMake = places.count == 2 && unsafe places.allSatisfy { access($0, W_OK) == 0 }

    /// The groups that belong to a process.
    private func groups(of pid: String) throws -> [String] {
        try Self.places.flatMap { place in
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
        #expect(try !groups(of: String(owner)).isEmpty)
        await #expect(processExitsWith: .success) { [root = root as String] in
            #expect(try bounded(["true"], root, nil, 1 << 30, true).isSuccess)
        }
        #expect(try groups(of: String(owner)).isEmpty)
    }
}
