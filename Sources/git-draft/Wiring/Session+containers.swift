import Execution
import GitStore
import Model
import Porcelain

/// Containers, for those who want their jobs in one.
extension Session {
    /// The container of a policy.
    ///
    /// - Throws: ``CommandError`` if there is no engine that works, or no such image.
    func container(_ policy: Policy) throws -> ContainerSandbox {
        let engine = try containerEngine()
        let image: ContainerImage
        do {
            if let name = policy.sandbox.image {
                image = try ContainerImage(named: name)
            } else {
                image = try ContainerImage(
                    for: commit(of: policy), in: repository, registry: containerRegistry)
            }
        } catch let error as ExecutionError {
            throw CommandError("\(error)", hint: "git config draft.sandbox auto")
        }
        return ContainerSandbox(
            engine: engine, image: image, folder: "\(repository.commonDirectory)/draft")
    }

    /// The engine that `draft.containerProgram` calls, or that is installed.
    ///
    /// - Throws: ``CommandError`` if there is none that works.
    func containerEngine() throws -> ContainerEngine {
        let words = repository.configuration.string("draft.containerProgram")?
            .split(whereSeparator: \.isWhitespace).map(String.init)
        do {
            return try ContainerEngine.find(words ?? [], environment: context.environment)
        } catch let error as ExecutionError {
            let hint =
                error.code == .programNotFound ? "apt install podman" : "git draft doctor"
            throw CommandError("\(error)", hint: hint)
        }
    }

    /// Where the images are that others are made of.
    private var containerRegistry: String {
        let named = repository.configuration.string("draft.containerRegistry") ?? ""
        let trimmed = named.utf8.last == UInt8(ascii: "/") ? String(named.dropLast()) : named
        return trimmed.isEmpty ? "docker.io/library" : trimmed
    }

    private func commit(of policy: Policy) throws -> ObjectID {
        if let commit = policy.commit.flatMap({ ObjectID(hex: $0) }) { return commit }
        return try PolicyLoader(self).base().tip
    }
}
