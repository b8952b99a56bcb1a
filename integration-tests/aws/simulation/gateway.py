"""The WSGI application: faults, signature and validation come before what answers a call."""

import io
import json
import socket

from .calls import UNSIGNED, Call, read_call
from .errors import AwsError
from .faults import throttled
from .signature import verify
from .validation import validate

# What clients may send at most.
LARGEST_BODY = 4 * 1024 * 1024


class Gateway:
    def __init__(self, moto, world, own, control, faults, credentials):
        self._moto, self._world, self._own = moto, world, own
        self._control, self._faults, self._credentials = control, faults, credentials

    def __call__(self, environ, start_response):
        path = environ.get("PATH_INFO", "/")
        if path.startswith("/_control/"):
            return self._answer_control(environ, start_response, path.removeprefix("/_control/"))
        if path.startswith(("/moto-api", "/latest/")):
            return self._moto(environ, start_response)
        body = _body(environ)
        headers = _headers(environ)
        call, entry = Call("unknown", self._world.region), None
        try:
            try:
                call = read_call(headers, body)
            except AwsError as error:
                call = getattr(error, "call", call)
                raise
            finally:
                # Also a call that is refused is counted.
                fault, entry = self._faults.next(call)
            return self._answer(environ, start_response, call, headers, body, fault, entry)
        except AwsError as error:
            entry |= {"status": error.status, "error": error.code}
            return _respond(start_response, call, *call.error_answer(error))

    def _answer(self, environ, start_response, call, headers, body, fault, entry):
        if fault and fault.kind == "lose-before":
            _lose_connection(environ)
        if fault and fault.kind == "throttle":
            raise throttled(call)
        if fault and fault.kind == "error":
            raise AwsError(fault.code, fault.message, fault.status)
        if call.operation not in UNSIGNED:
            verify(
                call, environ["REQUEST_METHOD"], environ.get("RAW_URI", "/").partition("?")[0], environ.get("QUERY_STRING", ""),
                headers, body, self._credentials, self._world.region)
        if call.operation:
            validate(call)
            answer = next((a for a in (own.answer(call) for own in self._own) if a is not None), None)
            if answer is not None:
                entry["status"] = 200
                if fault and fault.kind == "lose-after":
                    _lose_connection(environ)
                return _respond(start_response, call, 200, "application/x-amz-json-1.1", json.dumps(answer))

        def start(status, fields, *rest):
            entry["status"] = int(status.split()[0])
            names = {name.lower() for name, _ in fields}
            if "x-amzn-requestid" not in names:
                fields = [*fields, ("x-amzn-RequestId", call.request_id)]
            return start_response(status, fields, *rest)

        chunks = list(self._moto(environ, start))
        if fault and fault.kind == "lose-after":
            _lose_connection(environ)
        return chunks

    def _answer_control(self, environ, start_response, name):
        try:
            body = json.loads(_body(environ) or b"null")
            status, answer = "200 OK", self._control.answer(environ["REQUEST_METHOD"], name, body)
        except (KeyError, StopIteration) as error:
            status, answer = "404 Not Found", {"error": f"not found: {error}"}
        except (ValueError, TypeError) as error:
            status, answer = "400 Bad Request", {"error": str(error)}
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(answer, default=str).encode()]


def _body(environ):
    """The whole body, left to be read again."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > LARGEST_BODY:
        raise AwsError("RequestEntityTooLarge", "The body is too large.", 413)
    body = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _headers(environ):
    headers = {key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")}
    for key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(key):
            headers[key.replace("_", "-").lower()] = environ[key]
    return headers


def _respond(start_response, call, status, content_type, text):
    body = text.encode()
    reason = {200: "OK", 400: "Bad Request", 403: "Forbidden", 413: "Content Too Large", 500: "Internal Server Error",
              503: "Service Unavailable"}.get(status, "Error")
    start_response(f"{status} {reason}", [
        ("Content-Type", content_type), ("Content-Length", str(len(body))), ("x-amzn-RequestId", call.request_id),
    ])
    return [body]


def _lose_connection(environ):
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError("the test wants the connection lost")
