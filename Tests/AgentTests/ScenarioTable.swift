import Model

extension Scenario {
    /// The scenarios of an agent that are one run of one job.
    static func of(_ agent: RealAgent) -> [Scenario] {
        (work + limits + failures).filter { $0.agents.contains(agent) }
    }

    /// The agent works, well or badly.
    static let work = [
        Scenario(
            name: "success, several turns of the model",
            script: { agent in
                [
                    .calls(agent.write("f", "wrong\n")), .calls(agent.shell("./check")),
                    .calls(agent.shell("git rm --quiet --force f || rm f")),
                    .calls(agent.write("f", "good\n")), .calls(agent.shell("./check")),
                    .says("f holds good."),
                ]
            },
            standing: "needs_human, job succeeded"),
        Scenario(
            name: "the agent commits itself",
            script: { agent in
                [
                    .calls(agent.write("f", "good\n")), .calls(agent.shell("git add f")),
                    .calls(agent.shell("git commit --quiet --message 'Write f'")),
                    .says("Committed."),
                ]
            },
            standing: "needs_human, job succeeded"),
        Scenario(
            name: "nothing is changed",
            script: { _ in [.says("There is nothing to do.")] },
            standing: "blocked (no_change), job succeeded (no_change)"),
        Scenario(
            name: "a tool is denied",
            script: { agent in
                [
                    .calls(agent.shell("echo good >/etc/git-draft-test && echo good >f")),
                    .says("I was not allowed to."),
                ]
            },
            standing: "blocked (no_change), job succeeded (no_change)"),
    ]

    /// A limit of ours is reached.
    static let limits = [
        Scenario(
            name: "turns used up",
            script: { agent in [.calls(agent.shell("git status"))] },
            settings: { _ in "max_turns: 2" },
            standing: "blocked (agent_failed), job failed (agent_failed)",
            says: "failed (agent_failed) after 1 turn: "),
        Scenario(
            name: "time used up",
            script: { _ in [["hang": "within", "text": "I think about it, and think."]] },
            guardrails: "max_runtime_seconds: 5",
            standing: "blocked (runtime), job succeeded (runtime)"),
        Scenario(
            name: "budget used up",
            script: { agent in
                [
                    [
                        "calls": [agent.shell("git status")],
                        "usage": ["input": 1_000_000],
                    ]
                ]
            },
            settings: { _ in "max_budget_usd: 0.02" },
            agents: [.claude],
            standing: "blocked (budget), job succeeded (budget)"),
    ]

    /// The provider does not do what it should.
    static let failures = [
        Scenario(
            name: "401, the key is wrong",
            script: { _ in [.fails(401, "authentication_error", "invalid x-api-key")] },
            standing: "blocked (agent_failed), job failed (agent_failed)",
            says: "; give it a key, or log in: "),
        Scenario(
            name: "429, without a time",
            script: { _ in [.fails(429, "rate_limit_error", "too many requests")] },
            standing: "blocked (rate_limit), job succeeded (rate_limit)"),
        Scenario(
            name: "429, until a time",
            script: { agent in
                agent == .claude
                    ? [
                        [
                            "error": 429, "type": "rate_limit_error", "message": "too much",
                            "headers": [
                                "x-should-retry": "false",
                                "anthropic-ratelimit-unified-status": "rejected",
                                "anthropic-ratelimit-unified-reset": "$NOW+3600",
                                "anthropic-ratelimit-unified-representative-claim": "five_hour",
                            ],
                        ]
                    ]
                    : [
                        [
                            "error": 429, "type": "usage_limit_reached", "message": "too much",
                            "more": ["plan_type": "pro", "resets_at": "$NOW+3600"],
                        ]
                    ]
            },
            // Claude Code tells the time to those who have a subscription.
            environment: [
                "ANTHROPIC_API_KEY": nil, "CLAUDE_CODE_OAUTH_TOKEN": AgentBench.key,
            ],
            standing: "blocked (rate_limit), job succeeded (rate_limit)",
            says: "blocked (rate_limit) until 20"),
        Scenario(
            name: "529, overloaded",
            script: { _ in [.fails(529, "overloaded_error", "Overloaded")] },
            standing: "blocked (agent_failed), job failed (agent_failed)"),
        Scenario(
            name: "529 once, then success",
            script: { agent in
                [
                    [
                        "error": 529, "type": "overloaded_error", "message": "Overloaded",
                        "times": 1, "then": .calls(agent.write("f", "good\n")),
                    ],
                    .says("f holds good."),
                ]
            },
            standing: "needs_human, job succeeded"),
        Scenario(
            name: "the model refuses",
            script: { _ in [["refusal": "I will not do that."]] },
            standing: "blocked (agent_failed), job failed (agent_failed)"),
        Scenario(
            name: "the prompt is too long",
            script: { _ in [.fails(400, "invalid_request_error", "prompt is too long")] },
            standing: "blocked (agent_failed), job failed (agent_failed)"),
    ]
}
