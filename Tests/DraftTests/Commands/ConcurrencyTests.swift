import Foundation
import Model
import TestSupport
import Testing

@Suite struct ConcurrencyTests {
    @Test func `eight processes at once lose no ticket`() throws {
        let sandbox = try Sandbox.withBoard()
        let loop =
            "for n in $(seq 100); do git draft ticket new \"$0 $n\" --quiet || exit 1; done"
        let children = try (0..<8).map { number in
            try sandbox.start(
                "sh -c '\(loop)' \(number)", environment: ["GIT_DRAFT_TEST_SEED": nil])
        }
        let outcomes = children.map { $0.wait() }
        #expect(outcomes.map(\.status) == Array(repeating: 0, count: 8))
        #expect(outcomes.map(\.stderr) == Array(repeating: "", count: 8))
        let acknowledged = Set(outcomes.flatMap { $0.stdout.split(separator: "\n") })
        #expect(acknowledged.count == 800)
        let stored = try sandbox.draft("ready --quiet").stdout.split(separator: "\n")
        #expect(Set(stored) == acknowledged)
        #expect(try sandbox.git("rev-list", "--count", "refs/draft/board") == "801")
        #expect(try sandbox.run("git fsck --strict --no-dangling").output == "")
    }
}
