import Testing

/// All tests with real servers, one after the other: they measure time, and machines that build have few cores.
@Suite(.serialized) struct ServerTests {}
