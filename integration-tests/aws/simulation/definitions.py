"""What AWS checks in a Fargate task definition and no model says."""

import re

from .errors import client

# CPU units -> memory in MiB, from the table of Fargate's task sizes.
FARGATE_MEMORY = {
    256: [512, 1024, 2048],
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16384 + 1, 1024),
    4096: range(8192, 30720 + 1, 1024),
    8192: range(16384, 61440 + 1, 4096),
    16384: range(32768, 122880 + 1, 8192),
}
FAMILY = re.compile(r"^[A-Za-z0-9_-]{1,255}$")


def check_task_definition(parameters):
    """Raises AwsError for the first thing that ECS would refuse."""
    if not FAMILY.match(parameters["family"]):
        raise client("Family contains invalid characters.")
    containers = parameters["containerDefinitions"]
    if not containers:
        raise client("Container list cannot be empty.")
    check_tags(parameters.get("tags", []))
    if "FARGATE" in parameters.get("requiresCompatibilities", []):
        _fargate(parameters, containers)
    names = [container.get("name") for container in containers]
    if len(set(names)) != len(names) or not all(name and FAMILY.match(name) for name in names):
        raise client("Container names have to be there, valid and unique within a task.")
    if not any(container.get("essential", True) for container in containers):
        raise client("At least one container must be marked as essential.")
    volumes = {volume.get("name") for volume in parameters.get("volumes", [])}
    for container in containers:
        _container(container, {c["name"]: c for c in containers}, volumes, parameters)
    _acyclic({c["name"]: [d["containerName"] for d in c.get("dependsOn", [])] for c in containers})


def check_tags(tags):
    keys = [tag.get("key", "") for tag in tags]
    if len(keys) > 50 or len(set(keys)) != len(keys):
        raise client("There may be 50 tags at most, with unique keys.")
    for tag in tags:
        if not 1 <= len(tag.get("key", "")) <= 128 or len(tag.get("value", "")) > 256 or tag["key"].lower().startswith("aws:"):
            raise client(f"The tag '{tag.get('key')}' is not valid.")
        if re.search(r"[^\w\s.:/=+@-]", tag["key"] + tag.get("value", "")):
            raise client(f"The tag '{tag['key']}' has characters that are not allowed.")


def _fargate(parameters, containers):
    if parameters.get("networkMode") != "awsvpc":
        raise client("Fargate only supports network mode 'awsvpc'.")
    cpu, memory = parameters.get("cpu", ""), parameters.get("memory", "")
    if not cpu.isdigit() or not memory.isdigit():
        raise client("Fargate requires that 'cpu' and 'memory' be defined at the task level, in units and MiB.")
    if int(memory) not in FARGATE_MEMORY.get(int(cpu), []):
        raise client(f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory.")
    if sum(container.get("cpu", 0) for container in containers) > int(cpu):
        raise client("The CPU of the containers is above that of the task.")
    for container in containers:
        if max(container.get("memory", 0), container.get("memoryReservation", 0)) > int(memory):
            raise client(f"The memory of the container '{container.get('name')}' is above that of the task.")
        if container.get("privileged") or container.get("links"):
            raise client("'privileged' and 'links' are not supported on Fargate.")
        if container.get("stopTimeout", 0) > 120:
            raise client("The stop timeout is above Fargate's 120 seconds.")
        driver = container.get("logConfiguration", {}).get("logDriver", "awslogs")
        if driver not in ("awslogs", "splunk", "awsfirelens"):
            raise client(f"The log driver '{driver}' is not supported on Fargate.")
    size = parameters.get("ephemeralStorage", {}).get("sizeInGiB", 21)
    if not 21 <= size <= 200:
        raise client("Ephemeral storage is between 21 and 200 GiB.")


def _container(container, others, volumes, parameters):
    name = container["name"]
    if not container.get("image"):
        raise client(f"Container.image should not be null or empty ({name}).")
    if not parameters.get("memory") and not container.get("memory") and not container.get("memoryReservation"):
        raise client(f"At least one of 'memory' or 'memoryReservation' must be specified ({name}).")
    for port in container.get("portMappings", []):
        if port.get("hostPort", port["containerPort"]) != port["containerPort"]:
            raise client("When networkMode=awsvpc, the host ports and container ports in port mappings must match.")
    for mount in container.get("mountPoints", []):
        if mount.get("sourceVolume") not in volumes:
            raise client(f"Unknown volume '{mount.get('sourceVolume')}'.")
    for dependency in container.get("dependsOn", []):
        other = others.get(dependency["containerName"])
        if other is None or other is container:
            raise client(f"Container '{name}' depends on '{dependency['containerName']}', which is not another of its task.")
        if dependency["condition"] == "HEALTHY" and "healthCheck" not in other:
            raise client(f"Container '{other['name']}' has no health check that '{name}' could wait for.")
        if dependency["condition"] in ("COMPLETE", "SUCCESS") and other.get("essential", True):
            raise client(f"The essential container '{other['name']}' cannot be waited for to complete.")
    check = container.get("healthCheck")
    if check:
        if check["command"][:1] not in (["CMD"], ["CMD-SHELL"], ["NONE"]):
            raise client("The health check's command begins with CMD, CMD-SHELL or NONE.")
        for key, low, high in (("interval", 5, 300), ("timeout", 2, 60), ("retries", 1, 10), ("startPeriod", 0, 300)):
            if key in check and not low <= check[key] <= high:
                raise client(f"The health check's {key} is between {low} and {high}.")
    names = [entry["name"] for entry in container.get("environment", []) + container.get("secrets", [])]
    if len(set(names)) != len(names):
        raise client(f"The environment of '{name}' names a variable twice.")
    logs = container.get("logConfiguration")
    if logs and logs["logDriver"] == "awslogs":
        missing = {"awslogs-group", "awslogs-region", "awslogs-stream-prefix"} - set(logs.get("options", {}))
        if missing:
            raise client(f"The log driver awslogs needs {', '.join(sorted(missing))}.")
    if (container.get("secrets") or logs) and not parameters.get("executionRoleArn"):
        raise client("Fargate requires task definition to have execution role ARN to support log driver awslogs and secrets.")


def _acyclic(dependencies):
    left = dict(dependencies)
    while left:
        free = [name for name, needs in left.items() if not set(needs) & set(left)]
        if not free:
            raise client("The containers depend on each other in a circle.")
        for name in free:
            del left[name]
