/// A language whose version a repository can state, and the official image that has it.
///
/// Their order is that in which they are put into an image.
enum ContainerTool: String, CaseIterable {
    case python
    case node
    case ruby
    case go
    case rust
    case java
    case swift

    /// The image that has a version; none means the one that its makers recommend.
    func image(_ version: String?) -> String {
        switch self {
        case .python: "python:\(version ?? "3")-bookworm"
        case .node: "node:\(version ?? "lts")-bookworm"
        case .ruby: "ruby:\(version ?? "3")-bookworm"
        case .go: "golang:\(version ?? "1")-bookworm"
        case .rust: "rust:\(version ?? "1")-bookworm"
        case .java: "eclipse-temurin:\(version ?? "21")-jdk"
        case .swift: "swift:\(version ?? "6.1")-bookworm"
        }
    }

    /// Whether another image can be made from this one's: the last stage starts from it.
    var isWhole: Bool { self == .swift }

    /// Whether its image alone has what an agent needs, git above all.
    var isEnough: Bool { self != .java }

    /// The lines that take it over into an image that starts from another one.
    func copied(from image: String) -> [String] {
        switch self {
        case .python:
            ["COPY --from=\(image) /usr/local/ /usr/local/", "RUN ldconfig"]
        case .node:
            ["COPY --from=\(image) /usr/local/ /usr/local/"]
        case .ruby:
            [
                "COPY --from=\(image) /usr/local/ /usr/local/", "RUN ldconfig",
                "ENV LANG=C.UTF-8",
            ]
        case .go:
            [
                "COPY --from=\(image) /usr/local/go/ /usr/local/go/",
                "ENV GOTOOLCHAIN=local PATH=/usr/local/go/bin:$PATH",
            ]
        case .rust:
            [
                "COPY --from=\(image) /usr/local/cargo/ /usr/local/cargo/",
                "COPY --from=\(image) /usr/local/rustup/ /usr/local/rustup/",
                "ENV RUSTUP_HOME=/usr/local/rustup PATH=/usr/local/cargo/bin:$PATH",
            ]
        case .java:
            [
                "COPY --from=\(image) /opt/java/openjdk/ /opt/java/openjdk/",
                "ENV JAVA_HOME=/opt/java/openjdk PATH=/opt/java/openjdk/bin:$PATH",
            ]
        case .swift: []
        }
    }

    /// The command by which the image proves that it is there.
    var proof: String {
        switch self {
        case .python: "python3 --version"
        case .node: "node --version"
        case .ruby: "ruby --version"
        case .go: "go version"
        case .rust: "cargo --version"
        case .java: "java -version"
        case .swift: "swift --version"
        }
    }

    /// The folders below the home that it keeps what it fetches in, by the variable for each.
    ///
    /// The images name folders of their own, and nobody can write to an image that runs.
    var caches: [(name: String, folder: String)] {
        switch self {
        case .rust: [("CARGO_HOME", ".cargo")]
        case .go: [("GOPATH", "go")]
        case .ruby: [("GEM_HOME", ".gem"), ("BUNDLE_APP_CONFIG", ".bundle")]
        case .python, .node, .java, .swift: []
        }
    }
}
