import Model
import Testing

@testable import Execution

@Suite struct AgentJudgementTests {
    private func judge(
        _ cause: AgentJudgement.Cause = .itself, fault: String? = nil,
        failure: AgentFailure? = nil, isComplete: Bool = true, result: String? = nil,
        hasStream: Bool = true
    ) -> (end: AgentTurn.End, failure: AgentFailure?) {
        var report = AgentReport()
        report.failure = failure
        let parsed: Result<AgentResult?, AgentResultError>
        do throws(AgentResultError) {
            parsed = .success(
                try result.map { text throws(AgentResultError) in
                    try AgentResult(parsing: Array(text.utf8))
                })
        } catch {
            parsed = .failure(error)
        }
        return AgentJudgement(
            cause: cause, fault: fault, report: hasStream ? report : nil, isComplete: isComplete,
            result: parsed
        ).verdict
    }

    @Test func `status 0 and a last word are success`() {
        #expect(judge().end == .inOrder)
        #expect(judge(result: #"{"status":"done"}"#).end == .inOrder)
    }

    @Test func `no last word is never success`() {
        #expect(judge(isComplete: false).failure?.kind == .incomplete)
        #expect(judge(isComplete: false, result: #"{"status":"done"}"#).end != .inOrder)
    }

    @Test func `another status than 0 is a failure, whatever the stream says`() {
        let verdict = judge(fault: "the agent exited with status 1")
        #expect(verdict.end == .failed("the agent exited with status 1"))
        #expect(verdict.failure?.kind == .other)
    }

    @Test func `one that had to be ended after its last word counts by that`() {
        #expect(judge(.lingered, fault: "signal 15 ended the agent").end == .inOrder)
        let failure = AgentFailure(.rateLimit, "limit")
        #expect(judge(.lingered, failure: failure).failure == failure)
    }

    @Test func `a stop and a deadline are what they are`() {
        #expect(judge(.stop).end == .stopped)
        #expect(judge(.deadline, isComplete: false).end == .deadline)
    }

    @Test(arguments: AgentFailure.Kind.allCases)
    func `a failure of the stream fails the turn, also where the status is 0`(
        _ kind: AgentFailure.Kind
    ) {
        let failure = AgentFailure(kind, "no")
        let verdict = judge(failure: failure, result: #"{"status":"done"}"#)
        #expect(verdict.end == .failed("no") && verdict.failure == failure)
    }

    @Test func `a question outlives a limit, and nothing else`() {
        let question = #"{"status":"needs_input","question":{"text":"which?"}}"#
        #expect(judge(failure: AgentFailure(.turns, "no"), result: question).end == .inOrder)
        #expect(judge(failure: AgentFailure(.api, "no"), result: question).end == .failed("no"))
    }

    @Test func `a result decides where the process is in order`() {
        #expect(
            judge(result: #"{"status":"failed","summary":"cannot"}"#).end == .failed("cannot"))
        guard case .failed(let words) = judge(result: "nonsense").end else {
            Issue.record("a malformed result is a failure")
            return
        }
        #expect(words.contains("malformed"))
    }

    @Test func `a program without a stream is judged by its status and result`() {
        #expect(judge(isComplete: false, hasStream: false).end == .inOrder)
        #expect(judge(fault: "bad", isComplete: false, hasStream: false).end == .failed("bad"))
    }
}
