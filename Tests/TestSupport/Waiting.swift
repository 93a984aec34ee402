internal import Glibc
public import Testing

/// Waits until something is so, and records an issue if it never is.
///
/// It looks again and again; nothing else may be known of when it will be. Five minutes
/// are long for the slowest machine.
public func eventually(
    _ complaint: Comment, sourceLocation: SourceLocation = #_sourceLocation,
    until isSo: () throws -> Bool
) rethrows {
    let limit = ContinuousClock.now + .seconds(300)
    while try !isSo() {
        guard ContinuousClock.now < limit else {
            Issue.record(complaint, sourceLocation: sourceLocation)
            return
        }
        usleep(3000)
    }
}
