internal import Glibc
internal import Model

extension AgentLaunch {
    /// How to start a turn of Codex.
    ///
    /// It has no limit of money, and tells no price, so that the policy's does not hold for it.
    ///
    /// - Throws: ``ExecutionError`` if it is not installed, or takes a server of tools not.
    static func codex(
        _ settings: AgentSettings, _ request: AgentRequest
    ) throws -> AgentLaunch {
        let user = request.environment.merging(settings.env) { $1 }
        let program = try program(settings, request)
        var words = ["exec", "--json", "--skip-git-repo-check"] + settings.args
        if let session = request.session { words += ["resume", session] }
        var launch = AgentLaunch(
            name: request.name, kind: .codex, arguments: program + words + ["-"],
            environment: [:])
        let home = "\(request.home)/\(codexFolder)"
        launch.environment = [
            // Without a zone of its own it tells in UTC when a limit is lifted.
            "HOME": request.home, "CODEX_HOME": home, "TMPDIR": request.temporary,
            "PWD": request.directory, "TZ": "UTC0",
        ]
        launch.environment.merge(settings.env.filter { $0.key != "TZ" }) { $1 }
        let vendor = ["OPENAI_API_KEY", "OPENAI_BASE_URL"]
        launch.removed = VendorEnvironment.removed(from: request.environment, for: .codex) + vendor
        for name in vendor { launch.environment[name] = nil }
        let key = [CodexConfiguration.keyVariable, "OPENAI_API_KEY"].lazy
            .compactMap { user[$0] }.first { !$0.isEmpty }
        launch.environment[CodexConfiguration.keyVariable] = key
        if key == nil,
            case .file(let path)? = AgentDiscovery.credential(of: .codex, environment: user)
        {
            launch.logIns = [LogIn(source: path, target: "\(codexFolder)/auth.json")]
        }
        if request.isSandboxed { try launch.hideCodexKey(user) }
        launch.input = Array(request.prompt.utf8)
        launch.stream = CodexStream(
            model: settings.model, steps: settings.maxTurns, before: request.sessionUsage,
            now: request.now)
        launch.home = request.home
        // It complains of those that it cannot list.
        launch.skills = HomeSkills(
            folder: "\(codexFolder)/skills", skills: request.skills.filter(\.isListed))
        var configuration = try configuration(settings, request, user, hasKey: key != nil)
        if let way = launch.models.first { configuration.baseURL = way.inside }
        launch.homeFiles["\(codexFolder)/config.toml"] = Array(configuration.text.utf8)
        launch.credential = AgentDiscovery.credential(of: .codex, environment: user)?.word
        return launch
    }

    private static let codexFolder = ".codex"

    /// Leads to the model through a door, which has the key in the place of a placeholder.
    private mutating func hideCodexKey(_ user: [String: String]) throws {
        let vendor = ModelVendor.openAI
        let named = user.filter { $0.key == "OPENAI_BASE_URL" }
        var way = try vendor.way(
            named, else: logIns.contains { Self.isChatGPT($0.source) } ? ModelVendor.chatGPT : nil)
        let variable = CodexConfiguration.keyVariable
        if let key = environment[variable] { environment[variable] = way.hide(key) }
        models = [way]
    }

    /// Whether a log-in is one to ChatGPT, whose models have a server of their own.
    private static func isChatGPT(_ path: String) -> Bool {
        guard let json = AgentHome.contents(path).flatMap({ try? JSON(parsing: $0) }) else {
            return false
        }
        return json["tokens"]?["access_token"]?.string != nil
            && json["OPENAI_API_KEY"]?.string == nil
    }

    private static func configuration(
        _ settings: AgentSettings, _ request: AgentRequest, _ user: [String: String], hasKey: Bool
    ) throws -> CodexConfiguration {
        for (name, server) in request.servers {
            guard case .remote(_, _, sse: true) = server.transport else { continue }
            throw ExecutionError(
                .invalidArgument, "start agent '\(request.name)'",
                reason: "Codex does not speak 'sse' with tool server '\(name)'; use one of type "
                    + "'http'")
        }
        var configuration = CodexConfiguration(directory: physical(request.directory))
        configuration.model = settings.model
        configuration.baseURL = user["OPENAI_BASE_URL"].flatMap { $0.isEmpty ? nil : $0 }
        configuration.hasKey = hasKey
        configuration.writable = [physical(request.temporary)]
        if request.isReadOnly {
            configuration.writable.append("\(configuration.directory)/\(AgentExchange.folder)")
        } else if let git = request.gitDirectory {
            // Else it could not commit; the file that leads there stays as it is.
            configuration.writable.append(physical(git))
        }
        configuration.isReadOnly = request.isReadOnly
        configuration.isSandboxed = request.isSandboxed
        configuration.timeZone = user["TZ"]
        configuration.servers = request.servers
        return configuration
    }

    /// The path of a directory without links, as Codex names where it runs.
    private static func physical(_ path: String) -> String {
        guard let resolved = unsafe realpath(path, nil) else { return path }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }
}
