import CCurl
import NIOPosix
import Synchronization

/// Makes HTTP calls with libcurl, each on a thread of a small pool, and keeps connections for the next call.
public final class CurlClient: Sendable {
    private let threads: NIOThreadPool
    private let handles = Mutex<[Handle]>([])

    /// - Parameter maximumConcurrency: How many calls may be under way at once; further ones wait for a thread, which counts into no deadline.
    public init(maximumConcurrency: Int = 16) {
        _ = Self.global
        self.threads = NIOThreadPool(numberOfThreads: maximumConcurrency)
        self.threads.start()
    }

    deinit {
        self.threads.shutdownGracefully { _ in }
        self.handles.withLock { handles in
            for handle in handles { curl_easy_cleanup(handle.pointer) }
            handles = []
        }
    }

    /// Makes one call. An HTTP status of any kind is an answer, not an error.
    public func send(_ request: CurlRequest) async throws(CurlError) -> CurlResponse {
        let cancellation = Cancellation()
        let result: Result<CurlResponse, CurlError>
        do {
            result = try await withTaskCancellationHandler {
                try await self.threads.runIfActive { () -> Result<CurlResponse, CurlError> in
                    let handle = self.take()
                    defer { self.giveBack(handle) }
                    do throws(CurlError) {
                        return .success(try CurlTransfer(request: request, cancellation: cancellation).perform(handle.pointer))
                    } catch {
                        return .failure(error)
                    }
                }
            } onCancel: {
                cancellation.isCancelled.store(true, ordering: .relaxed)
            }
        } catch {
            throw CurlError(.cancelled, "the call was not made, because this process is ending")
        }
        return try result.get()
    }

    private static let global: CURLcode = curl_global_init(Int(CURL_GLOBAL_ALL))

    private func take() -> Handle {
        self.handles.withLock { $0.popLast() } ?? Handle(pointer: curl_easy_init())
    }

    private func giveBack(_ handle: Handle) {
        // Keeps its connections, forgets its options: a body of before would go into the next signature.
        curl_easy_reset(handle.pointer)
        self.handles.withLock { $0.append(handle) }
    }

    /// Used by one thread at a time: whoever has taken it from the list.
    private struct Handle: @unchecked Sendable {
        let pointer: UnsafeMutableRawPointer
    }
}

/// Told from a task's cancellation handler, read by the thread that makes the call.
final class Cancellation: Sendable {
    let isCancelled = Atomic(false)
}
