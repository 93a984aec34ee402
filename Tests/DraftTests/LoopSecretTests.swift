import Foundation
import Model
import TestSupport
import Testing

/// Secrets that a job comes across stay where they are.
@Suite struct LoopSecretTests {
    static let secret = "canary-7Qm2x9Lk4Vb8Tz"
    static let environment: [String: String?] = ["SERVICE_TOKEN": secret]

    /// The forms in which a secret is looked for.
    static let forms = [
        secret, Data(secret.utf8).base64EncodedString(),
        secret.replacing("-", with: "%2D"), secret.replacing("-", with: "\\u002d"),
    ]

    @Test func `nothing that is stored or shown holds a secret`() throws {
        let print = Self.forms.map { "echo '\($0)'" }.joined(separator: "; ")
        let bench = try LoopBench(
            """
            \(print); s=$SERVICE_TOKEN
            echo "{\\"type\\":\\"message\\",\\"text\\":\\"$s\\"}" >> "$DRAFT_EVENTS"
            if [ $DRAFT_ITERATION = 1 ]; then
                echo wrong > f
                echo "{\\"status\\":\\"needs_input\\",\\"plan\\":\\"$s\\",\\"question\\":
                    {\\"text\\":\\"$s?\\",\\"choices\\":[\\"$s\\"],\\"context\\":\\"$s\\"}}" > "$DRAFT_RESULT"
            else
                echo good > f
                echo "{\\"status\\":\\"failed\\",\\"summary\\":\\"$s\\"}" > "$DRAFT_RESULT"
            fi
            """, validation: "full: ['echo $SERVICE_TOKEN; ./check']",
            setup: "'echo $SERVICE_TOKEN'")
        let ticket = try bench.sandbox.run(
            "git draft ticket new 'Do \(Self.secret)' --quiet",
            environment: Self.environment
        ).stdout.trimmingCharacters(in: .newlines)
        var shown = ""
        for (words, status) in [
            ("run \(ticket)", 1), ("questions", 0), ("answer \(ticket) '\(Self.secret)'", 0),
            ("run \(ticket)", 1), ("ticket show \(ticket)", 0), ("logs \(ticket)", 0),
            ("log", 0), ("retry \(ticket)", 1), ("job list --json", 0),
        ] as [(String, Int32)] {
            shown += try bench.draft(words, expecting: status, environment: Self.environment)
                .output
        }
        for form in Self.forms {
            #expect(try bench.places(of: form) == "", "\(form)")
            #expect(!shown.contains(form), "\(form)")
        }
        #expect(shown.contains("[redacted]"))
    }

    @Test(
        arguments: [
            // In the files, and removed in the next turn.
            "if [ $n = 1 ]; then echo good $s > f; else echo good > f; fi",
            // Committed, and removed in the same turn.
            """
            if [ $n = 1 ]; then
                echo $s > g; git add g; git commit -qm one; git rm -q g; git commit -qm two
            fi
            echo good > f
            """,
            // In a message.
            "echo good > f; [ $n != 1 ] || { git add f; git commit -qm \"a $s\"; }",
        ])
    func `a secret in a snapshot stays in this clone`(_ script: String) throws {
        let bench = try LoopBench(
            "n=$DRAFT_ITERATION s=$SERVICE_TOKEN; cp $DRAFT_WORK_ORDER $LOG/order-$n; \(script)")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)", environment: Self.environment)
        try Self.expectClean(bench, ticket)
        let feedback = try bench.order("order-2")["feedback"]?.array?.first
        #expect(feedback?["command"] == "secrets")
        #expect(feedback?["output"]?.string?.contains("remove them") == true)
    }

    @Test func `a secret that stays ends the job early, and its file is named`() throws {
        let bench = try LoopBench(
            "echo good > f; echo $DRAFT_ITERATION > g; echo $SERVICE_TOKEN > key.txt",
            validation: "fast: ['true'], full: ['echo >> $LOG/full; ./check']")
        let ticket = try bench.ticket()
        let said = try bench.draft(
            "run --allow-red-base r \(ticket)", expecting: 1, environment: Self.environment)
        let job = try bench.job(ticket)
        #expect(job["reason"] == "identical_failure")
        #expect(job["counters"]?["iterations"] == 2 && job["counters"]?["full_runs"] == 0)
        #expect(try bench.sandbox.run("test -e '\(bench.log.path)/full'").status == 1)
        // The branch, which may be pushed, stays where no secret is.
        #expect(try bench.sandbox.run("git log --format=%H --branches -- key.txt").stdout == "")
        let line =
            "these hold secrets, and are kept locally only: value in key.txt; remove them"
        #expect(job["findings"]?["last_failure"]?.string == line)
        #expect(said.stdout.split(separator: "\n").last?.hasSuffix(": \(line)") == true)
        let id = try #require(job["id"]?.string)
        for words in ["status", "job show \(id)"] {
            #expect(try bench.draft(words).stdout.contains(line), "\(words)")
        }
        let logs = try bench.draft("logs \(ticket)").stdout
        #expect(logs.contains("it holds secrets, and is kept locally only"))
    }

    @Test func `a secret before a question stays in this clone`() throws {
        let bench = try LoopBench(
            """
            [ $DRAFT_ITERATION = 1 ] || { echo good > f; exit; }
            echo $SERVICE_TOKEN > f
            echo '{"status":"needs_input","question":{"text":"?"}}' > $DRAFT_RESULT
            """)
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)", expecting: 1, environment: Self.environment)
        try bench.draft("answer \(ticket) yes")
        try bench.draft("run \(ticket)", environment: Self.environment)
        try Self.expectClean(bench, ticket)
    }

    @Test func `a secret of a canceled job stays in this clone`() throws {
        let bench = try LoopBench(
            """
            echo $SERVICE_TOKEN > f
            echo '{"status":"needs_input","question":{"text":"?"}}' > $DRAFT_RESULT
            """)
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)", expecting: 1, environment: Self.environment)
        try bench.draft("cancel \(ticket)", environment: Self.environment)
        #expect(
            try bench.commits(holding: Self.secret, under: "refs/draft-local/*").count == 1)
        #expect(try bench.commits(holding: Self.secret, under: "refs/draft/attempts/*").isEmpty)
    }

    /// The secret is kept, but not in what is shared.
    private static func expectClean(_ bench: LoopBench, _ ticket: String) throws {
        let revision = try JSON(parsing: bench.draft("review \(ticket) --json").stdout)
        let head = try #require(revision["head_commit"]?.string)
        #expect(try bench.sandbox.git("show", "\(head):f") == "good")
        for pattern in ["refs/draft/*", "refs/draft/attempts/*", "refs/heads/"] {
            #expect(try bench.commits(holding: secret, under: pattern).isEmpty, "\(pattern)")
        }
        let pushed = try bench.sandbox.git("log", "--format=%B", "--glob=refs/draft/*", head)
        #expect(!pushed.contains(secret))
        let names = try bench.sandbox.git("for-each-ref", "refs/draft-local")
        #expect(names.contains(".kept"))
    }
}
