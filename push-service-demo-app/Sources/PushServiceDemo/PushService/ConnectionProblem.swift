import AsyncHTTPClient
import Foundation
import NIOCore
import NIOPosix

/// Says in a few words why nothing answered.
enum ConnectionProblem {
    static func text(of error: any Error) -> String {
        switch error {
        case let error as HTTPClientError where [.deadlineExceeded, .connectTimeout, .readTimeout].contains(error):
            "no answer in time"
        case let error as HTTPClientError: error.shortDescription
        case let error as NIOConnectionError: self.connection(error)
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case is ChannelError: "the connection was closed"
        case is NIOTooManyBytesError: "the answer is far too long for one of push-api"
        case is CancellationError: "cancelled"
        default: "\(type(of: error))"
        }
    }

    /// A name may have several addresses; that the first one refuses says enough.
    private static func connection(_ error: NIOConnectionError) -> String {
        if let failure = error.connectionErrors.first { return self.text(of: failure.error) }
        return "the name \(error.host) is not known"
    }
}
