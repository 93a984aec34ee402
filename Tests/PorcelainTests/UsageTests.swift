import Porcelain
import Testing

@Suite struct UsageTests {
    @Test func `a group lists its commands under headings`() {
        #expect(
            usage(of: [Depot.self], program: "depot") == """
                usage: depot <command> [<options>]

                Parcels
                    parcel    Work on parcels
                    weigh     Weigh parcels

                For scripts
                    dump      Throw parcels away

                """)
    }

    @Test func `a command lists its arguments and options`() {
        #expect(
            usage(of: [Depot.self, Parcel.self, Parcel.New.self], program: "depot") == """
                usage: depot parcel new [<options>] <content> [<address>]

                    <content>                   what is in it
                    <address>                   where it goes
                    -w, --weight <grams>        how heavy it is
                    --speed (slow|normal|fast)
                                                how soon it is wanted
                    --label <label>             stick on a <label>
                    --filled <filled>           how full it is
                    -f, --[no-]fragile          take care
                    --no-stamp                  send it unpaid
                    --[no-]insured              insure it
                    --[no-]json                 print JSON
                    --[no-]quiet                print ids only
                    --color (auto|always|never)
                                                use colour

                """)
        #expect(
            usage(of: [Depot.self, Weigh.self], program: "depot")
                .hasPrefix("usage: depot weigh --scale <scale> <parcel>...\n"))
        #expect(
            usage(of: [Depot.self, Dump.self], program: "depot")
                .hasPrefix("usage: depot dump [<parcels>...]\n"))
        #expect(usage(of: [Depot.self, Secret.self], program: "depot") == "usage: depot secret\n")
    }

    @Test func `long help adds what the command is about`() {
        let text = longHelp(of: [Depot.self], program: "depot")
        #expect(text.hasPrefix("Keep parcels\n\nusage: depot <command>"))
        #expect(text.hasSuffix("\n\nParcels come and go.\n"))
    }

    @Test func `completion knows commands and options but nothing hidden`() {
        #expect(completions(of: [Depot.self]) == ["parcel", "weigh", "dump"])
        #expect(
            completions(of: [Depot.self, Parcel.self, Parcel.List.self]) == [
                "--json", "--quiet", "--color=", "--", "--no-json", "--no-quiet",
            ])
    }

    @Test(arguments: [
        ([""], ["parcel", "weigh", "dump"]),
        (["pa"], ["parcel"]),
        (["parcel", ""], ["new", "list"]),
        (["nowhere", ""], []),
        (["parcel", "new", "--no-j"], ["--no-json"]),
        (["parcel", "new", "--speed", ""], ["slow", "normal", "fast"]),
        (["parcel", "new", "--speed=s"], ["--speed=slow"]),
        (["parcel", "new", "--label", ""], []),
        (["parcel", "new", ""], []),
        (["parcel", "new", "--", "--no-j"], []),
    ])
    func `an unfinished line is completed`(words: [String], expected: [String]) {
        #expect(completions(for: words, as: Depot.self).words == expected)
    }

    @Test func `a value whose words are not known is told by what stands for it`() {
        func wanted(_ words: String...) -> [String?] {
            let candidates = completions(for: words, as: Depot.self)
            return [candidates.value, candidates.prefix]
        }
        #expect(wanted("parcel", "new", "") == ["content", ""])
        #expect(wanted("parcel", "new", "books", "") == ["address", ""])
        #expect(wanted("parcel", "new", "--weight", "3", "books", "") == ["address", ""])
        #expect(wanted("parcel", "new", "books", "here", "") == [nil, ""])
        #expect(wanted("parcel", "new", "--label", "") == ["label", ""])
        #expect(wanted("parcel", "new", "--label=x") == ["label", "--label="])
        #expect(wanted("parcel", "new", "--", "--label", "") == ["address", ""])
        #expect(wanted("weigh", "a", "b", "") == ["parcel", ""])
        #expect(wanted("parcel", "new", "--speed", "") == [nil, ""])
        #expect(
            completions(for: ["parcel", "new", ""], as: Depot.self).verbs == ["parcel", "new"])
    }

    @Test func `a sound tree has no flaws`() {
        #expect(flaws(in: Depot.self, program: "depot") == [])
    }

    @Test func `flaws of a tree are found`() {
        #expect(
            flaws(in: Broken.self, program: "b") == [
                "b: bad summary 'Break things.'",
                "b: two options are called '--x'",
                "b: no option can be called '-h'",
                "b: no help for 'other'",
                "b: nothing is left for 'last'",
            ])
    }
}

private struct Broken: Command {
    static let help = Help("Break things.")
    @Flag("-h", "--x", help: "one") var one
    @Flag("--x", help: "") var other
    @Argument("all") var all: [String]
    @Argument("last") var last: String
    func run(in context: Context) async throws {}
}
