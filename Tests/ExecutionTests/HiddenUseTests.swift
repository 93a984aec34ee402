import Testing

@testable import Execution

/// Who is blamed for what goes of a machine while files are sent that nobody can look at.
@Suite struct HiddenUseTests {
    @Test func `what goes while files are sent is theirs`() {
        var hidden = HiddenUse(taken: 100)
        #expect(hidden.use(taken: 130, known: 10, isHiding: true) == 30)
        #expect(hidden.use(taken: 190, known: 10, isHiding: true) == 90)
    }

    @Test func `what goes while none are sent is somebody else's`() {
        var hidden = HiddenUse(taken: 100)
        #expect(hidden.use(taken: 900, known: 10, isHiding: false) == 10)
        #expect(hidden.use(taken: 905, known: 10, isHiding: true) == 15)
    }

    @Test func `a file that is known before it is sent counts once`() {
        var hidden = HiddenUse(taken: 100)
        #expect(hidden.use(taken: 150, known: 50, isHiding: false) == 50)
        #expect(hidden.use(taken: 150, known: 0, isHiding: true) == 50)
        #expect(hidden.use(taken: 170, known: 70, isHiding: true) == 70)
    }

    @Test func `what others give back hides nothing`() {
        var hidden = HiddenUse(taken: 500)
        let hasGrown = hidden.hasGrown(to: 100, by: 10)
        #expect(!hasGrown)
        let hasGrownThen = hidden.hasGrown(to: 150, by: 10)
        #expect(hasGrownThen)
        #expect(hidden.use(taken: 150, known: 0, isHiding: true) == 50)
    }

    @Test func `what it gives back itself does not count again`() {
        var hidden = HiddenUse(taken: 0)
        #expect(hidden.use(taken: 80, known: 80, isHiding: false) == 80)
        #expect(hidden.use(taken: 20, known: 20, isHiding: true) == 20)
        #expect(hidden.use(taken: 60, known: 20, isHiding: true) == 60)
    }
}
