import ArgumentParser
import PushService

/// In an async function, `main()` is the parser's asynchronous one.
@main
struct PushServiceProgram {
    static func main() async {
        await PushServiceCommand.main()
    }
}
