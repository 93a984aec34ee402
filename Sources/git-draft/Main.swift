import Model

@main private enum Main {
    static func main() { print("git-draft \(Version.current)") }
}
