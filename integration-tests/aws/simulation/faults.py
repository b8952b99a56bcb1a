"""Faults that a test asks for: the nth call of an action is throttled, fails, or loses its connection."""

from dataclasses import dataclass
from threading import Lock

from .errors import AwsError

KINDS = {"throttle", "error", "lose-before", "lose-after"}


@dataclass
class Fault:
    """`action` is `ecs:CreateService`, or `*`. `call` counts from 1, from the moment the fault is set; `times` calls are hit."""

    action: str
    kind: str
    call: int = 1
    times: int = 1
    code: str = "ServerException"
    message: str = "The service had a problem."
    status: int = 500
    seen: int = 0

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"kind is one of {', '.join(sorted(KINDS))}")


class Faults:
    def __init__(self):
        self._lock = Lock()
        self._faults = []
        self.calls = []

    def add(self, fault):
        with self._lock:
            self._faults.append(fault)

    def clear(self):
        with self._lock:
            self._faults, self.calls = [], []

    def next(self, call):
        """Counts a call, and tells which fault it has, if any. Records it for the test."""
        with self._lock:
            hit = None
            for fault in self._faults:
                if fault.action in ("*", call.name):
                    fault.seen += 1
                    if fault.call <= fault.seen < fault.call + fault.times:
                        hit = hit or fault
            self.calls.append({
                "action": call.name, "requestId": call.request_id, "fault": hit and hit.kind, "parameters": call.parameters,
                "status": None, "error": None,
            })
            return hit, self.calls[-1]


def throttled(call):
    """How each service says that it is asked too often."""
    if call.protocol == "ec2":
        return AwsError("RequestLimitExceeded", "Request limit exceeded.", 503)
    if call.protocol == "query":
        return AwsError("Throttling", "Rate exceeded", 400)
    return AwsError("ThrottlingException", "Rate exceeded", 400)
