import NIOCore
import NIOPosix
import NginxConf
import PushStreamCore
import Synchronization

/// Static files. The disk is read by NIO's threads, not by the event loop, and a file is in memory one piece at a time: the next is
/// read when the client has taken the last.
extension ConnectionHandler {
    /// Numbers the boundaries of multipart answers.
    private static let boundaries = Atomic<UInt64>(0)

    func serveFile(_ request: Request, _ settings: FileSettings) {
        if let tryFiles = settings.tryFiles, !request.hasTriedFiles {
            let candidates = tryFiles.candidates.compactMap { candidate -> FileLookup.Candidate? in
                let name = candidate.name.evaluate(request.variables)
                guard let path = settings.file(for: name, request.variables) else { return nil }
                return FileLookup.Candidate(path: path, name: name, isFolder: candidate.isFolder)
            }
            return look(.candidates(candidates), request, settings)
        }
        // Nginx looks for the file of a POST before it refuses it.
        switch request.head.method {
        case .get, .head, .post: break
        default: return fail(405, request)
        }
        guard let path = settings.file(for: request.head.path, request.variables) else { return fail(404, request) }
        guard request.head.path.hasSuffix("/") else { return look(.file(path: path), request, settings) }
        let names = settings.index.map { $0.evaluate(request.variables) }
        look(.index(folder: path, names: names), request, settings)
    }

    private func look(_ lookup: FileLookup, _ request: Request, _ settings: FileSettings) {
        let transfer = FileTransfer(request)
        let answer = NIOThreadPool.singleton.runIfActive(eventLoop: hub.eventLoop) { lookup.answer() }
        proceed(with: transfer, after: answer) { handler, answer in
            handler.handle(answer, lookup, request, settings, transfer)
        }
    }

    /// Goes on when a future of this loop is there, unless the connection is gone by then.
    private func proceed<Value>(
        with transfer: FileTransfer, after future: EventLoopFuture<Value>, _ body: @escaping (ConnectionHandler, Value) -> Void
    ) {
        state = .sendingFile(transfer)
        isPaused = true
        hub.schedule(self, inMilliseconds: transfer.request.location.sendTimeout)
        future.assumeIsolated().whenComplete { [weak self] result in
            guard let self, case .sendingFile(let current) = self.state, current === transfer else { return }
            hub.updateTime()
            switch result {
            case .success(let value): body(self, value)
            case .failure: close()
            }
        }
    }

    private func handle(
        _ answer: FileLookup.Answer, _ lookup: FileLookup, _ request: Request, _ settings: FileSettings, _ transfer: FileTransfer
    ) {
        switch answer {
        case .file where request.head.method == .post: fail(405, request)
        case .file(let file): send(file, request, settings, transfer)
        case .failure(.isFolder):
            var response = request.errorPage(301)
            let arguments = request.head.query.map { "?\($0)" } ?? ""
            response.location = RespondHandler.absolute(PathEscaping.escape(request.head.path) + "/" + arguments, request)
            finish(response, of: request)
        case .failure(let failure):
            if case .file(let path) = lookup, case .system(let code) = failure { note(code, path, request, settings) }
            fail(failure.status, request)
        case .noIndex: fail(403, request)
        case .index(let name):
            redirect(request, to: name.hasPrefix("/") ? name : request.head.path + name, query: request.head.query)
        case .candidate(let place):
            guard case .candidates(let candidates) = lookup else { return }
            // The same location goes on with the other path. Nginx takes the slash of `$uri/` only for what it looks for: a client that
            // asked without it is sent there.
            let name = candidates[place].name
            let other = Request(request, path: name.isEmpty ? "/" : name)
            other.hasTriedFiles = true
            serveFile(other, settings)
        case .noCandidate:
            switch settings.tryFiles?.fallback {
            case .status(let status): fail(status, request)
            case .path(let value):
                let parts = value.evaluate(request.variables).split(
                    separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
                redirect(request, to: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : nil)
            case nil: fail(404, request)
            }
        }
        resumeReading()
    }

    private func note(_ code: Int32, _ path: String, _ request: Request, _ settings: FileSettings) {
        if code == 0 || OpenFile.Failure.system(code).status == 404, !settings.logsNotFound { return }
        let error = EngineError.system(call: "open", code: code)
        hub.context.log.log(
            .error, "file not sent",
            ["path": path, "reason": "\(error)", "client": request.variables.request.connection.remoteHost])
    }

    private func send(_ file: OpenFile, _ request: Request, _ settings: FileSettings, _ transfer: FileTransfer) {
        let answer = FileResponse(file, request, settings, status: request.errorStatus) {
            Self.boundaries.wrappingAdd(1, ordering: .relaxed).newValue
        }
        if [412, 416].contains(answer.head.status), let page = request.location.errorPage(answer.head.status) {
            return show(page, answer.head.status, request)
        }
        guard !answer.parts.isEmpty, request.head.method != .head else { return finish(answer.head, of: request) }
        var response = answer.head
        if let status = request.errorStatus { response.status = status }
        request.answersKeepAlive = keepsAlive(request)
        addHeaders(&response, request)
        let bytes = write(response, of: request)
        transfer.begin(file, response, parts: answer.parts, headBytes: bytes)
        sendNext(transfer)
    }

    private func sendNext(_ transfer: FileTransfer) {
        while true {
            switch transfer.next() {
            case .write(let bytes):
                append { $0.writeBytes(bytes) }
                transfer.sent += bytes.count
            case .read(let file, let range): return read(range, of: file, transfer)
            case .finish:
                let request = transfer.request
                if let response = transfer.response {
                    record(response, of: request, bytes: transfer.sent, headBytes: transfer.headBytes)
                }
                if request.answersKeepAlive {
                    nextRequest(keepAliveTime: request.location.keepAliveTimeout)
                    writeOutput()
                    resumeReading()
                } else {
                    endConnection(lingers: request.leavesUnread || request.head.isKeepAlive)
                    resumeReading()
                }
                return
            }
        }
    }

    private func read(_ range: Range<Int>, of file: OpenFile, _ transfer: FileTransfer) {
        let allocator = ByteBufferAllocator()
        let piece = NIOThreadPool.singleton.runIfActive(eventLoop: hub.eventLoop) { () -> ByteBuffer? in
            var buffer = allocator.buffer(capacity: range.count)
            let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: range.count) { memory in
                file.read(at: range.lowerBound, into: UnsafeMutableRawBufferPointer(rebasing: memory[..<range.count])) ?? 0
            }
            return count == range.count ? buffer : nil
        }
        proceed(with: transfer, after: piece) { handler, buffer in
            guard let buffer, let context = handler.context else {
                // The file has become shorter than the head has told, or cannot be read: only the end of the connection can say so.
                handler.hub.context.log.log(.error, "file became unreadable while it was sent")
                return handler.close()
            }
            handler.writeOutput()
            let written = context.eventLoop.makePromise(of: Void.self)
            context.writeAndFlush(handler.wrapOutboundOut(buffer), promise: written)
            transfer.waiting = handler.unsentBytes
            handler.proceed(with: transfer, after: written.futureResult) { handler, _ in
                transfer.sent += range.count
                handler.sendNext(transfer)
            }
        }
    }
}
