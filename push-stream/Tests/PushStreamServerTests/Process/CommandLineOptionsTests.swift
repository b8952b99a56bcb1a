import Testing

@testable import PushStreamServer

@Suite struct CommandLineOptionsTests {
    @Test func `options combine as nginx's do`() throws {
        var expected = CommandLineOptions()
        expected.testsConfiguration = true
        expected.isQuiet = true
        expected.configurationFile = "a.conf"
        expected.prefix = "/p/"
        expected.globalDirectives = "pid x;"
        #expect(try CommandLineOptions(parsing: ["-qt", "-c", "a.conf", "-p/p", "-g", "pid x;"]) == expected)
        #expect(try CommandLineOptions(parsing: ["-tqca.conf", "-p", "/p/", "-gpid x;"]) == expected)
        #expect(expected.configurationPath == "/p/a.conf")
        #expect(try CommandLineOptions(parsing: ["-squit"]).signal == .quit)
        #expect(try CommandLineOptions(parsing: []).configurationPath == "/etc/push-stream/nginx.conf")
        #expect(try CommandLineOptions(parsing: ["-?"]).showsHelp)
    }

    @Test(arguments: [
        (["-x"], #"invalid option: "x""#), (["foo"], #"invalid option: "foo""#), (["-c"], #"option "-c" requires file name"#),
        (["-s", "foo"], #"invalid option: "-s foo""#), (["-tg"], #"option "-g" requires parameter"#),
    ])
    func `wrong options`(arguments: [String], message: String) {
        let error = #expect(throws: CommandLineOptions.ParseError.self) { try CommandLineOptions(parsing: arguments) }
        #expect(error?.description == message)
    }
}
