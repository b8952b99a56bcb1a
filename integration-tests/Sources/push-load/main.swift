import ArgumentParser
import PushLoad

// Everything else is in the library, where other programs reach it.
PushLoadCommand.main()
