"""Signature Version 4, checked anew for each request.

moto's own check takes a request of any day and region, and answers a JSON service's client in XML.
"""

import hashlib
import hmac
from datetime import datetime, timedelta, timezone
from urllib.parse import quote

from .errors import AwsError

SKEW = timedelta(minutes=15)


class Credentials:
    """The keys that this AWS knows: one of a user, those that STS gave, and those that a test made."""

    def __init__(self, key, secret, issued):
        self._users = {key: (secret, None, None)}
        self._issued = issued

    def add(self, key, secret, token=None, expires=None):
        self._users[key] = (secret, token, expires)

    def find(self, key):
        return self._users.get(key) or self._issued(key)


def verify(call, method, raw_path, query, headers, body, credentials, region):
    """Raises AwsError unless the request is signed as AWS wants it."""
    json = call.protocol == "json"
    header = headers.get("authorization")
    if not header:
        raise AwsError("MissingAuthenticationToken", "Missing Authentication Token", 400 if json else 403)
    algorithm, _, rest = header.partition(" ")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    scope = parts.get("Credential", "").split("/")
    if algorithm != "AWS4-HMAC-SHA256" or len(scope) != 5 or not parts.get("SignedHeaders") or not parts.get("Signature"):
        raise AwsError("IncompleteSignatureException" if json else "IncompleteSignature", "The Authorization header is not whole.")
    key, day, signed_region, service, end = scope
    bad = _mismatch(json)
    unknown = AwsError(
        {"json": "UnrecognizedClientException", "ec2": "AuthFailure"}.get(call.protocol, "InvalidClientTokenId"),
        "The security token included in the request is invalid.", 400 if json else 403)

    found = credentials.find(key)
    if not found:
        raise unknown
    secret, token, expires = found
    if headers.get("x-amz-security-token") != token:
        raise unknown
    now = datetime.now(timezone.utc)
    if expires and now > expires:
        raise AwsError(
            "ExpiredTokenException" if json else "ExpiredToken", "The security token included in the request is expired",
            400 if json else 403)
    try:
        date = datetime.strptime(headers.get("x-amz-date", ""), "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise bad("X-Amz-Date is missing or no date.") from None
    if abs(now - date) > SKEW or not headers["x-amz-date"].startswith(day):
        raise bad(f"Signature expired or not yet valid: {headers['x-amz-date']}.")
    expected = "us-east-1" if call.service == "iam" else region
    if signed_region != expected or end != "aws4_request":
        raise bad(f"Credential should be scoped to a valid region, not '{signed_region}'.")

    names = parts["SignedHeaders"].split(";")
    required = {"host"} | {name for name in headers if name.startswith("x-amz-")}
    if names != sorted(names) or not required <= set(names):
        raise bad("SignedHeaders has to be sorted and to name host and every x-amz- header.")
    canonical = "\n".join([
        method, quote(raw_path, safe="/~-_."), _query(query),
        *[f"{name}:{' '.join(headers.get(name, '').split())}" for name in names], "",
        parts["SignedHeaders"], hashlib.sha256(body).hexdigest(),
    ])
    text = "\n".join([
        algorithm, headers["x-amz-date"], "/".join(scope[1:]), hashlib.sha256(canonical.encode()).hexdigest(),
    ])
    signing_key = f"AWS4{secret}".encode()
    for part in (day, signed_region, service, end):
        signing_key = hmac.new(signing_key, part.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(hmac.new(signing_key, text.encode(), hashlib.sha256).hexdigest(), parts["Signature"]):
        raise bad("The request signature we calculated does not match the signature you provided.")


def _mismatch(json):
    code, status = ("InvalidSignatureException", 400) if json else ("SignatureDoesNotMatch", 403)
    return lambda message: AwsError(code, message, status)


def _query(query):
    pairs = [part.partition("=")[::2] for part in query.split("&") if part]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))
