import Foundation
import PushStreamServer

// The composition root: everything else is in the library, where tests reach it.
exit(await PushStreamCommand.main(Array(CommandLine.arguments.dropFirst())))
