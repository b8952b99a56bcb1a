"""All that the simulation holds beside moto: services, tasks, addresses, and what a test has asked for."""

import socket
import threading
from pathlib import Path

from moto.ecs import ecs_backends

from .errors import AwsError
from .surroundings import ACCOUNT, Surroundings


class Addresses:
    """Addresses 127.77.N.1 to .250 for tasks. N is this process's own: several run on one machine."""

    def __init__(self):
        for number in range(1, 255):
            # Held open: who else binds it takes another N.
            self._claim = socket.socket()
            try:
                self._claim.bind((f"127.77.{number}.254", 7777))
                break
            except OSError:
                self._claim.close()
        else:
            raise RuntimeError("no free part of 127.77.0.0/16: too many simulations run")
        self._prefix = f"127.77.{number}"
        self._lock = threading.Lock()
        self._free = list(range(1, 251))

    def take(self):
        with self._lock:
            return f"{self._prefix}.{self._free.pop(0)}"

    def give_back(self, address):
        # At the end of the list: an address that was just left answers nobody for as long as can be.
        with self._lock:
            self._free.append(int(address.rsplit(".", 1)[1]))


class World:
    def __init__(self, region, images, folder, pace, keeps_files):
        self.region, self.images, self.folder, self.pace, self.keeps_files = region, images, Path(folder), pace, keeps_files
        self.outside = Surroundings(region)
        self.addresses = Addresses()
        # Guards services and the states of tasks; notified when one changes.
        self.changed = threading.Condition(threading.RLock())
        self.services = {}
        # Tasks of RunTask, which belong to no service.
        self.lone_tasks = []
        self.tokens = {}
        self.behaviours = {}
        self.delay = 0.0

    @property
    def ecs(self):
        return ecs_backends[ACCOUNT][self.region]

    def cluster(self, name):
        """The name of an existing cluster."""
        short = (name or "default").split("/")[-1]
        cluster = self.ecs.clusters.get(short)
        if cluster is None or cluster.status != "ACTIVE":
            raise AwsError("ClusterNotFoundException", "Cluster not found.")
        return short

    def cluster_arn(self, name):
        return f"arn:aws:ecs:{self.region}:{ACCOUNT}:cluster/{name}"

    def tasks(self):
        return [task for service in self.services.values() for task in service.tasks] + self.lone_tasks

    def definition_tags(self, definition):
        return definition.tags or []

    def behaviour(self, family):
        """What a test wants tasks of this family to do, if anything. The longest matching prefix counts."""
        matches = [prefix for prefix in self.behaviours if family.startswith(prefix)]
        return self.behaviours[max(matches, key=len)] if matches else None

    def mounts(self, definition, container, folder):
        """Container path and path here of each mounted volume. EFS outlives its task, everything else ends with it."""
        volumes = {volume["name"]: volume for volume in definition.volumes}
        for mount in container.get("mountPoints", []):
            efs = volumes[mount["sourceVolume"]].get("efsVolumeConfiguration")
            if efs:
                access_point = efs.get("authorizationConfig", {}).get("accessPointId", "")
                path = self.folder / "efs" / efs["fileSystemId"] / access_point / efs.get("rootDirectory", "/").strip("/")
            else:
                path = folder / "volumes" / mount["sourceVolume"]
            path.mkdir(parents=True, exist_ok=True)
            yield mount["containerPath"], str(path)

    def write_hosts(self, path, address):
        lines = [f"{address} localhost"]
        lines += [f"{ip} {name}" for name, addresses in sorted(self.outside.names().items()) for ip in addresses]
        # In place: the file is mounted over /etc/hosts.
        Path(path).write_text("\n".join(lines) + "\n")

    def update_hosts(self):
        for task in self.tasks():
            path = self.folder / "tasks" / task.id / "hosts"
            if path.exists():
                self.write_hosts(path, task.address)

    def stop_all(self):
        """Stops every task at once and forgets the services."""
        with self.changed:
            tasks = [task for task in self.tasks() if not task.is_stopped]
            for service in self.services.values():
                service.status = "DRAINING"
            for task in tasks:
                task.stop("The simulation ends")
                for container in task.containers:
                    container.kill()
        for task in tasks:
            task.thread.join(30)
        with self.changed:
            self.services, self.tokens, self.behaviours, self.delay = {}, {}, {}, 0.0
            self.lone_tasks = []
