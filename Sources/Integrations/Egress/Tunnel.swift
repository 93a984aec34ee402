internal import Glibc

/// Carries bytes both ways between two sockets until both have ended, or nothing moves.
struct Tunnel {
    /// The side of the sandbox.
    let inside: Int32

    /// The side of the server.
    let outside: Int32

    /// Gets how many bytes went out and came in.
    let count: (_ sent: Int, _ received: Int) -> Void

    /// One direction.
    private struct Lane {
        let from: Int32
        let to: Int32
        var buffer: [UInt8] = []
        var hasEnded = false
        var isShut = false

        /// The most bytes that wait.
        static let limit = 64 * 1024
    }

    /// Carries bytes.
    ///
    /// - Parameters:
    ///   - first: What came in from inside already.
    ///   - idle: How long nothing may move.
    ///   - end: When it is over in any case.
    /// - Returns: Why it ended, if not by itself.
    func run(
        first: [UInt8], idle: Duration, end: ContinuousClock.Instant
    ) -> String? {
        for number in [inside, outside] {
            _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
        }
        var lanes = [Lane(from: inside, to: outside), Lane(from: outside, to: inside)]
        lanes[0].buffer = first
        var piece = [UInt8](repeating: 0, count: Lane.limit)
        var lastMove = ContinuousClock.now
        while !lanes.allSatisfy(\.isShut) {
            let deadline = min(end, lastMove + idle)
            let left = ContinuousClock.now.duration(to: deadline).wholeMilliseconds
            guard left > 0 else {
                return deadline == end ? "the connection lasted too long" : "nothing moved any more"
            }
            var entries = [
                pollfd(fd: inside, events: events(inside, lanes), revents: 0),
                pollfd(fd: outside, events: events(outside, lanes), revents: 0),
            ]
            // Else an end that is known already would be told again and again.
            for index in entries.indices where entries[index].events == 0 { entries[index].fd = -1 }
            let found = unsafe poll(&entries, 2, Int32(min(left, 60_000)))
            if found < 0, errno != EINTR { return "the system refused to wait" }
            guard found > 0 else { continue }
            for index in lanes.indices {
                let moved = move(&lanes[index], &piece)
                guard let moved else { return "the connection broke" }
                if moved { lastMove = .now }
            }
        }
        return nil
    }

    private func events(_ number: Int32, _ lanes: [Lane]) -> Int16 {
        var events: Int32 = 0
        for lane in lanes {
            if lane.from == number, !lane.hasEnded, lane.buffer.count < Lane.limit {
                events |= POLLIN
            }
            if lane.to == number, !lane.buffer.isEmpty { events |= POLLOUT }
        }
        return Int16(events)
    }

    /// Reads and writes what is possible now; `nil` if a side broke.
    private func move(_ lane: inout Lane, _ piece: inout [UInt8]) -> Bool? {
        var moved = false
        if !lane.hasEnded, lane.buffer.count < Lane.limit {
            let count = unsafe recv(lane.from, &piece, Lane.limit - lane.buffer.count, 0)
            if count > 0 {
                lane.buffer += piece[..<count]
                moved = true
            } else if count == 0 {
                lane.hasEnded = true
                moved = true
            } else if errno != EAGAIN, errno != EINTR {
                return nil
            }
        }
        if !lane.buffer.isEmpty {
            let number = lane.to
            let written = unsafe lane.buffer.withUnsafeBytes {
                unsafe send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if written > 0 {
                lane.buffer.removeFirst(written)
                count(lane.from == inside ? written : 0, lane.from == inside ? 0 : written)
                moved = true
            } else if written < 0, errno != EAGAIN, errno != EINTR {
                return nil
            }
        }
        if lane.hasEnded, lane.buffer.isEmpty, !lane.isShut {
            _ = shutdown(lane.to, Int32(SHUT_WR))
            lane.isShut = true
        }
        return moved
    }
}
