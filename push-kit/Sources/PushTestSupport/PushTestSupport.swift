// Helpers for the tests of every package. Free of the Testing module, so that it can be a normal library.
