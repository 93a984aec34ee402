public import Model
internal import Synchronization

/// Which sandbox a job gets: what `draft.yaml` and the person say, and what works here.
///
/// Whether bubblewrap works is tried once in a process, and not again in those of its jobs; nor by
/// the commands that follow, until something is different or it fails.
public final class SandboxChoice: Sendable {
    /// What the person, or whoever looks after the machine, says in git's settings.
    public struct Wishes: Hashable, Sendable {
        /// `draft.sandbox`, which holds where `draft.yaml` names no mode.
        public var mode: SandboxMode?

        /// `draft.requireSandbox`, which no repository lowers.
        public var isRequired: Bool

        /// Says what is wanted.
        ///
        /// - Parameters:
        ///   - mode: Which sandbox; `nil` leaves it open.
        ///   - isRequired: Whether nothing runs without one.
        public init(mode: SandboxMode? = nil, isRequired: Bool = false) {
            self.mode = mode
            self.isRequired = isRequired
        }
    }

    /// Makes a container of a policy.
    public typealias Containers = @Sendable (Policy) throws -> any Sandbox

    private let wishes: @Sendable () throws -> Wishes
    private let environment: [String: String]
    private let program: String
    private let given: Bubblewrap.Found?
    private let memory: BubblewrapMemory?
    private let containers: Containers
    private let tried = Mutex<Result<Bubblewrap, SandboxFailure>?>(nil)

    /// Creates a choice; nothing is tried yet.
    ///
    /// - Parameters:
    ///   - wishes: Finds out what the person says.
    ///   - environment: The environment that jobs start from.
    ///   - program: The path of `git-draft`.
    ///   - given: What whoever started this process found to work; `nil` has it tried.
    ///   - memory: What remembers the last trial; `nil` has it tried in any case.
    ///   - containers: Makes containers.
    public init(
        _ wishes: @escaping @Sendable () throws -> Wishes, environment: [String: String],
        program: String,
        given: Bubblewrap.Found? = nil, memory: BubblewrapMemory? = nil,
        containers: @escaping Containers
    ) {
        self.wishes = wishes
        self.environment = environment
        self.program = program
        self.given = given
        self.memory = memory
        self.containers = containers
    }

    /// The sandbox of a policy.
    ///
    /// - Throws: ``AdmissionError`` if what is asked for does not work here.
    public func sandbox(for policy: Policy) throws -> any Sandbox {
        let settings = policy.sandbox
        let wishes = try wishes()
        let mode = settings.namesMode ? settings.mode : wishes.mode ?? .auto
        let isRequired = settings.require || wishes.isRequired
        switch mode {
        case .none:
            guard isRequired else { return NoSandbox() }
            throw Self.contradiction(
                asks: wishes.isRequired ? "draft.requireSandbox" : "'sandbox.require'",
                isPersons: !settings.namesMode)
        case .container: return try containers(policy)
        case .auto, .bwrap:
            do throws(SandboxFailure) {
                return try bubblewrap().get()
            } catch {
                // Nobody meant to be without one because half of us was copied.
                if error.isOurs { throw AdmissionError(error.description, hint: error.hint) }
                guard mode == .auto, !isRequired else { throw Self.refusal(error, mode) }
                return NoSandbox(remark: error.description)
            }
        }
    }

    /// Bubblewrap, or why it does not work here.
    func bubblewrap() -> Result<Bubblewrap, SandboxFailure> {
        tried.withLock { known in
            if let known { return known }
            let result: Result<Bubblewrap, SandboxFailure>
            do throws(SandboxFailure) {
                result = .success(try bubblewrapThatWorks())
            } catch {
                result = .failure(error)
            }
            known = result
            return result
        }
    }

    private func bubblewrapThatWorks() throws(SandboxFailure) -> Bubblewrap {
        guard let given else {
            return try Bubblewrap.tried(
                environment: environment, program: program, memory: memory)
        }
        return try Bubblewrap(given, program: program, memory: memory)
    }

    /// What was tried and works, for the processes of jobs; `nil` if nothing was, or does.
    public var found: Bubblewrap.Found? {
        tried.withLock { $0 }.flatMap { try? $0.get() }.map(\.found)
    }

    private static func refusal(_ failure: SandboxFailure, _ mode: SandboxMode) -> AdmissionError {
        let what =
            mode == .auto
            ? "a sandbox is required, and none works here" : "bwrap does not work here"
        return AdmissionError("\(what): \(failure)", hint: failure.hint)
    }

    private static func contradiction(asks: String, isPersons: Bool) -> AdmissionError {
        guard isPersons else {
            return AdmissionError(
                "\(asks) asks for a sandbox, and draft.yaml says 'sandbox: none'",
                hint: "git config --unset draft.requireSandbox")
        }
        return AdmissionError(
            "\(asks) asks for a sandbox, and draft.sandbox is 'none'",
            hint: "git config draft.sandbox auto")
    }
}
