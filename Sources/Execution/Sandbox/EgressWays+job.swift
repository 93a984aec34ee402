internal import GitStore
public import Model

/// Whom the programs of a job may talk to, as its policy and its base commit say.
extension JobContext {
    /// The ways out of the programs of a job.
    ///
    /// - Parameters:
    ///   - policy: What is in force.
    ///   - files: The files of the job.
    /// - Returns: The ways; they cost nothing before they are gone.
    func ways(_ policy: Policy, _ files: JobFiles) -> EgressWays {
        var ways = EgressWays()
        // What is no entry was reported where draft.yaml was read.
        ways.network = policy.sandbox.network.compactMap { try? NetworkRule(parsing: $0) }
        ways.tools = policy.servers.values.compactMap { server in
            guard case .remote(let url, _, _) = server.transport,
                let address = ServerAddress(String(url.prefix { $0 != "?" && $0 != "#" }))
            else { return nil }
            return NetworkRule(host: address.host, port: address.port)
        }
        ways.upstream = UpstreamProxy(environment: environment)
        ways.authorities = ["SSL_CERT_FILE", "CURL_CA_BUNDLE"].lazy
            .compactMap { environment[$0] }.first { !$0.isEmpty }
        let job = files.directory.split(separator: "/").last.map(String.init) ?? ""
        ways.registries = { registries(of: job) }
        ways.keep = { keep($0, of: job) }
        return ways
    }

    /// What the base commit of a job shows to need; nothing if that cannot be read.
    private func registries(of job: String) -> EgressRegistries {
        guard let record = try? board.snapshot().require(Job.self, job),
            let base = record.baseCommit.flatMap({ ObjectID(hex: $0) })
        else { return EgressRegistries() }
        return registries(at: base)
    }

    /// What a commit shows to need; nothing if it cannot be read.
    private func registries(at base: ObjectID) -> EgressRegistries {
        guard let tree = try? repository.readCommit(base).tree else { return EgressRegistries() }
        var names: Set<String> = []
        var next = [tree]
        // Packages of a larger repository have folders of their own.
        for _ in 0..<3 {
            var further: [ObjectID] = []
            for folder in next.prefix(500) {
                for entry in (try? repository.tree(folder)) ?? [] {
                    if entry.isTree { further.append(entry.id) } else { names.insert(entry.name) }
                }
            }
            next = further
        }
        return EgressRegistries(of: names, environment: environment)
    }

    /// Refuses a job whose programs have to talk to somebody where nothing can let them.
    ///
    /// - Parameters:
    ///   - policy: What is in force.
    ///   - agent: The kind of the agent; `nil` if none is known.
    /// - Throws: ``AdmissionError`` if the program that would is not installed.
    public func checkService(_ policy: Policy, _ agent: AgentKind?) throws {
        guard try sandbox(policy).kind.isApart, needsService(policy, agent) else { return }
        do {
            _ = try HelperProgram.service.path(for: program)
        } catch {
            throw AdmissionError("\(error)", hint: "make install")
        }
    }

    private func needsService(_ policy: Policy, _ agent: AgentKind?) -> Bool {
        if agent?.program != nil || !policy.sandbox.network.isEmpty { return true }
        let hasRemoteTools = policy.servers.values.contains { server in
            if case .remote = server.transport { true } else { false }
        }
        if hasRemoteTools { return true }
        guard !policy.setup.isEmpty, let base = try? Admission.base(self) else { return false }
        return !registries(at: base).rules.isEmpty
    }

    private func keep(_ decisions: [EgressDecision], of job: String) {
        guard !decisions.isEmpty, let record = try? board.snapshot().require(Job.self, job) else {
            return
        }
        let lines = decisions.map { $0.json.line + "\n" }.joined()
        _ = try? board.keep(
            [EvidenceFile(.network, lines.utf8)], of: job, month: record.month)
    }
}
