extension Guardrails {
    /// Whether a file lists dependencies, or locks their versions, and may not change.
    public func isFixedDependency(_ path: String) -> Bool {
        !dependencyChanges && Self.dependencyFiles.contains { $0.matches(path) }
    }

    /// Manifests and lock files of dependencies, by the names that their tools give them.
    public static let dependencyFiles: [PathPattern] = [
        // Swift, and what Xcode projects use
        "Package.swift", "Package@swift-*.swift", "Package.resolved", "Podfile", "Podfile.lock",
        "Cartfile", "Cartfile.resolved",
        // JavaScript
        "package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml",
        "pnpm-workspace.yaml", "bun.lock", "bun.lockb", "deno.lock", "bower.json",
        // Python
        "requirements*.txt", "requirements*.in", "constraints*.txt", "requirements/*.txt",
        "pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "Pipfile.lock", "poetry.lock",
        "pdm.lock", "uv.lock", "pylock*.toml", "environment.yml", "environment.yaml",
        "conda-lock.yml",
        // Rust and Go
        "Cargo.toml", "Cargo.lock", "go.mod", "go.sum", "go.work", "go.work.sum",
        // Ruby and PHP
        "Gemfile", "Gemfile.lock", "gems.rb", "gems.locked", "*.gemspec", "composer.json",
        "composer.lock",
        // Java and its relatives
        "pom.xml", "build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts",
        "gradle.lockfile", "libs.versions.toml", "build.sbt", "ivy.xml", "deps.edn", "project.clj",
        // .NET
        "*.csproj", "*.fsproj", "*.vbproj", "packages.config", "packages.lock.json",
        "Directory.Packages.props", "paket.dependencies", "paket.lock",
        // C and C++
        "conanfile.txt", "conanfile.py", "conan.lock", "vcpkg.json",
        // Elixir, Erlang, Dart, Haskell, OCaml, Nix
        "mix.exs", "mix.lock", "rebar.config", "rebar.lock", "pubspec.yaml", "pubspec.lock",
        "*.cabal", "stack.yaml", "stack.yaml.lock", "cabal.project.freeze", "*.opam", "flake.nix",
        "flake.lock",
    ].compactMap { PathPattern($0) }
}
