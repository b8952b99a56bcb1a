"""Leads most of schemathesis' requests to an instance that there is, bound by names that tsuru allows: made-up names all end at 400 or 404."""

import itertools

import schemathesis

INSTANCE = "mychat"
turns = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    turn = next(turns)
    if case.operation.label == "DELETE /resources/{name}":
        # The instance has to live on, also where one request takes the name from another.
        if case.path_parameters.get("name") == INSTANCE:
            case.path_parameters["name"] = "another"
        return
    # The last third stays as it was made up.
    if turn % 3 == 2:
        return
    if "name" in case.path_parameters:
        case.path_parameters["name"] = INSTANCE
    if "job" in case.path_parameters:
        case.path_parameters["job"] = f"job-{turn % 5}"
    if isinstance(case.body, dict):
        for field in ("app-name", "appName"):
            if field in case.body:
                case.body[field] = f"app-{turn % 5}"
        # Another plan would restart the instance again and again.
        if "plan" in case.body:
            case.body["plan"] = "small"
