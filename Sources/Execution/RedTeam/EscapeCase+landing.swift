extension EscapeCase {
    /// An attempt at whoever lands what an agent left, beside a base that has moved.
    ///
    /// The careless merge where the agent worked; its script ends on the merge.
    private static func land(
        _ name: String, _ summary: String, _ script: String, with option: String = "--no-edit",
        then more: String = "", _ incidents: String...
    ) -> EscapeCase {
        var result = EscapeCase(
            .git, name, "have a landing \(summary)", .changed,
            "mkdir -p $AGENT/info; echo p.sh > $AGENT/info/exclude\n"
                + "printf '#!/bin/sh\\necho got >> '$HOST'/mark\\n' > p.sh; chmod +x p.sh\n"
                + "P=$WORK/p.sh\n"
                + script, incidents)
        result.careless =
            "git add -A; git commit -qm work; git checkout -qb landed HEAD~1; "
            + "\(EscapeLanding.change); git merge -q \(option) -m land @{-1}" + more
        result.lands = true
        return result
    }

    /// Attempts that wait for what they left to be landed.
    static let landing = [
        land(
            "land-filter", "filter what it lays out",
            "git config filter.x.smudge $P; echo '* filter=x' > .gitattributes; echo new > g",
            "CVE-2021-21300"),
        land(
            "land-hook", "run a hook after it",
            "mkdir -p $AGENT/hooks; cp p.sh $AGENT/hooks/post-merge",
            "CVE-2026-26268"),
        land(
            "land-hooks-path", "look for hooks in the tree",
            "mkdir h; cp p.sh h/post-merge; git config core.hooksPath $WORK/h",
            "CVE-2026-26268", "Claude Code #66993"),
        land(
            "land-merge-driver", "merge with a driver",
            """
            git config merge.x.driver $P; echo 'long merge=x' | tee .gitattributes > more; mkdir \
            -p $AGENT/info; cp more $AGENT/info/attributes; sed -i '1s/.*/one/' long
            """
        ),
        land(
            "land-signing", "sign with a program",
            "git config gpg.program $P; git config commit.gpgSign true; echo new > g"),
        land(
            "land-monitor", "ask a monitor of files", "git config core.fsmonitor $P; echo new > g",
            "CVE-2022-24765"),
        land(
            "land-editor", "open an editor", "git config core.editor $P; echo new > g",
            with: "--edit"),
        land(
            "land-buried", "enter a repository that it lays out",
            """
            mkdir -p b/objects b/refs; echo 'ref: refs/heads/x' > b/HEAD; printf \
            '[core]\\nrepositoryformatversion = 0\\nbare = false\\nworktree = ..\\nfsmonitor = \
            %s\\n' $P > b/config
            """, then: "; cd b && git status", "CVE-2022-29187"),
    ]
}
