import Testing

/// Tests that run servers. One after the other, because several of them say how long something may take.
@Suite(.serialized) enum LiveTests {}
