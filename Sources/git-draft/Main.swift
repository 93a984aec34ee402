import FoundationEssentials
import Glibc
import Model
import Porcelain

/// The root of all commands.
struct Draft: CommandGroup {
    static let help = Help(
        "Turn goals into tickets, and tickets into validated, reviewed, landed commits",
        verb: "git-draft")
    static let subcommands: [any Command.Type] = CommandList.all
}

/// The only place that maps errors to streams and exit statuses, and that ends the process.
@main private enum Main {
    static func main() async {
        signal(SIGPIPE, SIG_IGN)
        let environment = ProcessInfo.processInfo.environment
        let words = Array(CommandLine.arguments.dropFirst())
        let terminal = Terminal.system(environment: environment, color: nil, setting: nil)
        let context = Context(
            directory: FileManager.default.currentDirectoryPath, environment: environment,
            terminal: terminal)
        if let number = damagedWord, words.first != "hook" {
            let error = CommandError("argument \(number) is not valid UTF-8")
            exit(Complaint(error, words: words).report(in: context))
        }
        exit(await status(of: words, in: context))
    }

    /// Which argument could only be read with replacements; the hooks of git name places, too.
    private static var damagedWord: Int? {
        (1..<max(1, Int(CommandLine.argc))).first { index in
            guard let word = unsafe CommandLine.unsafeArgv[index] else { return false }
            return unsafe String(validatingCString: word) == nil
        }
    }

    private static func status(of words: [String], in context: Context) async -> Int32 {
        do {
            let command = try parse(words, as: Draft.self)
            try await command.run(in: context)
            return ExitStatus.done
        } catch is BrokenPipe {
            return ExitStatus.done
        } catch let request as ManualRequest {
            return await status(of: ["help"] + request.words, in: context)
        } catch let verdict as Verdict {
            return verdict.status
        } catch {
            return Complaint(error, words: words).report(in: context)
        }
    }
}
