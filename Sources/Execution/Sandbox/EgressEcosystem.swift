internal import Model

/// A way of getting packages: the files that show it, and the hosts that it needs.
struct EgressEcosystem: Sendable {
    /// What people call it.
    let name: String

    /// The names of files that show that a repository uses it.
    var files: [String] = []

    /// The endings of names that show it.
    var endings: [String] = []

    /// The hosts that its packages come from.
    let hosts: [String]

    /// The variables of a user's environment that name other places for them.
    var mirrors: [String] = []

    /// Further variables for its programs, which know no proxy otherwise.
    var environment: [String: String] = [:]

    /// Whether a file of this name shows it.
    func isShown(by name: String) -> Bool {
        files.contains { $0.utf8.elementsEqual(name.utf8) }
            || endings.contains { name.utf8.suffix($0.utf8.count).elementsEqual($0.utf8) }
    }

    /// All that are known.
    static let all = [
        EgressEcosystem(
            name: "npm",
            files: [
                "package.json", "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock",
                "bun.lockb",
            ], hosts: ["registry.npmjs.org", "registry.yarnpkg.com", "nodejs.org"],
            mirrors: [
                "NPM_CONFIG_REGISTRY", "npm_config_registry", "YARN_NPM_REGISTRY_SERVER",
                "YARN_REGISTRY", "BUN_CONFIG_REGISTRY",
            ]),
        EgressEcosystem(
            name: "Python",
            files: [
                "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "uv.lock",
                "Pipfile", "poetry.lock",
            ], endings: ["requirements.txt", "-requirements.in"],
            hosts: ["pypi.org", "files.pythonhosted.org"],
            mirrors: [
                "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX",
                "UV_INDEX", "UV_EXTRA_INDEX_URL", "PIPENV_PYPI_MIRROR",
            ]),
        EgressEcosystem(
            name: "Cargo", files: ["Cargo.toml"],
            hosts: ["index.crates.io", "static.crates.io", "crates.io", "static.rust-lang.org"],
            mirrors: ["CARGO_REGISTRIES_CRATES_IO_INDEX", "RUSTUP_DIST_SERVER"]),
        EgressEcosystem(
            name: "Go", files: ["go.mod"], hosts: ["proxy.golang.org", "sum.golang.org"],
            mirrors: ["GOPROXY"]),
        EgressEcosystem(
            name: "RubyGems", files: ["Gemfile", "gems.rb"], endings: [".gemspec"],
            hosts: ["rubygems.org", "index.rubygems.org"],
            mirrors: ["BUNDLE_MIRROR__HTTPS://RUBYGEMS__ORG/", "GEM_SOURCE"]),
        EgressEcosystem(
            name: "Maven and Gradle",
            files: [
                "pom.xml", "build.gradle", "build.gradle.kts", "settings.gradle",
                "settings.gradle.kts", "build.sbt",
            ],
            hosts: [
                "repo.maven.apache.org", "repo1.maven.org", "plugins.gradle.org",
                "services.gradle.org", "downloads.gradle.org",
            ],
            environment: [
                "JAVA_TOOL_OPTIONS": "-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=3128 "
                    + "-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=3128"
            ]),
        EgressEcosystem(
            name: "Composer", files: ["composer.json"],
            hosts: [
                "packagist.org", "repo.packagist.org", "api.github.com", "codeload.github.com",
            ], mirrors: ["COMPOSER_MIRROR_URL"]),
        EgressEcosystem(
            name: "Swift packages", files: ["Package.swift"],
            hosts: ["github.com", "codeload.github.com", "objects.githubusercontent.com"]),
        EgressEcosystem(
            name: "Hex", files: ["mix.exs", "rebar.config", "gleam.toml"],
            hosts: ["repo.hex.pm", "hex.pm", "builds.hex.pm"], mirrors: ["HEX_MIRROR"]),
        EgressEcosystem(
            name: "NuGet", files: ["packages.config", "global.json"],
            endings: [".csproj", ".fsproj", ".vbproj", ".sln"],
            hosts: ["api.nuget.org", "www.nuget.org"]),
        EgressEcosystem(
            name: "Dart", files: ["pubspec.yaml"], hosts: ["pub.dev"],
            mirrors: ["PUB_HOSTED_URL"]),
        EgressEcosystem(
            name: "Deno", files: ["deno.json", "deno.jsonc"],
            hosts: ["jsr.io", "deno.land", "registry.npmjs.org"]),
        EgressEcosystem(
            name: "Haskell", files: ["stack.yaml", "cabal.project"], endings: [".cabal"],
            hosts: ["hackage.haskell.org", "casa.stackage.org"]),
        EgressEcosystem(
            name: "Julia", files: ["Project.toml"], hosts: ["pkg.julialang.org"],
            mirrors: ["JULIA_PKG_SERVER"]),
        EgressEcosystem(
            name: "R", files: ["renv.lock", "DESCRIPTION"], hosts: ["cloud.r-project.org"]),
        EgressEcosystem(
            name: "Conda", files: ["environment.yml", "conda-lock.yml", "pixi.toml"],
            hosts: ["conda.anaconda.org", "repo.anaconda.com"]),
    ]
}

extension EgressRegistries {
    /// The registries that files of a repository show, and the user's own places for them.
    ///
    /// - Parameters:
    ///   - names: The names of files, without their folders.
    ///   - environment: The environment of the user.
    init(of names: Set<String>, environment: [String: String]) {
        self.init()
        for ecosystem in EgressEcosystem.all where names.contains(where: ecosystem.isShown) {
            add(ecosystem.hosts.compactMap { try? NetworkRule(parsing: $0) })
            self.environment.merge(ecosystem.environment) { first, _ in first }
            for name in ecosystem.mirrors {
                guard let value = environment[name], !value.isEmpty else { continue }
                add(Self.mirrors(value))
                // What has a log-in in it is for `sandbox.environment` to let through.
                if !value.utf8.contains(UInt8(ascii: "@")) { self.environment[name] = value }
            }
        }
    }

    private mutating func add(_ further: [NetworkRule]) {
        rules += further.filter { !rules.contains($0) }
    }

    /// The hosts of addresses, of which a variable may hold several.
    private static func mirrors(_ value: String) -> [NetworkRule] {
        value.split { ",| ;".contains($0) }.compactMap { word in
            guard let start = word.range("://") else { return nil }
            let secure = word.utf8[..<start.lowerBound].elementsEqual("http".utf8) ? 80 : 443
            let rest = word.utf8[start.upperBound...].prefix { $0 != UInt8(ascii: "/") }
            let authority = rest.split(separator: UInt8(ascii: "@")).last ?? rest[...]
            guard
                let (host, port) = NetworkRule.halves(String(decoding: authority, as: UTF8.self)),
                let parsed = NetworkHost(host)
            else { return nil }
            return NetworkRule(host: parsed, port: port ?? UInt16(secure))
        }
    }
}

extension Substring {
    /// Where a text of ASCII stands first.
    fileprivate func range(_ text: String) -> Range<Index>? {
        var start = utf8.startIndex
        while start < utf8.endIndex {
            if utf8[start...].starts(with: text.utf8) {
                return start..<utf8.index(start, offsetBy: text.utf8.count)
            }
            start = utf8.index(after: start)
        }
        return nil
    }
}
