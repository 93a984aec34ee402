internal import FoundationEssentials
internal import Model

/// The environment of what others wrote, built from nothing but what is on a list.
///
/// What the user's shell holds besides, such as log-ins to clouds and the sockets of agents for
/// keys, was never meant for it.
struct JobEnvironment {
    /// The names that the profile lets through.
    private let named: [String]
    /// The variables of the file outside of the repository.
    private let file: [String: String]

    /// Describes what jobs get besides what all get.
    ///
    /// - Parameters:
    ///   - named: The names that the profile lets through.
    ///   - file: The variables of the file outside of the repository.
    init(named: [String], file: [String: String]) {
        self.named = named
        self.file = file
    }

    /// The variables for set-up and validation, or for agents of a kind.
    ///
    /// - Parameters:
    ///   - user: The environment of the user.
    ///   - kind: The kind of the agent; `nil` for what is none.
    /// - Returns: The variables; none of git's, and none of ours.
    func variables(of user: [String: String], for kind: AgentKind?) -> [String: String] {
        let own = kind.map(VendorEnvironment.own) ?? []
        var result = user.filter { name, value in
            if own.contains(where: { $0.utf8.elementsEqual(name.utf8) }) { return true }
            return Self.isListed(name) && !Self.holdsLogIn(name, value)
        }
        for name in named where Self.canPass(name) {
            if let value = user[name] { result[name] = value }
        }
        for (name, value) in file where Self.canPass(name) { result[name] = value }
        return result
    }

    /// Whether a variable may reach a job at all: those of git and of ours are made anew.
    static func canPass(_ name: String) -> Bool {
        !["GIT_", "DRAFT_"].contains { name.utf8.starts(with: $0.utf8) }
    }

    private static func isListed(_ name: String) -> Bool {
        name.utf8.starts(with: "LC_".utf8) || listed.contains(name)
    }

    /// Whether a value has a log-in in it, as the address of a proxy may.
    private static func holdsLogIn(_ name: String, _ value: String) -> Bool {
        let name = name.uppercased()
        if name.hasSuffix("_PROXY"), name != "NO_PROXY" { return value.utf8.contains(0x40) }
        return value.contains("://") && value.utf8.contains(0x40)
    }

    /// What says how people want their output, where programs are, and what they may trust.
    private static let listed: Set = [
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TERM", "COLORTERM",
        "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "CI",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE",
        "NODE_EXTRA_CA_CERTS", "NIX_SSL_CERT_FILE",
        "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy",
        "all_proxy", "no_proxy",
        // Where compilers, interpreters and their packages are.
        "JAVA_HOME", "JDK_HOME", "M2_HOME", "MAVEN_HOME", "GRADLE_HOME", "GRADLE_USER_HOME",
        "ANDROID_HOME", "ANDROID_SDK_ROOT", "GOPATH", "GOROOT", "GOBIN", "GOCACHE", "GOMODCACHE",
        "GOTOOLCHAIN", "GOPROXY", "GOFLAGS", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN",
        "NVM_DIR", "NVM_BIN", "NODE_PATH", "NODE_ENV", "VOLTA_HOME", "FNM_DIR", "PNPM_HOME",
        "BUN_INSTALL", "DENO_DIR", "ASDF_DIR", "ASDF_DATA_DIR", "MISE_DATA_DIR", "VIRTUAL_ENV",
        "PYENV_ROOT", "PYENV_VERSION", "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "PYTHONPATH",
        "PYTHONUTF8", "PYTHONIOENCODING", "UV_CACHE_DIR", "RBENV_ROOT", "RBENV_VERSION",
        "GEM_HOME", "GEM_PATH", "DOTNET_ROOT", "SWIFTLY_HOME_DIR", "SWIFTLY_BIN_DIR",
        "TOOLCHAINS", "CC", "CXX", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "CPATH",
        "LIBRARY_PATH", "LD_LIBRARY_PATH", "PKG_CONFIG_PATH", "CMAKE_PREFIX_PATH",
        "SOURCE_DATE_EPOCH", "DEBIAN_FRONTEND",
    ]
}

// MARK: - Credentials

extension JobEnvironment {
    /// Whether a name looks like that of a credential of a cloud, a database or a deployment.
    ///
    /// The keys of the agents' vendors are no such; they have rules of their own.
    static func isCredential(_ name: String) -> Bool {
        guard !VendorEnvironment.isKey(name) else { return false }
        let name = name.uppercased()
        if credentials.contains(name) { return true }
        if families.contains(where: { name.utf8.starts(with: $0.utf8) }) { return true }
        let words = name.split(separator: "_").map(String.init)
        guard let last = words.last else { return false }
        if words.contains(where: secretWords.contains) || lastWords.contains(last) { return true }
        if secretEnds.contains(where: last.hasSuffix) { return true }
        return ["URL", "URI", "DSN"].contains(last)
            && words.dropLast().contains(where: databases.contains)
    }

    private static let credentials: Set = [
        "KUBECONFIG", "SSH_AUTH_SOCK", "SSH_AGENT_PID", "GPG_AGENT_INFO", "DOCKER_HOST",
        "DOCKER_CONFIG", "NETRC", "MYSQL_PWD", "PGPASSFILE", "PGSERVICEFILE", "BOTO_CONFIG",
    ]

    private static let families = [
        "AWS_", "AZURE_", "ARM_CLIENT_", "GOOGLE_APPLICATION_", "GOOGLE_CLOUD_", "GCP_",
        "GCLOUD_", "CLOUDSDK_", "VAULT_", "TF_VAR_", "DIGITALOCEAN_", "CLOUDFLARE_", "HEROKU_",
    ]

    private static let secretWords: Set = [
        "SECRET", "SECRETS", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "CREDENTIALS",
        "APIKEY",
    ]

    private static let lastWords: Set = ["TOKEN", "KEY", "KEYS", "PAT", "PASS", "AUTH"]

    private static let secretEnds = ["TOKEN", "SECRET", "PASSWORD", "PASSPHRASE", "APIKEY"]

    private static let databases: Set = [
        "DATABASE", "DB", "POSTGRES", "POSTGRESQL", "PG", "MYSQL", "MARIADB", "MONGO", "MONGODB",
        "REDIS", "AMQP", "RABBITMQ", "SQLALCHEMY", "CLICKHOUSE", "ELASTICSEARCH", "SENTRY",
    ]
}

extension JobContext {
    /// Refuses an environment with credentials that the profile does not name.
    ///
    /// - Parameter policy: What is in force.
    /// - Throws: ``AdmissionError`` that names the variable, and never what it holds.
    func checkEnvironment(_ policy: Policy) throws(AdmissionError) {
        let named = policy.sandbox.environment
        func refused(_ names: some Sequence<String>) -> String? {
            names.sorted().first { name in
                JobEnvironment.isCredential(name)
                    && !named.contains { $0.utf8.elementsEqual(name.utf8) }
            }
        }
        var found: (name: String, place: String)?
        for (agent, settings) in policy.agents.named.sorted(by: { $0.key < $1.key }) {
            guard let name = refused(settings.env.keys) else { continue }
            found = found ?? (name, "'agents.\(agent).env'")
        }
        if let file = environmentFile, let name = refused(file.variables.keys) {
            found = found ?? (name, "'\(file.path)'")
        }
        guard let found else { return }
        throw AdmissionError(
            "\(found.place) gives jobs '\(found.name)', which looks like a credential, and "
                + "'sandbox.environment' of draft.yaml does not name it",
            hint: "git draft config sandbox.environment")
    }
}
