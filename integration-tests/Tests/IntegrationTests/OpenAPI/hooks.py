"""What schemathesis cannot know of push-api, and answers that it takes for failures and that are right. Each with its reason."""

import base64
import itertools

import schemathesis
from hypothesis import strategies

MAXIMUM_ID_BYTES = 200
MAXIMUM_CONTENT_BYTES = 32 * 1024
UNRESERVED = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")

addresses = itertools.count(1)


def cursor(score, channel):
    return base64.urlsafe_b64encode(f"{score}:{channel}".encode()).decode().rstrip("=")


# Clients get cursors from pages and never make them. These are of channels that there may or may not be.
schemathesis.openapi.format(
    "channel-cursor",
    strategies.builds(cursor, strategies.integers(0, 4_000_000_000_000), strategies.sampled_from(["news", "sport", "日本", "a"])),
)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Lets each request come from an address of its own.

    schemathesis tries wrong credentials on every operation; push-api would soon answer by 429, without a look at them.
    """
    number = next(addresses)
    case.headers["X-Forwarded-For"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def strings_of(case):
    """The texts of a request whose limits are in bytes: ids, their beginnings and parts, and contents."""
    ids, contents = [case.query.get("search")], []
    for item in case.body if isinstance(case.body, list) else [case.body]:
        if isinstance(item, dict):
            ids += [item.get("id"), *item.get("channels", []), *item.get("channelPrefixes", [])]
            contents.append(item.get("content"))
    return [text for text in ids if isinstance(text, str)], [text for text in contents if isinstance(text, str)]


def exceeds_a_limit_in_bytes(case):
    ids, contents = strings_of(case)
    return any(len(text.encode()) >= MAXIMUM_ID_BYTES for text in ids) or any(
        sum(1 if byte in UNRESERVED else 3 for byte in text.encode()) > MAXIMUM_CONTENT_BYTES for text in contents
    )


def is_right(case, status, answer):
    """Whether push-api may refuse a request that its description allows."""
    refusal = (case.operation.label, status, answer["code"])
    # A channel that exists is 400 to clients of today, where a new API would say 409.
    if refusal == ("POST /api/v1/channels", 400, 11):
        return True
    # A key belongs to one body. schemathesis sends the key of the example with every body.
    if refusal == ("POST /api/v1/messages", 422, 103):
        return True
    # JSON Schema counts characters; push-api, Redis and push-stream count bytes.
    return status in (400, 413) and "bytes" in answer["message"] and exceeds_a_limit_in_bytes(case)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """False for what is no failure."""
    return type(failure).__name__ != "RejectedPositiveData" or not is_right(case, response.status_code, response.json())
