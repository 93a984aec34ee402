internal import Model

/// Who sells what a model says: the variables that name keys and servers.
struct ModelVendor: Sendable {
    /// What evidence calls the door.
    let name: String

    /// The port inside.
    let port: Int

    /// The variables that hold keys.
    let keys: [String]

    /// The variables that hold where the server is; the first that is set counts.
    let addresses: [String]

    /// Where the server is if none of them is set.
    let base: String

    /// The vendor of Claude Code's models.
    static let anthropic = ModelVendor(
        name: "anthropic", port: 3129,
        keys: ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"],
        addresses: ["ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE"],
        base: "https://api.anthropic.com")

    /// The vendor of Codex's models, whose protocol others speak too.
    static let openAI = ModelVendor(
        name: "openai", port: 3130, keys: ["CODEX_API_KEY", "OPENAI_API_KEY"],
        addresses: ["OPENAI_BASE_URL", "OPENAI_API_BASE"], base: "https://api.openai.com/v1")

    /// Where those go who are logged in to ChatGPT.
    static let chatGPT = "https://chatgpt.com/backend-api/codex"

    /// The way to the server that an environment names.
    ///
    /// - Parameters:
    ///   - environment: The environment.
    ///   - fallback: Where it is if the environment names none; `nil` is ``base``.
    /// - Returns: The way, without any key.
    /// - Throws: ``ExecutionError`` if what is named is no server.
    func way(_ environment: [String: String], else fallback: String? = nil) throws -> ModelWay {
        let set = addresses.first { !(environment[$0] ?? "").isEmpty }
        let text = set.flatMap { environment[$0] } ?? fallback ?? base
        guard let server = ServerAddress(text) else {
            throw ExecutionError(
                .invalidArgument, "reach the model",
                reason: "'\(set ?? name)' is not the address of a server")
        }
        return ModelWay(name: name, port: port, server: server)
    }
}

/// What stands for a secret in a sandbox.
enum Placeholder {
    /// A new placeholder, of the shape that programs look for in a secret.
    static func of(_ secret: String) -> String {
        let bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
        let digits = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        let parts = secret.split(separator: ".", omittingEmptySubsequences: false)
        // Of a token that programs read themselves the signature is what is secret.
        if parts.count == 3, secret.utf8.starts(with: "eyJ".utf8) {
            return "\(parts[0]).\(parts[1]).draft-\(digits)"
        }
        let prefixes = ["sk-ant-oat01-", "sk-ant-ort01-", "sk-ant-api03-", "sk-proj-", "sk-"]
        let prefix = prefixes.first { secret.utf8.starts(with: $0.utf8) } ?? ""
        return "\(prefix)draft-\(digits)"
    }

    /// A log-in with placeholders in the place of its secrets, and what they stand for.
    ///
    /// - Returns: `nil` if it is of no form that could be changed.
    static func hide(
        logIn bytes: [UInt8]
    ) -> (bytes: [UInt8], replacements: [EgressDoor.Replacement])? {
        guard let json = try? JSON(parsing: bytes) else { return nil }
        let pairs = Redactor.secretValues(inLogIn: bytes).map {
            EgressDoor.Replacement(placeholder: of($0), value: $0)
        }
        let hidden = json.mapStrings { text in
            pairs.first { $0.value.utf8.elementsEqual(text.utf8) }?.placeholder ?? text
        }
        return (hidden.canonical, pairs)
    }
}

extension AgentLaunch {
    /// Has an agent in a sandbox reach its models through doors, with placeholders for keys.
    ///
    /// - Parameters:
    ///   - request: What is wanted of the turn.
    ///   - own: The vendor that it needs in any case.
    /// - Throws: ``ExecutionError`` if an address is none.
    mutating func hideKeys(_ request: AgentRequest, own: ModelVendor? = nil) throws {
        guard request.isSandboxed else { return }
        var seen = request.environment
        for name in removed { seen[name] = nil }
        seen.merge(environment) { $1 }
        for vendor in [ModelVendor.anthropic, .openAI] {
            let keys = vendor.keys.filter { !(seen[$0] ?? "").isEmpty }
            let isNamed = vendor.addresses.contains { !(seen[$0] ?? "").isEmpty }
            guard vendor.name == own?.name || !keys.isEmpty || isNamed else { continue }
            var way = try vendor.way(seen)
            for key in keys { environment[key] = way.hide(seen[key] ?? "") }
            for address in vendor.addresses { environment[address] = way.inside }
            models.append(way)
        }
    }
}

extension ModelWay {
    /// Has the door put a secret in the place of a new placeholder, which is returned.
    mutating func hide(_ secret: String) -> String {
        if let known = replacements.first(where: { $0.value.utf8.elementsEqual(secret.utf8) }) {
            return known.placeholder
        }
        let placeholder = Placeholder.of(secret)
        replacements.append(EgressDoor.Replacement(placeholder: placeholder, value: secret))
        return placeholder
    }
}
