import Model
import Porcelain

extension Session {
    /// Writes text to the user's pager if somebody looks, else to standard output.
    func page(_ text: String) throws { try paging { try $0(text) } }

    /// Gives something a way to write to the user's pager, or to standard output.
    func paging(_ body: (@escaping (String) throws -> Void) throws -> Void) throws {
        let environment = context.environment
        guard terminal.outputIsTTY,
            let pager = try? pager(), shouldPage(terminal, environment: environment, pager: pager)
        else { return try body(terminal.write) }
        // As git does it: what is configured is a line for the shell.
        let program = ForegroundProgram(
            arguments: ["/bin/sh", "-c", pager],
            environment: pagerEnvironment(environment, terminal: terminal))
        _ = try program.run { write in
            try body { try write(terminal.redact($0)) }
        }
    }

    /// The user's `git`, to be run in the directory of the command and on its terminal.
    func foregroundGit(_ arguments: [String]) -> ForegroundProgram {
        ForegroundProgram(
            arguments: ["git", "-C", context.directory] + arguments,
            environment: context.environment)
    }

    private func pager() throws -> String {
        var answer: [UInt8] = []
        let status = try foregroundGit(["var", "GIT_PAGER"]).run { answer += $0 }
        guard status == 0 else { return "" }
        return String(Text.decode(answer).prefix { !$0.isNewline })
    }
}
