import CCurl
import Synchronization

/// One call of libcurl, on the thread that waits for it.
final class CurlTransfer {
    private let request: CurlRequest
    private let cancellation: Cancellation
    private var headers: [String: String] = [:]
    private var body: [UInt8] = []
    private var isTooLarge = false

    init(request: CurlRequest, cancellation: Cancellation) {
        self.request = request
        self.cancellation = cancellation
    }

    func perform(_ handle: UnsafeMutableRawPointer) throws(CurlError) -> CurlResponse {
        guard !self.cancellation.isCancelled.load(ordering: .relaxed) else {
            throw CurlError(.cancelled, "the call was cancelled")
        }
        var list: UnsafeMutablePointer<curl_slist>?
        defer { curl_slist_free_all(list) }
        for header in self.request.headers { list = curl_slist_append(list, "\(header.name): \(header.value)") }
        if let token = self.request.signature?.sessionToken { list = curl_slist_append(list, "X-Amz-Security-Token: \(token)") }

        let code = (self.request.body ?? []).withUnsafeBytes { body in
            self.prepare(handle, list, body)
            return curl_easy_perform(handle)
        }
        guard code == CURLE_OK else { throw self.error(code) }
        return CurlResponse(status: curlStatus(handle), headers: self.headers, body: self.body)
    }

    private func prepare(
        _ handle: UnsafeMutableRawPointer, _ list: UnsafeMutablePointer<curl_slist>?, _ body: UnsafeRawBufferPointer
    ) {
        let request = self.request
        curlSetString(handle, CURLOPT_URL, request.url)
        curlSetString(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        curlSetString(handle, CURLOPT_CUSTOMREQUEST, request.method)
        if request.method == "HEAD" { curlSetLong(handle, CURLOPT_NOBODY, 1) }
        if request.body != nil {
            curlSetSize(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
            // Not copied: the caller keeps it for as long as the call takes. libcurl takes nil for "read it from a callback".
            curlSetPointer(handle, CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: body.baseAddress) ?? Self.nothing)
        }
        curlSetPointer(handle, CURLOPT_HTTPHEADER, list)
        curlSetLong(handle, CURLOPT_NOSIGNAL, 1)
        curlSetLong(handle, CURLOPT_TIMEOUT_MS, Self.milliseconds(request.timeout))
        curlSetLong(handle, CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(request.connectTimeout))
        if let socket = request.unixSocket { curlSetString(handle, CURLOPT_UNIX_SOCKET_PATH, socket) }
        // Proxies of the environment are meant for the way out, not for sockets.
        if request.unixSocket != nil || !request.usesProxy { curlSetString(handle, CURLOPT_PROXY, "") }
        if let file = request.tls.authorities { curlSetString(handle, CURLOPT_CAINFO, file) }
        if let file = request.tls.certificate { curlSetString(handle, CURLOPT_SSLCERT, file) }
        if let file = request.tls.key { curlSetString(handle, CURLOPT_SSLKEY, file) }
        if let signature = request.signature {
            curlSetString(handle, CURLOPT_AWS_SIGV4, "aws:amz:\(signature.region):\(signature.service)")
            curlSetString(handle, CURLOPT_USERNAME, signature.accessKeyID)
            curlSetString(handle, CURLOPT_PASSWORD, signature.secretAccessKey)
        } else if let basic = request.basic {
            curlSetLong(handle, CURLOPT_HTTPAUTH, 1)
            curlSetString(handle, CURLOPT_USERNAME, basic.user)
            curlSetString(handle, CURLOPT_PASSWORD, basic.password)
        }
        let context = Unmanaged.passUnretained(self).toOpaque()
        curlSetWriter(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            Unmanaged<CurlTransfer>.fromOpaque(context!).takeUnretainedValue().received(
                UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        curlSetPointer(handle, CURLOPT_WRITEDATA, context)
        curlSetWriter(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            Unmanaged<CurlTransfer>.fromOpaque(context!).takeUnretainedValue().receivedHeader(
                UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        curlSetPointer(handle, CURLOPT_HEADERDATA, context)
        curlSetLong(handle, CURLOPT_NOPROGRESS, 0)
        curlSetProgress(handle) { context, _, _, _, _ in
            let transfer = Unmanaged<CurlTransfer>.fromOpaque(context!).takeUnretainedValue()
            return transfer.cancellation.isCancelled.load(ordering: .relaxed) ? 1 : 0
        }
        curlSetPointer(handle, CURLOPT_XFERINFODATA, context)
    }

    /// An address to point at where there are no bytes.
    private nonisolated(unsafe) static let nothing = UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)

    private static func milliseconds(_ duration: Duration) -> Int {
        // 0 would mean no limit.
        max(1, Int(duration / .milliseconds(1)))
    }

    private func received(_ bytes: UnsafeRawBufferPointer) -> Int {
        if let onData = self.request.onData {
            onData(bytes)
            return bytes.count
        }
        guard self.body.count + bytes.count <= self.request.maximumBodySize else {
            self.isTooLarge = true
            return 0
        }
        self.body.append(contentsOf: bytes)
        return bytes.count
    }

    private func receivedHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        let line = String(decoding: bytes, as: UTF8.self)
        // Another head: the one before was of an interim answer.
        if line.hasPrefix("HTTP/") {
            self.headers = [:]
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            self.headers[line[..<colon].lowercased()] = String(value.prefix { !$0.isNewline })
        }
        return bytes.count
    }

    private func error(_ code: CURLcode) -> CurlError {
        let text = String(cString: curl_easy_strerror(code))
        switch code {
        case CURLE_ABORTED_BY_CALLBACK: return CurlError(.cancelled, "the call was cancelled")
        case CURLE_OPERATION_TIMEDOUT: return CurlError(.timedOut, "no answer in time")
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_SSL_CONNECT_ERROR,
            CURLE_PEER_FAILED_VERIFICATION:
            return CurlError(.notConnected, text)
        // What libcurl says to a URL of another scheme, and to an answer without a head (HTTP/0.9).
        case CURLE_UNSUPPORTED_PROTOCOL where self.request.url.lowercased().hasPrefix("http"): return CurlError(.badAnswer, text)
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE,
            CURLE_BAD_FUNCTION_ARGUMENT:
            return CurlError(.invalidRequest, text)
        case CURLE_WRITE_ERROR where self.isTooLarge:
            return CurlError(.badAnswer, "the answer is larger than \(self.request.maximumBodySize) bytes")
        case CURLE_WEIRD_SERVER_REPLY: return CurlError(.badAnswer, text)
        default: return CurlError(.connectionLost, text)
        }
    }
}
