import Execution
import GitStore
import Model
import Porcelain

extension DoctorReport {
    /// Tries the engine of containers, and looks at the image, where jobs run in one.
    mutating func lookAtContainers(_ session: Session) {
        let loaded = try? PolicyLoader(session).current().policy.policy
        let settings = loaded?.sandbox ?? SandboxSettings()
        let named = session.repository.configuration.string("draft.sandbox") ?? ""
        let mode = settings.namesMode ? settings.mode : SandboxMode(rawValue: named) ?? .auto
        guard mode == .container, let policy = loaded else { return }
        do {
            let sandbox = try session.container(policy)
            let image = sandbox.image
            let isThere = try sandbox.tryOut(Session.program())
            add(
                .good, in: .machine, "container",
                sandbox.engine.version + (isThere ? " starts containers" : ""),
                details: ["program": JSON(sandbox.engine.words), "is_tried": .bool(isThere)])
            let state =
                isThere ? "is there" : image.containerfile == nil ? "is fetched" : "is made"
            add(
                isThere ? .good : .note, in: .machine, "image",
                isThere ? "'\(image.name)' \(state)" : "'\(image.name)' \(state) by the first job",
                details: [
                    "image": .string(image.name), "is_there": .bool(isThere),
                    "containerfile": JSON(image.containerfile),
                ])
        } catch {
            add(error, in: .machine, "container")
        }
    }
}
