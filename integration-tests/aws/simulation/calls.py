"""One call: which operation of which service, with which parameters. JSON and query protocols, read by botocore's models."""

import json
import uuid
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from botocore.loaders import Loader
from botocore.model import ServiceModel

from .errors import AwsError

# Signing name -> botocore's name, where they differ.
SERVICES = {
    "elasticloadbalancing": "elbv2", "elasticfilesystem": "efs", "tagging": "resourcegroupstaggingapi",
}
# The services whose requests are read and validated. Others, which have REST paths, go to moto as they are.
READABLE = {
    "ecs", "servicediscovery", "logs", "secretsmanager", "iam", "ec2", "sts", "elbv2", "resourcegroupstaggingapi",
    "application-autoscaling",
}
UNSIGNED = {"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"}


@cache
def service_model(service):
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


@dataclass
class Call:
    """A request to AWS, read. `service` is botocore's name, `operation` None when the service is not one of READABLE."""

    service: str
    region: str
    operation: str | None = None
    parameters: dict = field(default_factory=dict)
    protocol: str = "json"
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def name(self):
        return f"{self.service}:{self.operation or '?'}"

    def error_answer(self, error):
        """Status, content type and body of an error in the protocol of the service."""
        if self.protocol == "json":
            return error.status, "application/x-amz-json-1.1", json.dumps({"__type": error.code, "message": error.message})
        fields = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
        if self.protocol == "ec2":
            text = f"<Response><Errors><Error>{fields}</Error></Errors><RequestID>{self.request_id}</RequestID></Response>"
        else:
            kind = "Sender" if error.status < 500 else "Receiver"
            text = (
                f"<ErrorResponse><Error><Type>{kind}</Type>{fields}</Error>"
                f"<RequestId>{self.request_id}</RequestId></ErrorResponse>"
            )
        return error.status, "text/xml", text


def read_call(headers, body):
    """Reads a request to `/`. Raises AwsError when it is no call of its service."""
    service, region = _scope(headers)
    target = headers.get("x-amz-target", "")
    form = {}
    if not target and headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        form = _form(body)
    if service is None:
        service = "sts" if form.get("Action") in UNSIGNED else "unknown"
    if service not in READABLE:
        return Call(service, region)
    model = service_model(service)
    protocol = model.metadata["protocol"]
    call = Call(service, region, protocol=protocol if protocol in ("ec2", "query") else "json")
    try:
        _fill(call, model, target, form, headers, body)
    except AwsError as error:
        error.call = call
        raise
    return call


def _scope(headers):
    """Service and region that the Authorization header names."""
    for part in headers.get("authorization", "").replace(",", " ").split():
        if part.startswith("Credential="):
            scope = part.split("/")
            if len(scope) == 5:
                return SERVICES.get(scope[3], scope[3]), scope[2]
    return None, "us-east-1"


def _form(body):
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, strict_parsing=True)
    except ValueError as error:
        raise AwsError("MalformedQueryString", f"The form is not well-formed: {error}") from None
    if len({key for key, _ in pairs}) != len(pairs):
        raise AwsError("MalformedQueryString", "A field of the form is there twice.")
    return dict(pairs)


def _fill(call, model, target, form, headers, body):
    if call.protocol == "json":
        prefix, _, operation = target.partition(".")
        if prefix != model.metadata["targetPrefix"] or operation not in model.operation_names:
            raise AwsError("UnknownOperationException", f"X-Amz-Target is '{target}'.")
        expected = f"application/x-amz-json-{model.metadata['jsonVersion']}"
        if headers.get("content-type") != expected:
            raise AwsError("SerializationException", f"Content-Type has to be {expected}.")
        call.operation = operation
        try:
            call.parameters = json.loads(body or b"{}")
        except ValueError as error:
            raise AwsError("SerializationException", f"The body is not JSON: {error}") from None
        return
    action = form.pop("Action", "")
    if action not in model.operation_names:
        raise AwsError("InvalidAction", f"The action '{action}' is not valid for this web service.")
    version = form.pop("Version", "")
    if version != model.metadata["apiVersion"]:
        raise AwsError("InvalidParameterValue", f"Version is '{version}', not {model.metadata['apiVersion']}.")
    call.operation = action
    shape = model.operation_model(action).input_shape
    left = dict(form)
    call.parameters = _structure(shape, "", left, call.protocol) if shape else {}
    if left:
        raise AwsError("ValidationError", f"Unknown parameters: {', '.join(sorted(left))}.")


def _structure(shape, prefix, form, protocol):
    values = {}
    for name, member in shape.members.items():
        spelling = _spelling(name, member, protocol)
        key = f"{prefix}.{spelling}" if prefix else spelling
        value = _value(member, key, form, protocol)
        if value is not None:
            values[name] = value
    return values


def _spelling(name, member, protocol):
    serialised = member.serialization.get("name", name)
    if protocol == "ec2":
        return member.serialization.get("queryName") or serialised[0].upper() + serialised[1:]
    return serialised


def _value(shape, key, form, protocol):
    if shape.type_name in ("structure", "map", "list"):
        if not any(name == key or name.startswith(f"{key}.") for name in form):
            return None
        if shape.type_name == "structure":
            return _structure(shape, key, form, protocol)
        if shape.type_name == "map":
            return _map(shape, key, form, protocol)
        return _list(shape, key, form, protocol)
    text = form.pop(key, None)
    if text is None:
        return None
    if shape.type_name in ("integer", "long"):
        return int(text) if text.lstrip("-").isdigit() else text
    if shape.type_name in ("float", "double"):
        return float(text)
    if shape.type_name == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return text


def _list(shape, key, form, protocol):
    if protocol != "ec2" and not shape.serialization.get("flattened"):
        key += f".{shape.member.serialization.get('name', 'member')}"
    items, number = [], 1
    while (item := _value(shape.member, f"{key}.{number}", form, protocol)) is not None:
        items.append(item)
        number += 1
    return items


def _map(shape, key, form, protocol):
    entries, number = {}, 1
    key += "" if shape.serialization.get("flattened") else ".entry"
    while (name := _value(shape.key, f"{key}.{number}.key", form, protocol)) is not None:
        entries[name] = _value(shape.value, f"{key}.{number}.value", form, protocol)
        number += 1
    return entries
