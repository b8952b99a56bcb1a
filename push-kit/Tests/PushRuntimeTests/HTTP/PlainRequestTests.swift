import Foundation
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import PushRuntime

/// Nobody may be able to tell whether plain requests are read apart: whatever comes, in whatever pieces, the answers are those of the
/// pipeline without the handler that does it.
@Suite struct PlainRequestTests {
    private func answers(_ pieces: [ArraySlice<UInt8>], plain: Bool, isSlow: Bool) throws -> (bytes: [UInt8], taken: Int) {
        let pipeline = try DirectPipeline(readsPlainRequests: plain, isSlow: isSlow)
        defer { pipeline.finish() }
        for piece in pieces { pipeline.send(piece) }
        return (try pipeline.answers(), pipeline.route.takenCount)
    }

    private func expectSame(
        _ pieces: [ArraySlice<UInt8>], isSlow: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let plain = try answers(pieces, plain: true, isSlow: isSlow)
        let general = try answers(pieces, plain: false, isSlow: isSlow)
        // `#expect` takes long when nothing is wrong.
        guard plain != general else { return }
        let texts = (plain: String(decoding: plain.bytes, as: UTF8.self), general: String(decoding: general.bytes, as: UTF8.self))
        // The parser reads ahead: before it answers one request it may know that the next is the last.
        func isSame(_ line: String) -> Bool { line != "Connection: close" }
        if isSlow, plain.taken == general.taken,
            texts.plain.components(separatedBy: "\r\n").filter(isSame)
                == texts.general.components(separatedBy: "\r\n").filter(isSame)
        {
            return
        }
        let text = pieces.map { String(decoding: $0, as: UTF8.self) }
        Issue.record("\(text): \(texts.plain) instead of \(texts.general)", sourceLocation: sourceLocation)
    }

    /// Before and after it come requests that are plain, so that what follows a request that is not shows as well.
    @Test(arguments: SampleRequests.right + SampleRequests.broken)
    func everyCutGivesTheSameAnswers(request: String) throws {
        let before = Array(SampleRequests.post("before").utf8)
        let bytes = before + Array((request + SampleRequests.post("after")).utf8)
        let cuts = before.count...before.count + request.utf8.count
        for cut in cuts { try expectSame([bytes[..<cut], bytes[cut...]]) }
        for cut in stride(from: cuts.lowerBound, through: cuts.upperBound, by: 13) {
            try expectSame([bytes[before.count..<cut], bytes[cut...]], isSlow: true)
        }
        for isSlow in [false, true] {
            try expectSame([bytes[...]], isSlow: isSlow)
            try expectSame(bytes.indices.map { bytes[$0...$0] }, isSlow: isSlow)
        }
    }

    @Test(arguments: SampleRequests.large)
    func limitsAreTheSame(request: String) throws {
        let bytes = Array((request + SampleRequests.post("after")).utf8)
        for cut in stride(from: 0, through: bytes.count, by: 997) { try expectSame([bytes[..<cut], bytes[cut...]]) }
        try expectSame([bytes[...]], isSlow: true)
    }

    @Test(arguments: SampleRequests.right)
    func everyPairOfRequestsGivesTheSameAnswers(first: String) throws {
        for second in SampleRequests.right {
            try expectSame([Array(first.utf8)[...], Array((second + SampleRequests.post("after")).utf8)[...]])
        }
    }

    @Test func plainRequestsDoNotReachTheParser() throws {
        let pipeline = try DirectPipeline(readsPlainRequests: true)
        defer { pipeline.finish() }
        let (counts, counter) = (PartCounter(), PartCounter.Handler())
        counter.counter = counts
        let parser = try pipeline.channel.pipeline.syncOperations.handler(type: HTTPConnectionHandler.self)
        try pipeline.channel.pipeline.syncOperations.addHandler(counter, position: .before(parser))
        // All of these leave the connection where the next request is read apart again.
        let others = [
            SampleRequests.get, SampleRequests.post("routed"), SampleRequests.post("x", path: "/other"),
            SampleRequests.post("x", headers: ["X-Read: \u{e9}"]) + SampleRequests.get,
            SampleRequests.post(String(repeating: "b", count: 500)),
        ]
        for other in others {
            pipeline.send(other.utf8)
            let before = counts.count
            for _ in 0..<3 { pipeline.send(SampleRequests.post("direct").utf8) }
            pipeline.send((SampleRequests.post("direct") + SampleRequests.post("direct")).utf8)
            #expect(counts.count == before, "\(other)")
        }
        #expect(counts.count > 0)
        #expect(pipeline.route.takenCount >= 5 * others.count)
    }

    @Test func answersToAClientThatReadsNoneAreBounded() throws {
        let pipeline = try DirectPipeline(readsPlainRequests: true)
        defer { pipeline.finish() }
        pipeline.channel.isWritable = false
        pipeline.channel.pipeline.fireChannelWritabilityChanged()
        for _ in 0..<3 { pipeline.send((SampleRequests.post("direct") + SampleRequests.get).utf8) }
        #expect(pipeline.route.takenCount == 0)
        #expect(try pipeline.answers().isEmpty)
        pipeline.channel.isWritable = true
        pipeline.channel.pipeline.fireChannelWritabilityChanged()
        #expect(pipeline.route.takenCount == 3)
        #expect(String(decoding: try pipeline.answers(), as: UTF8.self).split(separator: "HTTP/1.1 200 OK").count == 6)
    }

    @Test func readingStopsWhileRequestsWait() throws {
        let pipeline = try DirectPipeline(readsPlainRequests: true, isSlow: true)
        defer { pipeline.finish() }
        let reads = ReadCounter()
        try pipeline.channel.pipeline.syncOperations.addHandler(reads, position: .first)
        pipeline.send(SampleRequests.post("1").utf8)
        pipeline.channel.read()
        #expect(reads.count == 1)
        pipeline.send((SampleRequests.post("2") + SampleRequests.post("3")).utf8)
        for _ in 0..<3 { pipeline.channel.read() }
        #expect(reads.count == 1)
        #expect(pipeline.route.answerOne() && reads.count == 1)
        // The third is being answered and nothing waits.
        #expect(pipeline.route.answerOne() && reads.count == 2)
    }

    @Test func aClientThatHasSentAllGetsItsAnswers() throws {
        let pipeline = try DirectPipeline(readsPlainRequests: true, isSlow: true)
        defer { pipeline.finish() }
        pipeline.send((SampleRequests.post("1") + SampleRequests.post("2")).utf8)
        pipeline.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(pipeline.route.answerOne() && pipeline.channel.isActive)
        let first = try #require(try pipeline.channel.readOutbound(as: IOData.self))
        #expect(!text(first).contains("Connection: close"))
        #expect(pipeline.route.answerOne())
        let second = try #require(try pipeline.channel.readOutbound(as: IOData.self))
        #expect(text(second).contains("Connection: close\r\n") && text(second).hasSuffix("\r\n\r\n2 "))
        #expect(!pipeline.channel.isActive)
    }

    private func text(_ data: IOData) -> String {
        if case .byteBuffer(let buffer) = data { String(buffer: buffer) } else { "" }
    }
}

/// Counts the parts that come from the parser.
private final class PartCounter {
    var count = 0

    final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        var counter: PartCounter?

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            counter?.count += 1
            context.fireChannelRead(data)
        }
    }
}

private final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = Any
    var count = 0

    func read(context: ChannelHandlerContext) {
        count += 1
        context.read()
    }
}
