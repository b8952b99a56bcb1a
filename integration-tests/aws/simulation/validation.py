"""Requests against botocore's models: members, types, ranges, and, which botocore leaves to AWS, enumerations and patterns."""

import re
from functools import cache

from botocore.validate import ParamValidator

from .calls import service_model
from .errors import AwsError


def validate(call):
    """Raises AwsError with every fault of the call's parameters."""
    shape = service_model(call.service).operation_model(call.operation).input_shape
    if shape is None:
        faults = [f"{call.operation} takes no parameters"] if call.parameters else []
    elif not isinstance(call.parameters, dict):
        faults = ["The body has to be an object"]
    else:
        report = ParamValidator().validate(call.parameters, shape)
        faults = report.generate_report().splitlines() or list(_faults(shape, call.parameters, call.operation))
    if faults:
        code = "ValidationError" if call.protocol == "query" else "ValidationException"
        raise AwsError(code, "; ".join(faults))


def _faults(shape, value, path):
    kind = shape.type_name
    if kind == "structure":
        for name, member in value.items():
            yield from _faults(shape.members[name], member, f"{path}.{name}")
    elif kind == "list":
        yield from _length(shape, value, path)
        for index, item in enumerate(value):
            yield from _faults(shape.member, item, f"{path}[{index}]")
    elif kind == "map":
        for key, item in value.items():
            yield from _faults(shape.key, key, f"{path} key")
            yield from _faults(shape.value, item, f"{path}.{key}")
    elif kind in ("integer", "long") and value > shape.metadata.get("max", value):
        yield f"{path}: {value} is above {shape.metadata['max']}"
    elif kind == "string":
        if shape.enum and value not in shape.enum:
            yield f"{path}: '{value}' is not one of {', '.join(shape.enum)}"
        yield from _length(shape, value, path)
        pattern = shape.metadata.get("pattern")
        if pattern and (compiled := _pattern(pattern)) and not compiled.search(value):
            yield f"{path}: does not match {pattern}"


def _length(shape, value, path):
    if len(value) > shape.metadata.get("max", len(value)):
        yield f"{path}: {len(value)} is longer than {shape.metadata['max']}"


@cache
def _pattern(text):
    """The pattern as AWS applies it, to the whole text; None for what Python's expressions cannot say (\\p{L})."""
    try:
        return re.compile(f"^(?:{text})$", re.DOTALL)
    except re.error:
        return None
