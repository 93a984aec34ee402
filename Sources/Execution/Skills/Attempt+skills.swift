internal import GitStore
internal import Model

extension Attempt {
    /// Finds the skills of the ticket, says which are not loaded, and keeps their text secret.
    func takeSkills() throws {
        let shelf = try context.skills.shelf(policy.skills, at: base)
        let choices = shelf.chosen(for: ticket.labels)
        // A session that goes on may quote what its agent read before.
        let places = [job.id, job.continues].compactMap(\.self).map {
            JobFiles(commonDirectory: context.repository.commonDirectory, job: $0)
        }
        let known = shelf.present + places.flatMap(SkillCopy.left)
        context.redactor.learn(known.flatMap(\.knownTexts))
        context.board.context.redactor.learn(known.flatMap(\.knownTexts))
        skills = choices.filter(\.isLoaded).compactMap(\.skill)
        for choice in choices {
            let version = choice.skill.map { " \($0.version)" } ?? ""
            log.heading(
                choice.isLoaded
                    ? "skill \(choice.id)\(version) (\(choice.why))"
                    : "skill \(choice.id)\(version) is not loaded: \(choice.why)")
        }
        let layers = WorkOrder.instructions(for: ticket, kind: job.jobKind).map(\.listed)
        let listed = JSON.array(layers + choices.map(\.listed))
        guard !choices.isEmpty, listed != job.record.value("instructions") else { return }
        // Somebody changed them since the job was made.
        try recorder.note(.jobCommandExecuted, ["instructions": listed])
    }
}
