import Model
import Testing

@testable import Execution

/// What jobs used, as their records say.
@Suite struct AgentUsageTests {
    @Test(arguments: [Int64.min, -1, 1_000_000_000_001, .max])
    func `with what no session can have used nobody counts on`(number: Int64) {
        let (odd, one) = (JSON.integer(number), JSON.integer(1))
        #expect(AgentUsage(["tokens_in": odd, "tokens_out": one, "cost": odd]) == nil)
        #expect(
            AgentUsage(["tokens_in": one, "tokens_out": odd, "cost": 5]) == AgentUsage(cost: 5))
        #expect(
            AgentUsage(["tokens_in": one, "tokens_out": one, "cost": odd])
                == AgentUsage(tokensIn: 1, tokensOut: 1))
    }
}
