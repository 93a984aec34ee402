import Model
import Testing

@Suite struct MessageTemplateTests {
    private func filled(_ text: String) -> String {
        MessageTemplate(text).filled(with: [.title: "T {id}", .id: "7k2f", .description: ""])
    }

    @Test(
        arguments: [
            ("plain", "plain"), ("{title}", "T {id}"), ("a{id}{id}b", "a7k2f7k2fb"),
            ("{{title}}", "{title}"), ("{description}.", "."), ("{ title }", "{ title }"),
            ("{}", "{}"), ("{", "{"), ("}", "}"), ("{title", "{title"), ("{id}}", "7k2f}"),
            ("{{{id}}}", "{7k2f}"), ("{1}", "{1}"), ("", ""),
        ])
    func `places are filled, and other braces are themselves`(text: String, wanted: String) {
        #expect(filled(text) == wanted)
        #expect(MessageTemplate(text).unknown == [])
    }

    @Test func `what is no placeholder is named`() {
        #expect(MessageTemplate("{Title} {id} {x_y}").unknown == ["Title", "x_y"])
        #expect(filled("{Title}") == "{Title}")
    }
}
