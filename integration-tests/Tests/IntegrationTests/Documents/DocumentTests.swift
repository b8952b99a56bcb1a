import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

/// What the documents promise a newcomer.
@Suite struct Documents {
    @Test func `links lead somewhere`() throws {
        let documents = try Markdown.all()
        #expect(documents.count > 20)
        let anchors = Dictionary(uniqueKeysWithValues: documents.map { ($0.path, $0.anchors()) })
        for document in documents {
            for link in document.links() {
                let there = FileManager.default.fileExists(atPath: "\(Repository.root)/\(link.target)")
                #expect(there, "\(document.path) leads to \(link.target), which is not there")
                if !link.fragment.isEmpty, let headings = anchors[link.target] {
                    #expect(headings.contains(link.fragment), "\(document.path) leads to #\(link.fragment) of \(link.target)")
                }
            }
        }
    }

    /// `make run` and what it prints is tried out by ``EndToEnd/MakeRun``; `make test` runs this.
    @Test func `the README begins with commands that are tested`() throws {
        #expect(try Markdown("README.md").commands() == ["make run", "make test"])
    }
}
