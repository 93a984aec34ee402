/// What an event of Draftsman or Draft is called here.
///
/// Readers that know the other names translate with this table; nothing else may know them.
public enum EventNames {
    /// The events that stand for one of Draftsman.
    ///
    /// Where there are several, each holds a part of what the one reported. An empty list is
    /// an event of a machine that does not exist here.
    public static let draftsman: [String: [EventType]] = [
        "job_created": [.jobCreated],
        "job_started": [.jobStarted],
        "repo_resolved": [.jobCreated],
        "runner_env_resolved": [.jobStarted],
        "iteration_started": [.jobIterationStarted],
        "command_executed": [.jobCommandExecuted],
        "validation_ran": [.validationRan],
        "needs_input": [.questionAsked, .jobWaiting],
        "answer_received": [.questionAnswered],
        "job_resumed": [.jobResumed],
        "pr_created": [.revisionOpened],
        "pr_opened": [.revisionOpened],
        "delivery_posted": [.commentAdded],
        "attachment_uploaded": [.snapshotTaken],
        "attachment_warning": [.commentAdded],
        "job_completed": [.jobFinished],
        "job_failed": [.jobFinished],
        "job_canceled": [.jobFinished],
        "job_expired": [.questionExpired, .jobFinished],
        "queue_job_dead": [.jobFinished],
        "ci_result_received": [.validationRan],
        "ci_suite_completed": [.validationRan],
        "pr_outcome_polled": [],
        "pr_outcome_resolved": [.landDone, .revisionClosed],
    ]

    /// The events that stand for one of Draft.
    public static let draft: [String: [EventType]] = [
        "created": [.ticketCreated],
        "transitioned": [.ticketTransitioned],
        "updated": [.ticketEdited],
        "comment": [.commentAdded],
        "merge_requested": [.landStarted],
        "merge_succeeded": [.landDone],
        "merge_failed": [.landRefused],
        "worktree_cleaned": [],
        "worktree_cleanup_failed": [],
        "priority_bulk_updated": [.ticketEdited],
        "ticket.transitioned": [.ticketTransitioned],
    ]
}
