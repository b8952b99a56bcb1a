"""A task of a service: from PROVISIONING to STOPPED, one thread each."""

import shutil
import threading
import time
import uuid

from .containers import Container
from .surroundings import ACCOUNT, TaskFailure

STATES = ["PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"]


class Task:
    def __init__(self, world, service, deployment, definition):
        self.world, self.service, self.deployment, self.definition = world, service, deployment, definition
        self.id = uuid.uuid4().hex
        self.arn = f"arn:aws:ecs:{world.region}:{ACCOUNT}:task/{service.cluster}/{self.id}"
        self.last_status, self.desired_status = "PROVISIONING", "RUNNING"
        self.address = self.eni = None
        self.created = time.time()
        self.times = {}
        self.version = 1
        self.stopped_reason = self.stop_code = None
        self.containers = []
        self.health = {}
        self.counted = False
        self._stop = threading.Event()
        self.thread = threading.Thread(target=self._live, name=f"task-{self.id[:8]}", daemon=True)

    def start(self):
        self.thread.start()

    def stop(self, reason, code="ServiceSchedulerInitiated"):
        """Asks the task to end. The first reason stays."""
        if self.stopped_reason is None:
            self.stopped_reason, self.stop_code = reason, code
        self.desired_status = "STOPPED"
        self._stop.set()

    @property
    def is_stopped(self):
        return self.last_status == "STOPPED"

    @property
    def is_ready(self):
        return self.last_status == "RUNNING" and self.desired_status == "RUNNING" and self.health_status != "UNHEALTHY" and (
            self.health_status == "HEALTHY" or not self._checked())

    @property
    def failed(self):
        """Whether it ended although nobody wanted it to."""
        return self.stop_code in ("TaskFailedToStart", "EssentialContainerExited", "ContainerHealth")

    @property
    def health_status(self):
        checked = self._checked()
        states = {self.health.get(definition["name"], "UNKNOWN") for definition in checked}
        if not checked or "UNKNOWN" in states:
            return "UNKNOWN"
        return "UNHEALTHY" if "UNHEALTHY" in states else "HEALTHY"

    def _checked(self):
        return [d for d in self.definition.container_definitions if _has_check(d) and d.get("essential", True)]

    def _enter(self, state):
        with self.world.changed:
            self.last_status = state
            self.times[state] = time.time()
            self.version += 1
            self.world.changed.notify_all()

    def _live(self):
        try:
            self._provision()
            self._enter("PENDING")
            self._launch()
            self._enter("ACTIVATING")
            self._register()
            self._enter("RUNNING")
            self._watch()
        except TaskFailure as failure:
            self.stop(str(failure), "TaskFailedToStart")
        except Exception as error:  # A fault of the simulation must show as one.
            self.stop(f"The simulation failed: {error!r}", "TaskFailedToStart")
        finally:
            self._end()

    def _provision(self):
        network = self.deployment.network
        self.address = self.world.addresses.take()
        self.eni = self.world.outside.attach_interface(
            network["subnets"][0], network.get("securityGroups", []), self.address,
            network.get("assignPublicIp") == "ENABLED", self.arn)

    def _launch(self):
        if self.behaviour == "never-starts":
            self._stop.wait()
        folder = self.world.folder / "tasks" / self.id
        folder.mkdir(parents=True)
        hosts = folder / "hosts"
        self.world.write_hosts(hosts, self.address)
        secrets = {}
        for definition in self.definition.container_definitions:
            if self.behaviour == "cannot-pull":
                raise TaskFailure(f"CannotPullContainerError: {definition['image']}: not found")
            secrets[definition["name"]] = {
                entry["name"]: self.world.outside.secret(entry["valueFrom"]) for entry in definition.get("secrets", [])
            }
            if options := _log_options(definition):
                self.world.outside.open_log(options, definition["name"], self.id)
        self.containers = [
            Container(d, folder / d["name"], self.address, self.world.images, hosts, self.world.mounts(self.definition, d, folder))
            for d in self.definition.container_definitions
        ]
        waiting = list(self.containers)
        while waiting and not self._stop.is_set():
            for container in [c for c in waiting if all(self._is_met(d) for d in c.definition.get("dependsOn", []))]:
                container.start(secrets[container.name])
                waiting.remove(container)
                if self.behaviour == "exits":
                    container.kill()
            self._check_containers()
            self._stop.wait(self.world.pace)

    @property
    def behaviour(self):
        return self.world.behaviour(self.definition.family)

    def _is_met(self, dependency):
        other = next(c for c in self.containers if c.name == dependency["containerName"])
        condition = dependency["condition"]
        if condition == "START":
            return other.process is not None
        if condition == "HEALTHY":
            return self.health.get(other.name) == "HEALTHY"
        return other.exit_code == 0 or (condition == "COMPLETE" and other.exit_code is not None)

    def _register(self):
        if self._stop.is_set():
            return
        with self.world.changed:
            for registry in self.service.registries:
                self.world.outside.register_instance(
                    registry["registryArn"], self.id, self.address, registry.get("port") or registry.get("containerPort"), {
                        "ECS_CLUSTER_NAME": self.service.cluster, "ECS_SERVICE_NAME": self.service.name,
                        "ECS_TASK_DEFINITION_FAMILY": self.definition.family, "AVAILABILITY_ZONE": f"{self.world.region}a",
                    })
            for balancer in self.service.balancers:
                self.world.outside.register_target(balancer["targetGroupArn"], self.address, balancer["containerPort"])
            self.world.update_hosts()

    def _watch(self):
        """Until somebody wants it to end, an essential container ends, or a health check has failed too often."""
        while not self._stop.is_set():
            self._check_containers()
            if self.health_status == "UNHEALTHY":
                self.stop("Task failed container health checks", "ContainerHealth")
            self._stop.wait(self.world.pace)

    def _check_containers(self):
        for container in self.containers:
            if container.exit_code is not None and container.definition.get("essential", True):
                code = "EssentialContainerExited"
                self.stop("Essential container in task exited", code)
            elif container.process is not None and _has_check(container.definition) and container.exit_code is None:
                self._check_health(container)

    def _check_health(self, container):
        state = self.health.setdefault(f"{container.name} check", {"next": 0.0, "failures": 0, "since": time.monotonic()})
        now = time.monotonic()
        if now < state["next"]:
            return
        check = container.definition["healthCheck"]
        # Seconds of AWS are moments here, except where the program really needs its time: startPeriod.
        interval = check.get("interval", 30) * self.world.pace / 5
        healthy = self.behaviour != "unhealthy" and container.is_healthy()
        before = self.health.get(container.name)
        if healthy:
            state["failures"] = 0
            self.health[container.name] = "HEALTHY"
        elif now - state["since"] > check.get("startPeriod", 0) * self.world.pace or before == "HEALTHY":
            state["failures"] += 1
            if state["failures"] >= check.get("retries", 3):
                self.health[container.name] = "UNHEALTHY"
        state["next"] = time.monotonic() + interval
        if self.health.get(container.name) != before:
            with self.world.changed:
                self.version += 1
                self.world.changed.notify_all()

    def _end(self):
        self.desired_status = "STOPPED"
        self._enter("DEACTIVATING")
        with self.world.changed:
            for registry in self.service.registries:
                self.world.outside.deregister_instance(registry["registryArn"], self.id)
            for balancer in self.service.balancers:
                self.world.outside.deregister_target(balancer["targetGroupArn"], self.address)
            self.world.update_hosts()
        self._enter("STOPPING")
        self._stop_containers()
        self._enter("DEPROVISIONING")
        if self.eni:
            self.world.outside.delete_interface(self.eni.id)
        if self.address:
            self.world.addresses.give_back(self.address)
        for container in self.containers:
            lines = container.lines()
            if options := _log_options(container.definition):
                self.world.outside.write_log(options, container.name, self.id, lines)
        if not self.world.keeps_files:
            shutil.rmtree(self.world.folder / "tasks" / self.id, ignore_errors=True)
        self._enter("STOPPED")

    def _stop_containers(self):
        """Those that depend on others end first, as on AWS."""
        left = [c for c in self.containers if c.process is not None]
        while left:
            needed = {d["containerName"] for c in left for d in c.definition.get("dependsOn", [])}
            ending = [c for c in left if c.name not in needed]
            threads = [
                threading.Thread(target=c.stop, args=(c.definition.get("stopTimeout", 30),), daemon=True) for c in ending
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            left = [c for c in left if c not in ending]

    def describe(self):
        eni = self.eni
        answer = {
            "taskArn": self.arn, "clusterArn": self.world.cluster_arn(self.service.cluster), "group": self.service.group,
            "taskDefinitionArn": self.definition.arn, "startedBy": self.deployment.id, "lastStatus": self.last_status,
            "desiredStatus": self.desired_status, "launchType": "FARGATE", "platformVersion": "1.4.0", "platformFamily": "Linux",
            "connectivity": "CONNECTED", "availabilityZone": f"{self.world.region}a", "cpu": self.definition.cpu,
            "memory": self.definition.memory, "createdAt": self.created, "version": self.version, "healthStatus": self.health_status,
            "containers": [self._describe_container(d) for d in self.definition.container_definitions], "tags": self.tags(),
            "attachments": [{
                "id": str(uuid.uuid5(uuid.NAMESPACE_OID, self.id)), "type": "ElasticNetworkInterface",
                "status": "DELETED" if self.is_stopped else "ATTACHED" if eni else "PRECREATED",
                "details": [
                    {"name": "subnetId", "value": self.deployment.network["subnets"][0]},
                    *([
                        {"name": "networkInterfaceId", "value": eni.id}, {"name": "macAddress", "value": eni.mac_address},
                        {"name": "privateIPv4Address", "value": self.address},
                    ] if eni else []),
                ],
            }],
        }
        if "RUNNING" in self.times:
            answer["startedAt"] = self.times["RUNNING"]
        if "STOPPING" in self.times:
            answer["stoppingAt"] = self.times["STOPPING"]
        if self.is_stopped:
            answer["stoppedAt"] = self.times["STOPPED"]
        if self.stopped_reason:
            answer |= {"stoppedReason": self.stopped_reason, "stopCode": {
                "ContainerHealth": "ServiceSchedulerInitiated"}.get(self.stop_code, self.stop_code)}
        return answer

    def tags(self):
        source = {"SERVICE": self.service.tags, "RUN": self.service.tags, "TASK_DEFINITION": self.world.definition_tags(self.definition)}
        return list(source.get(self.service.propagate, []))

    def _describe_container(self, definition):
        container = next((c for c in self.containers if c.name == definition["name"]), None)
        running = container is not None and container.process is not None
        answer = {
            "containerArn": f"{self.arn.replace(':task/', ':container/')}/{uuid.uuid5(uuid.NAMESPACE_OID, self.id + definition['name'])}",
            "taskArn": self.arn, "name": definition["name"], "image": definition["image"], "runtimeId": f"{self.id}-{definition['name']}",
            "lastStatus": "STOPPED" if self.is_stopped or (running and container.exit_code is not None) else
            "RUNNING" if running else "PENDING",
            "healthStatus": self.health.get(definition["name"], "UNKNOWN"),
            "networkInterfaces": [{"attachmentId": str(uuid.uuid5(uuid.NAMESPACE_OID, self.id)), "privateIpv4Address": self.address}]
            if self.eni and not self.is_stopped else [],
        }
        if running and container.exit_code is not None:
            answer["exitCode"] = container.exit_code
        return answer


def _has_check(definition):
    return definition.get("healthCheck", {}).get("command", ["NONE"]) != ["NONE"]


def _log_options(definition):
    logs = definition.get("logConfiguration", {})
    return logs.get("options") if logs.get("logDriver") == "awslogs" else None
