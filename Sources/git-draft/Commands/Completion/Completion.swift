import Porcelain

/// `git draft completion`.
struct Completion: Command {
    static let help = Help(
        "Print what completes commands in a shell", group: "Care",
        description: """
            Prints a script that completes `git draft`, and `git-draft`, when Tab is pressed.

                git draft completion bash > ~/.local/share/bash-completion/completions/git-draft
                git draft completion zsh > ~/.zfunc/_git-draft
                git draft completion fish > ~/.config/fish/completions/git-draft.fish

            In bash it works together with git's own completion.
            """)

    @Argument("which shell") var shell: Shell

    /// The shells that we can write for.
    enum Shell: String, CaseIterable, ArgumentValue {
        /// The GNU shell.
        case bash
        /// The Z shell.
        case zsh
        /// The friendly one.
        case fish
    }

    func run(in context: Context) async throws {
        try context.terminal.write(shell.script)
    }
}

/// `git draft _complete`: the words that may stand at the end of a command line.
struct CompleteWords: Command {
    static let help = Help("Print completions, one a line", verb: "_complete", hidden: true)

    @Argument("the words after 'draft', the last one unfinished") var words: [String]

    func run(in context: Context) async throws {
        let candidates = completions(for: words.isEmpty ? [""] : words, as: Draft.self)
        try context.terminal.write(candidates.map { $0 + "\n" }.joined())
    }
}

extension Completion.Shell {
    /// What the shell is to read.
    fileprivate var script: String {
        switch self {
        case .bash:
            """
            # Completion of git draft in bash.
            _git_draft ()
            {
            \tlocal start=1
            \twhile [ "$start" -lt "$cword" ] && [ "${words[start]}" != draft ]; do
            \t\tstart=$((start + 1))
            \tdone
            \t__git_draft_complete "${words[@]:start + 1:cword - start}"
            }

            __git_draft_complete ()
            {
            \tlocal IFS=$'\\n' word
            \tCOMPREPLY=($(git draft _complete -- "$@" 2>/dev/null))
            \tfor word in "${COMPREPLY[@]}"; do
            \t\tcase "$word" in *=) compopt -o nospace 2>/dev/null ;; esac
            \tdone
            }

            _git_draft_alone ()
            {
            \t__git_draft_complete "${COMP_WORDS[@]:1:COMP_CWORD}"
            }

            complete -o default -F _git_draft_alone git-draft

            """
        case .zsh:
            """
            #compdef git-draft
            # Completion of git draft in zsh.
            _git-draft ()
            {
            \tlocal -a candidates
            \tcandidates=(${(f)"$(git draft _complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)"})
            \tcompadd -S '' -- ${(M)candidates:#*=}
            \tcompadd -- ${candidates:#*=}
            }

            zstyle ':completion:*:*:git:*' user-commands draft:'turn goals into landed commits'

            """
        case .fish:
            """
            # Completion of git draft in fish.
            function __git_draft_complete
                set -l words (commandline -opc)
                set -l start (contains -i draft $words; or echo 1)
                git draft _complete -- $words[(math $start + 1)..-1] (commandline -ct) 2>/dev/null
            end

            complete -c git-draft -f -a '(__git_draft_complete)'
            complete -c git -n '__fish_seen_subcommand_from draft' -f -a '(__git_draft_complete)'

            """
        }
    }
}
