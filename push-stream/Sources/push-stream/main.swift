import PushStreamServer

// The composition root: everything else is in the library, where tests reach it.
PushStreamCommand.main(Array(CommandLine.arguments.dropFirst()))
