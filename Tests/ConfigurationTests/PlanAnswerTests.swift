import Configuration
import Model
import Testing

/// What an agent's answer may get wrong without losing all of it.
@Suite struct PlanAnswerTests {
    @Test func `of two tickets of one title the first is kept, and that is said`() throws {
        let text = """
            {"tickets": [
              {"title": "One"}, {"title": "one", "blocked_by": [1]},
              {"title": "Two", "blocked_by": [2]}, {"title": "Three", "blocked_by": ["Two"]}
            ]}
            """
        let plan = try PlanFile.parseAnswer(Array(text.utf8))
        #expect(plan.tickets.map(\.title) == ["One", "Two", "Three"])
        #expect(plan.tickets.map(\.blockedBy) == [[], [0], [1]])
        #expect(plan.notes == ["left out 'one', which is there twice"])
    }

    @Test func `one that waits for its own twin waits for nothing`() throws {
        let text = #"{"tickets": [{"title": "a", "blocked_by": [2]}, {"title": "a"}]}"#
        let plan = try PlanFile.parseAnswer(Array(text.utf8))
        #expect(plan.tickets.map(\.blockedBy) == [[]])
    }
}
