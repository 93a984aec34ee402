/// One attempt to get out of a sandbox, and how the machine would notice.
///
/// The attempt is a script that runs as a job's program does. What comes of it
/// is judged from the machine's side. The same script runs without a sandbox
/// first: if it gets nowhere even then, it shows nothing, and does not count.
public struct EscapeCase: Sendable {
    /// What the attempt is aimed at.
    public enum Category: String, CaseIterable, Sendable {
        /// Files of the user, the repository and other jobs.
        case files
        /// The controller's own git.
        case git
        /// Whatever listens, and the world.
        case network
        /// Other processes, and the kernel.
        case processes
        /// The machine's means.
        case limits
    }

    /// By which trace the machine notices that an attempt got out.
    enum Sign: Hashable, Sendable {
        /// The secret is in what the job left, or in an object of the repository.
        case leak
        /// Something that is not the job's is no longer what it was.
        case changed
        /// A listener of the machine was reached.
        case reached
        /// The script says that a call got through which must not.
        case claim
        /// A process of the machine is gone, stopped or otherwise not what it was.
        case harmed
        /// A process of the job outlives it.
        case alive
        /// What the job left is larger than this many MiB.
        case larger(Int)
        /// The job left a file that gives rights to who runs or opens it.
        case armed
    }

    /// Its name, which is unique.
    public let name: String

    /// What it is aimed at.
    public let category: Category

    /// What it tries, after "an agent may try to".
    public let summary: String

    /// The incidents that it replays, such as `CVE-2026-26268`.
    public let incidents: [String]

    /// What runs inside, for `sh`.
    let script: String

    /// How the machine notices.
    let sign: Sign

    /// What a careless controller would do with what the script left, for `sh`.
    var careless: String?

    /// The hosts and ports that the proxy allows; without, there is none.
    var allowed: [String]?

    /// Whether the machine is alone in a network of its own, where names may be asked for.
    var isAlone = false

    /// Whether there is a door to the server of a model, which adds the key.
    var reachesModel = false

    /// Whether what is left is approved and landed, and not only looked at.
    var lands = false

    /// Whether it is about what the user's shell holds, which no job may get, sandbox or not.
    var isAboutEnvironment = false

    /// How many milliseconds the job has, if that is what is tried.
    var time: Int?

    init(
        _ category: Category, _ name: String, _ summary: String, _ sign: Sign, _ script: String,
        _ incidents: [String] = []
    ) {
        self.name = name
        self.category = category
        self.summary = summary
        self.incidents = incidents
        self.script = script
        self.sign = sign
    }

    /// Whether it must not get out even where there is no sandbox.
    public var holdsEverywhere: Bool { careless != nil || isAboutEnvironment }

    /// Every attempt, by category.
    public static let all = files + git + landing + network + model + processes + limits

    /// The attempts that a word names: one of them, or a category.
    public static func named(_ word: String) -> [EscapeCase] {
        all.filter {
            $0.name.utf8.elementsEqual(word.utf8)
                || $0.category.rawValue.utf8.elementsEqual(word.utf8)
        }
    }
}
