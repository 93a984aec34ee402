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
            \tCOMPREPLY=($(git draft _complete -- "$@" 2>/dev/null | cut -f 1))
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
            \tlocal line
            \tlocal -a words_ shown open
            \tfor line in ${(f)"$(git draft _complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)"}; do
            \t\tcase $line in
            \t\t*=) open+=($line) ;;
            \t\t*) words_+=("${line%%$'\\t'*}") shown+=("${line/$'\\t'/  }") ;;
            \t\tesac
            \tdone
            \t(( $#open + $#words_ )) || { _files; return }
            \tcompadd -S '' -a open
            \tcompadd -V draft -l -d shown -a words_
            }

            zstyle ':completion:*:*:git:*' user-commands draft:'turn goals into landed commits'

            """
        case .fish:
            """
            # Completion of git draft in fish.
            function __git_draft_complete
                set -l words (commandline -opc)
                set -l start (contains -i draft $words; or echo 1)
                set -l found (git draft _complete -- $words[(math $start + 1)..-1] \\
                    (commandline -ct) 2>/dev/null)
                if set -q found[1]
                    printf '%s\\n' $found
                else
                    __fish_complete_path (commandline -ct)
                end
            end

            complete -c git-draft -f -a '(__git_draft_complete)'
            complete -c git -n '__fish_seen_subcommand_from draft' -f -a '(__git_draft_complete)'

            """
        }
    }
}
