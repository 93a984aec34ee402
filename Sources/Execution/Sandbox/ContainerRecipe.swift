internal import Model

/// How an image is made for a repository: a function of its version files and nothing else.
struct ContainerRecipe: Equatable {
    /// The text of the Containerfile.
    let text: String
    /// The languages that are in the image.
    let tools: [ContainerTool]

    /// Writes the Containerfile.
    ///
    /// One language is its official image; of several each is copied into the common base of
    /// these images. The last line fails the build unless all of them and git can be run.
    ///
    /// - Parameters:
    ///   - versions: What the repository needs.
    ///   - registry: Where the images are that it is made of.
    init(_ versions: ContainerVersions, registry: String) {
        tools = ContainerTool.allCases.filter { versions.found[$0] != nil }
        func image(_ tool: ContainerTool) -> String {
            "\(registry)/\(tool.image(versions.found[tool]?.version))"
        }
        let only = tools.count == 1 && tools[0].isEnough ? tools[0] : nil
        let start = only ?? tools.first(where: \.isWhole)
        var lines = tools.compactMap { tool in
            versions.found[tool].map { finding in
                "# \(tool.rawValue) \(finding.version ?? "of any version"), for \(finding.file)"
            }
        }
        lines.append("FROM \(start.map(image) ?? "\(registry)/buildpack-deps:bookworm")")
        for tool in tools where tool != start { lines += tool.copied(from: image(tool)) }
        lines.append("LABEL \(Self.label)=1")
        lines.append("RUN \((["git --version"] + tools.map(\.proof)).joined(separator: " && "))")
        text = lines.joined(separator: "\n") + "\n"
    }

    /// The label of every image that was made this way.
    static let label = "git-draft.image"

    /// The name of the image: another text has another name.
    var tag: String { "git-draft/\(SHA256.hex(text.utf8).prefix(16))" }
}
