import Testing

@testable import Model

@Suite struct SkeletonTests {
    @Test func `the version has three parts`() {
        #expect(Version.current.split(separator: ".").count == 3)
    }
}
