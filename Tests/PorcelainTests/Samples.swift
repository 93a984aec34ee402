import Porcelain
import Synchronization

/// A tree of commands with everything that can be declared.
struct Depot: CommandGroup {
    static let help = Help("Keep parcels", verb: "depot", description: "Parcels come and go.")
    static let subcommands: [any Command.Type] = [
        Parcel.self, Weigh.self, Dump.self, Secret.self,
    ]
}

struct Parcel: CommandGroup {
    static let help = Help("Work on parcels", group: "Parcels")
    static let subcommands: [any Command.Type] = [New.self, List.self]
}

enum Speed: String, CaseIterable, ArgumentValue { case slow, normal, fast }

struct Percent: ArgumentValue {
    let value: Int
    static var expected: String { "a number from 0 to 100" }
    init?(argument: String) {
        guard let value = Int(argument), 0...100 ~= value else { return nil }
        self.value = value
    }
}

struct OutputOptions: OptionGroup {
    @Flag("--json", help: "print JSON") var json
    @Flag("--quiet", help: "print ids only") var quiet
    @Options var colors: ColorOptions

    func validate() throws {
        if json, quiet { throw UsageError("--json and --quiet exclude each other") }
    }
}

struct ColorOptions: OptionGroup {
    @Option("--color", help: "use colour") var color: ColorMode?
}

extension Parcel {
    struct New: Command {
        static let help = Help(
            "Create a parcel",
            description: """
                It is `wrapped` at once.
                .dots are safe

                    depot parcel new --label 'a b'

                Then it waits.
                """)
        @Argument("what is in it") var content: String
        @Argument("where it goes") var address: String?
        @Option("-w", "--weight", value: "grams", help: "how heavy it is") var weight: Int?
        @Option("--speed", help: "how soon it is wanted") var speed = Speed.normal
        @Option("--label", help: "stick on a <label>") var labels: [String]
        @Option("--filled", help: "how full it is") var filled: Percent?
        @Flag("-f", "--fragile", help: "take care") var fragile
        @Flag("--no-stamp", help: "send it unpaid") var unpaid
        @Toggle("--insured", help: "insure it") var insured: Bool?
        @Options var output: OutputOptions
        func validate() throws {
            if fragile, speed == .fast { throw UsageError("what is fragile cannot be fast") }
        }
        func run(in context: Context) async throws {
            try context.terminal.writeLine(escaped(content))
        }
    }

    struct List: Command {
        static let help = Help("List parcels")
        @Options var output: OutputOptions
        func run(in context: Context) async throws {}
    }
}

struct Weigh: Command {
    static let help = Help("Weigh parcels", group: "Parcels")
    @Option("-s", "--scale", help: "use a <scale>") var scale: String
    @Argument("which parcels", value: "parcel", atLeastOne: true) var parcels: [String]
    func run(in context: Context) async throws {}
}

struct Dump: Command {
    static let help = Help("Throw parcels away", group: "For scripts")
    @Argument("which parcels") var parcels: [Int]
    func run(in context: Context) async throws {}
}

struct Secret: Command {
    static let help = Help("Open a back door", hidden: true)
    func run(in context: Context) async throws {}
}

/// A terminal that remembers what it was told.
final class Recording: Sendable {
    private let state = Mutex((output: "", error: "", answers: [String]()))

    var output: String { state.withLock { $0.output } }
    var error: String { state.withLock { $0.error } }

    init(answers: [String] = []) { state.withLock { $0.answers = answers } }

    func terminal(isTTY: Bool = false, width: Int = 80, height: Int = 24) -> Terminal {
        var terminal = Terminal(
            output: { text in self.state.withLock { $0.output += text } },
            error: { text in self.state.withLock { $0.error += text } },
            input: { self.state.withLock { $0.answers.isEmpty ? nil : $0.answers.removeFirst() } })
        (terminal.inputIsTTY, terminal.outputIsTTY, terminal.errorIsTTY) = (isTTY, isTTY, isTTY)
        (terminal.width, terminal.height) = (width, height)
        return terminal
    }
}
