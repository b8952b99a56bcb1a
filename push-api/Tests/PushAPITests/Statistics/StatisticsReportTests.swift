import NIOCore
import Testing

@testable import PushAPI

@Suite struct StatisticsReportTests {
    private func report(_ texts: String...) -> (report: StatisticsReport, taken: [Bool]) {
        var report = StatisticsReport()
        let taken = texts.map { report.add(Array($0.utf8)) }
        return (report, taken)
    }

    @Test func sumsSubscribersAndFindsTheOldestTime() throws {
        let (report, _) = self.report(
            #"{"agent":"a","subscribers":3,"time":"2024-02-29T10:00:01"}"#,
            #"{"agent":"b","subscribers":"4","time":"2024-02-29T09:59:59"}"#)
        #expect(report.subscribers == 7)
        #expect(report.oldestTime == "2024-02-29T09:59:59")
        let text = String(buffer: try report.json(stream: .none))
        #expect(text.hasPrefix(#"{"aggregated":{"subscribers":7,"time":"2024-02-29T09:59:59"},"all":[{"#))
        #expect(String(buffer: try report.json()).hasPrefix(#"{"aggregated":{"subscribers":7},"all":["#))
    }

    @Test func sumsChannelsAndMessagesWhereTheyAreTold() throws {
        let (report, _) = self.report(
            #"{"subscribers":1,"channels":"4","published_messages":10}"#, #"{"subscribers":1}"#,
            #"{"subscribers":1,"channels":5,"published_messages":9223372036854775807}"#)
        let text = String(buffer: try report.json(stream: .none))
        #expect(text.hasPrefix(#"{"aggregated":{"channels":9,"published_messages":9223372036854775807,"subscribers":3},"all":["#))
        #expect(text.hasSuffix(#"],"messages":{"stream":{"length":0,"published":0}}}"#))
    }

    @Test func passesUnknownFieldsThroughByteForByte() throws {
        let odd = #"{ "subscribers" : 1 , "future":{"n":1.50,"big":123456789012345678901234567890},"text":"\u0041é" }"#
        let (report, _) = self.report(odd)
        #expect(String(buffer: try report.json()) == #"{"aggregated":{"subscribers":1},"all":["# + odd + "]}")
    }

    @Test(arguments: ["", "x", "[]", "{}", #"{"subscribers":"many"}"#, #"{"subscribers":1"#, #"{"subscribers":1}}"#])
    func leavesOutWhatIsNotAReport(text: String) throws {
        let (report, taken) = self.report(text)
        #expect(taken == [false])
        #expect(report.isEmpty)
    }

    @Test func doesNotOverflow() {
        let (report, taken) = self.report(#"{"subscribers":9223372036854775807}"#, #"{"subscribers":1}"#)
        #expect(taken == [true, false])
        #expect(report.subscribers == Int.max)
    }
}
