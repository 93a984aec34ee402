import Porcelain

/// Every command, in the order in which help shows them.
enum CommandList {
    static let all: [any Command.Type] = [Init.self]
}
