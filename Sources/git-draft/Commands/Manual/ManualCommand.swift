import FoundationEssentials
import Porcelain

/// `git draft _manual`: the manual pages, for whoever builds the package.
struct ManualCommand: Command {
    static let help = Help("Print a manual page", verb: "_manual", hidden: true)

    @Option("--all", value: "folder", help: "write all pages into <folder> instead")
    var folder: String?
    @Argument("the command that it is about", value: "command") var words: [String]

    func run(in context: Context) async throws {
        guard let folder else {
            let path = try Manual.path(of: words)
            return try context.terminal.write(manual(of: path, in: Manual.book))
        }
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        for path in Manual.book.pages(of: Draft.self) {
            let page = Data(manual(of: path, in: Manual.book).utf8)
            try page.write(to: URL(filePath: "\(folder)/\(Manual.book.name(of: path)).1"))
        }
    }
}

/// `git draft help`.
struct HelpCommand: Command {
    static let help = Help(
        "Show the manual of a command", verb: "help", group: "Care",
        description: """
            Shows the same page as `git draft COMMAND --help`. With `-h` any command says in a \
            few lines which options it has.
            """)

    @Argument("the command that it is about", value: "command") var words: [String]

    func run(in context: Context) async throws {
        try Manual.show(Manual.path(of: words), in: context)
    }
}
