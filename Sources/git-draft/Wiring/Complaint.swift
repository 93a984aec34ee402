import Configuration
import Execution
import GitStore
import Model
import Porcelain

/// An error with what to do about it.
struct Hinted: Error {
    /// What went wrong.
    let error: any Error
    /// A command, or a sentence, that would make it work.
    let hint: String
}

extension Error {
    /// The same error, with what to do about it.
    func hinted(_ hint: String) -> Hinted { Hinted(error: self, hint: hint) }
}

/// Something that cannot be done, in the words of a command.
struct CommandError: Error, CustomStringConvertible {
    /// One line.
    let description: String
    /// The exit status.
    let status: Int32
    /// A command that would make it work.
    let hint: String?

    init(_ description: String, status: Int32 = ExitStatus.fatal, hint: String? = nil) {
        self.description = description
        self.status = status
        self.hint = hint
    }
}

/// What is said about an error, and how the process ends.
struct Complaint {
    private var prefix = "fatal"
    private var message: String
    private var hint: String?
    private var status = ExitStatus.fatal
    private var usageText: String?
    private var answer: String?

    init(_ error: any Error, words: [String]) {
        message = "\(error)"
        switch error {
        case let error as Hinted:
            self = Complaint(error.error, words: words)
            hint = error.hint
        case let request as UsageRequest:
            answer = usage(of: request.path, program: "git draft")
        case is VersionRequest:
            answer = "git-draft version \(Version.current)\n"
        case let error as UsageError:
            (prefix, message, status) = ("error", error.message, ExitStatus.usage)
            let path = error.path.isEmpty ? Self.path(of: words) : error.path
            if error.showsUsage {
                usageText = usage(of: path, program: "git draft")
            } else {
                hint = "git draft help"
            }
        case let error as CommandError:
            (message, status, hint) = (error.description, error.status, error.hint)
        case let error as BoardError:
            (message, hint) = (error.description, error.hint)
            if error.code == .conflict { status = ExitStatus.again }
        case let error as GitError:
            hint = error.hint
            if error.code == .locked { status = ExitStatus.again }
        case let error as AdmissionError:
            hint = error.hint
            if error.isBusy { status = ExitStatus.again }
        case let error as WorkspaceError:
            (message, hint) = ("cannot \(error.action): \(error.reason)", error.hint)
        default: break
        }
    }

    /// What went wrong, without what is said around it.
    var text: String { message }

    /// What would make it work.
    var advice: String? { hint }

    /// Says it; returns the exit status.
    func report(in context: Context) -> Int32 {
        let terminal = context.terminal
        if let answer {
            do { try terminal.write(answer) } catch { return ExitStatus.done }
            return ExitStatus.done
        }
        terminal.note("\(prefix): \(escaped(message, multiline: true))")
        if let usageText { terminal.note("\n\(usageText)".trimmingLastNewline) }
        if let hint, Advice.fix.isWanted(in: context) {
            terminal.note("hint: \(escaped(hint, multiline: true))")
        }
        return status
    }

    /// The commands that the words name, as far as they do.
    private static func path(of words: [String]) -> [any Command.Type] {
        var path: [any Command.Type] = [Draft.self]
        for word in words {
            guard let group = path.last as? any CommandGroup.Type,
                let next = group.subcommands.first(where: { $0.verb == word })
            else { break }
            path.append(next)
        }
        return path
    }
}

extension String {
    fileprivate var trimmingLastNewline: String { hasSuffix("\n") ? String(dropLast()) : self }
}
