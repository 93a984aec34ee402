internal import Model

/// The conversation that a job has with its agent, so that a later turn can go on with it.
struct AgentSession: Equatable {
    /// The name of the agent.
    var agent: String
    /// The vendor's name for the session.
    var id: String
    /// What it has used in all, where the agent counts so.
    var total: AgentUsage?

    /// Reads what an earlier turn left; `nil` if there is nothing.
    init?(_ files: JobFiles) {
        guard let bytes = JobFiles.contents(files.session, limit: 64 << 10),
            let json = try? JSON(parsing: bytes), let agent = json["agent"]?.string,
            let id = json["id"]?.string, Self.isID(id)
        else { return nil }
        self.agent = agent
        self.id = id
        total = json["total"].flatMap { AgentUsage($0) }
    }

    init(agent: String, id: String, total: AgentUsage? = nil) {
        self.agent = agent
        self.id = id
        self.total = total
    }

    /// Whether a text can be the name of a session: digits of UUIDs, and no option or path.
    static func isID(_ text: String) -> Bool {
        (8...64).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: "-")
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte)
                    || (0x61...0x66).contains(byte) || byte == UInt8(ascii: "-")
            }
    }

    /// Writes it down for the next turn.
    func write(_ files: JobFiles) throws {
        let json: JSON = [
            "agent": .string(agent), "id": .string(id), "total": total?.json ?? .null,
        ]
        try JobFiles.replace(files.session, with: json.canonical)
    }
}

extension AgentUsage {
    /// What a turn used, from what its session used in all before and after it.
    ///
    /// A count that went down was begun anew: then all of it is of this turn.
    func since(_ before: AgentUsage?) -> AgentUsage {
        guard let before else { return self }
        func difference(_ now: Int64, _ then: Int64) -> Int64 { now < then ? now : now - then }
        return AgentUsage(
            tokensIn: difference(tokensIn, before.tokensIn),
            tokensOut: difference(tokensOut, before.tokensOut),
            cost: cost.map { difference($0, before.cost ?? 0) })
    }

    /// What of it can be true; `nil` if nothing can.
    ///
    /// No session uses more than 10¹² tokens or costs more than 10⁶ dollars.
    var plausible: AgentUsage? {
        let limit: Int64 = 1_000_000_000_000
        let range = 0...limit
        let cost = cost.flatMap { range.contains($0) ? $0 : nil }
        if range.contains(tokensIn), range.contains(tokensOut) {
            return AgentUsage(tokensIn: tokensIn, tokensOut: tokensOut, cost: cost)
        }
        return cost.map { AgentUsage(cost: $0) }
    }

    /// A count as an agent tells it; what is negative is as absurd as the largest.
    static func count(_ number: Int64?) -> Int64 {
        guard let number else { return 0 }
        return number < 0 ? .max : number
    }

    /// What two turns used together; the price is known as far as one tells it.
    static func + (first: AgentUsage, second: AgentUsage) -> AgentUsage {
        func sum(_ first: Int64, _ second: Int64) -> Int64 {
            let (sum, isLarge) = first.addingReportingOverflow(second)
            return isLarge ? Int64.max : sum
        }
        let cost: Int64? =
            first.cost == nil && second.cost == nil
            ? nil : sum(first.cost ?? 0, second.cost ?? 0)
        return AgentUsage(
            tokensIn: sum(first.tokensIn, second.tokensIn),
            tokensOut: sum(first.tokensOut, second.tokensOut), cost: cost)
    }

    /// Reads the form in which a job holds it; `nil` if there is nothing that can be true.
    init?(_ json: JSON) {
        guard let tokensIn = json["tokens_in"]?.integer,
            let tokensOut = json["tokens_out"]?.integer,
            let usage = AgentUsage(
                tokensIn: tokensIn, tokensOut: tokensOut, cost: json["cost"]?.integer
            ).plausible
        else { return nil }
        self = usage
    }

    /// The form in which a job holds it.
    var json: JSON {
        [
            "tokens_in": .integer(tokensIn), "tokens_out": .integer(tokensOut),
            "cost": JSON(cost), "source": "agent",
        ]
    }
}
