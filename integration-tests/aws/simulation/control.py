"""What tests ask of the simulation itself: POST and GET of JSON below /_control."""

from datetime import datetime, timezone

from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.ecs import ecs_backends
from moto.logs import logs_backends
from moto.secretsmanager import secretsmanager_backends

from .faults import Fault
from .surroundings import ACCOUNT

BEHAVIOURS = {"never-starts", "cannot-pull", "exits", "unhealthy"}


class Control:
    def __init__(self, world, faults, credentials):
        self._world, self._faults, self._credentials = world, faults, credentials
        self._operations = {
            ("GET", "calls"): lambda _: {"calls": self._faults.calls}, ("POST", "faults"): self._add_fault,
            ("POST", "clear"): self._clear, ("POST", "behaviour"): self._behaviour, ("POST", "delay"): self._delay,
            ("POST", "credentials"): self._add_credentials, ("GET", "tasks"): self._tasks, ("POST", "kill"): self._kill,
            ("GET", "leftovers"): lambda _: self.leftovers(), ("POST", "reset"): self._reset,
        }

    def answer(self, method, name, body):
        """The JSON of the answer. Raises KeyError for what is not there, ValueError or TypeError for a bad body."""
        return self._operations[(method, name)](body)

    def _add_fault(self, body):
        self._faults.add(Fault(**body))
        return {}

    def _clear(self, _):
        self._faults.clear()
        return {}

    def _behaviour(self, body):
        """{"family": PREFIX, "behaviour": ...}; null takes it back."""
        if body["behaviour"] not in BEHAVIOURS | {None}:
            raise ValueError(f"behaviour is null or one of {', '.join(sorted(BEHAVIOURS))}")
        with self._world.changed:
            self._world.behaviours.pop(body["family"], None)
            if body["behaviour"]:
                self._world.behaviours[body["family"]] = body["behaviour"]
        return {}

    def _delay(self, body):
        """{"seconds": S}: what is made is not seen by reads for so long."""
        self._world.delay = float(body["seconds"])
        return {}

    def _add_credentials(self, body):
        expires = body.get("expires")
        self._credentials.add(
            body["accessKeyId"], body["secretAccessKey"], body.get("sessionToken"),
            datetime.fromtimestamp(expires, timezone.utc) if expires else None)
        return {}

    def _tasks(self, _):
        with self._world.changed:
            return {"tasks": [{
                "arn": task.arn, "service": task.service.name, "family": task.definition.family, "status": task.last_status,
                "address": task.address, "reason": task.stopped_reason, "containers": [{
                    "name": container.name, "pid": container.process and container.process.pid, "exitCode": container.exit_code,
                    "output": container.lines()[-20:],
                } for container in task.containers],
            } for task in self._world.tasks()]}

    def _kill(self, body):
        """{"task": ARN, "container": NAME}: SIGKILL."""
        task = next(task for task in self._world.tasks() if task.arn == body["task"])
        next(container for container in task.containers if container.name == body["container"]).kill()
        return {}

    def leftovers(self):
        """Everything that exists, by kind, but for clusters, networks, namespaces and log groups, which are there before."""
        world = self._world
        with world.changed:
            tasks = [task for task in world.tasks() if not task.is_stopped]
            services = [service.arn for service in world.services.values() if service.status != "INACTIVE"]
        definitions = ecs_backends[ACCOUNT][world.region].task_definitions.values()
        cloud_map = list(world.outside.cloud_map.services.values())
        return {
            "services": services, "tasks": [task.arn for task in tasks],
            "taskDefinitions": [d.arn for revisions in definitions for d in revisions.values() if d.status == "ACTIVE"],
            "cloudMapServices": [service.arn for service in cloud_map],
            "instances": [instance.instance_id for service in cloud_map for instance in service.instances],
            "networkInterfaces": list(world.outside.interfaces()),
            "secrets": [s.arn for s in secretsmanager_backends[ACCOUNT][world.region].secrets.values() if not s.deleted_date],
            "deletedSecrets": [s.arn for s in secretsmanager_backends[ACCOUNT][world.region].secrets.values() if s.deleted_date],
            "targets": [target for group in world.outside.balancers.target_groups.values() for target in group.targets],
            "targetGroups": list(world.outside.balancers.target_groups),
            "logStreams": [stream for group in logs_backends[ACCOUNT][world.region].groups.values() for stream in group.streams],
            "processes": [c.process.pid for task in tasks for c in task.containers if c.process and c.process.poll() is None],
        }

    def _reset(self, _):
        self._world.stop_all()
        self._faults.clear()
        for backends in BackendDict._instances:
            for account in list(backends.values()):
                for backend in list(account.values()):
                    backend.reset()
        reset_model_data()
        return {}
