import NIOCore

/// Runs tasks on an event loop's thread.
///
/// A task that serves a connection then needs no change of threads between reading, answering and writing: each would wake another
/// thread, which costs more than a small request does. Such a task must not keep its thread for long.
public final class EventLoopTaskExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    public init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
