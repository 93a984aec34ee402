import Model
import Testing

@Suite struct EventActorTests {
    @Test func `what a newer version calls an actor is carried, and decides nothing`() throws {
        let event = Event(
            type: .ticketEdited, subjectKind: .ticket, subjectID: "0123456789abcdef",
            actor: Actor(type: .executor, id: "job:1", name: "git-draft"), lamport: 1,
            replica: "0123456789abcdef", n: 0, createdAt: Timestamp(milliseconds: 0))
        var stored = try #require(event.stored.object)
        stored["actor_type"] = "daemon"
        let read = try Event(stored: .object(stored))
        #expect(read.actorType == .unknown("daemon"))
        #expect(read.stored == .object(stored))
        #expect(throws: LifecycleError.self) {
            try TicketState.needsHuman.checkMove(to: .done, by: read.actorType)
        }
    }
}
