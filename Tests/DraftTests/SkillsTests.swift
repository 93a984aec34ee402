import Foundation
import Model
import TestSupport
import Testing

/// Whole jobs whose agents get skills, and quote them.
@Suite struct SkillsTests {
    private static let line = #"Always put the word "good" into the file that it is about."#
    private static let foreign = "Überall gilt: keine Zeile ist länger als hundert Zeichen."

    private static let text = """
        ---
        name: review
        description: Use whenever any file of this project is changed
        version: 1.2
        ---
        # Review

        - \(line)
        - \(foreign)

        """

    private func bench(_ script: String, skills: String) throws -> LoopBench {
        let bench = try LoopBench(script)
        let sandbox = bench.sandbox
        try sandbox.write(".draftsman-skills/review/SKILL.md", Self.text)
        try sandbox.write(".draftsman-skills/design/SKILL.md", "Draw before you write any code.\n")
        try sandbox.git("config", "core.excludesFile", "/dev/null")
        try sandbox.run("echo .draftsman-skills/ >>.git/info/exclude")
        try sandbox.run("echo 'skills: {\(skills)}' >>draft.yaml")
        try sandbox.git("commit", "-q", "-a", "-m", "skills")
        return bench
    }

    /// Whether anything that is pushed holds a text.
    private func isKept(_ text: String, _ bench: LoopBench) throws -> Bool {
        let found = try bench.sandbox.run(
            """
            git for-each-ref --format='%(refname)' refs/draft | git rev-list --objects --stdin |
            cut -d' ' -f1 | git cat-file --batch | grep -qaF -e '\(text)'
            """)
        return found.status == 0
    }

    private func expectNothingKept(_ bench: LoopBench, _ job: JSON, _ ticket: String) throws {
        let lines = [
            Self.line, Self.foreign, "Use whenever any file of this project", "Draw before",
        ]
        for line in lines + lines.map({ String(JSON.string($0).line.dropFirst().dropLast()) }) {
            #expect(try !isKept(line, bench), "\(line)")
        }
        #expect(try isKept("words of its own", bench))
        let log = try bench.draft("logs \(ticket)").stdout
        #expect(log.contains("[skill review ") && !log.contains(Self.line))
        let folder = ".git/draft/jobs/\(job["id"]?.string ?? "")"
        let file = try String(
            contentsOf: bench.sandbox.workTree.appending(path: "\(folder)/log"), encoding: .utf8)
        #expect(!file.contains(Self.foreign) && file.contains("words of its own"))
    }

    @Test func `Claude Code finds skills at home, and what it quotes is not kept`() throws {
        let bench = try bench(
            AgentClaudeTests.speaking + #"""
                begin
                skill=$(sed -n 's/^- \(.*SKILL.md\)$/\1/p' "$LOG/stdin-$n")
                cat "$skill" >"$LOG/prompted"; cat "$HOME/.claude/skills/review/SKILL.md" >"$LOG/home"
                ls "$HOME/.claude/skills" >"$LOG/names-$n"
                mkdir "$HOME/.claude/skills/stale"
                cat "$skill" >&2
                quoted=$(sed 's/"/\\"/g; s/$/\\n/' "$skill" | tr -d '\n')
                say "words of its own"
                printf '%s\n' '{"type":"assistant","message":{"id":"b","content":[{"type":"text","text":"'"$quoted"'"}]}}'
                printf '%s\n' '{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t","content":"'"$quoted"'"}]}}'
                printf '%s\n' '{"status":"done","plan":"'"$quoted"'"}' >"$DRAFT_RESULT"
                [ $n = 1 ] && echo bad >f || echo good >f
                end 0.0$n ${n}0
                """#, skills: "defaults: [review], by_label: {ui: [design]}")
        let ticket = try bench.ticket()
        let refusal = try bench.draft("run --agent spoken \(ticket)", expecting: 128).stderr
        #expect(refusal.contains("not accepted yet"))
        try bench.draft("trust --yes")
        try bench.draft("run --agent spoken \(ticket)")
        #expect(try bench.left("prompted") == Self.text && bench.left("home") == Self.text)
        #expect(try bench.left("names-2") == "review\n")
        #expect(try bench.left("args-1").contains(",Skill"))
        let job = try bench.job(ticket)
        let layer = job["instructions"]?.array?.last
        #expect(layer?["id"] == "review" && layer?["version"] == "1.2")
        #expect(layer?["loaded"] == true && layer?["why"] == "default")
        #expect(job["instructions"]?.array?.map { $0["layer"] } == ["global", "mode", "skill"])
        try expectNothingKept(bench, job, ticket)
    }

    @Test func `a command gets paths, and what it prints is not kept`() throws {
        let bench = try bench(
            #"""
            cat >"$LOG/order"
            for file in $(sed -n 's/^- \(.*SKILL.md\)$/\1/p' "$DRAFT_PROMPT"); do
                cat "$file"; head -c 100 "$file"; echo
                base64 -w0 "$file" >/dev/null
            done
            printf 'words of its own'; echo good >f
            """#, skills: "defaults: [review], by_label: {ui: [design]}")
        try bench.draft("trust --yes")
        let ticket = try bench.ticket("--label ui")
        try bench.draft("run \(ticket)")
        let job = try bench.job(ticket)
        let layers = try #require(try bench.order("order")["instructions"]?.array)
        #expect(layers.map { $0["layer"] } == ["global", "mode", "skill", "skill"])
        let folder = "/draft/jobs/\(job["id"]?.string ?? "")/in/skills/"
        #expect(layers[2]["path"]?.string?.hasSuffix(folder + "review") == true)
        #expect(layers[3]["path"]?.string?.hasSuffix(folder + "design") == true)
        #expect(layers[2]["text"] == nil && layers[2]["version"] == "1.2")
        let listed = job["instructions"]?.array ?? []
        #expect(listed.suffix(2).map { $0["why"] } == ["default", "label ui"])
        #expect(layers[2]["hash"] == listed[2]["hash"])
        try expectNothingKept(bench, job, ticket)
    }

    @Test func `a skill that changed needs to be accepted anew, unless the lock keeps it out`()
        throws
    {
        let bench = try bench("cat >\"$LOG/order\"; echo good >f", skills: "defaults: [review]")
        try bench.draft("trust --yes")
        let accepted = try bench.draft("trust --show").stdout
        #expect(accepted.contains("skills.review: 1.2 "))
        try bench.sandbox.run("echo 'One more line.' >>.draftsman-skills/review/SKILL.md")
        let ticket = try bench.ticket()
        #expect(try bench.draft("run \(ticket)", expecting: 128).stderr.contains("git draft trust"))
        try bench.sandbox.run(
            """
            echo '\(accepted)' | sed -n 's/^skills\\.\\(.*\\): /\\1 /p' >skills.lock
            git add skills.lock && git commit -q -m lock
            """)
        try bench.draft("run \(ticket)")
        let layer = try bench.job(ticket)["instructions"]?.array?.last
        #expect(layer?["loaded"] == false && layer?["why"] == "hash differs from skills.lock")
        let layers = try bench.order("order")["instructions"]?.array ?? []
        #expect(layers.map { $0["layer"] } == ["global", "mode"])
    }
}
