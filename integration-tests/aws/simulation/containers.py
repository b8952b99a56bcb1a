"""Containers as processes: an image is a program of this repository, bound to the address of its task.

Each runs in a mount namespace of its own, where /etc/hosts holds what the private DNS would answer and calls the task's address
`localhost`. So names of Cloud Map resolve, and change while the program runs.
"""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

from .surroundings import TaskFailure

# ENTRYPOINT and CMD of the images, as in their Dockerfiles.
IMAGES = {
    "push-api": ([], ["push-api"]),
    "push-agent": ([], ["push-agent"]),
    "push-stream": ([], ["push-stream", "-c", "/etc/push-stream/nginx.conf"]),
    "push-redis": (["docker-entrypoint.sh"], []),
}
PROGRAMS = ("push-api", "push-agent", "push-stream", "redis-server", "redis-cli", "mkdir")
ENTER = 'mount --bind "$0" /etc/hosts && exec "$@"'


class Images:
    """The images that can be pulled: NAME of REGISTRY/NAME:TAG is a program."""

    def __init__(self, binaries, repository):
        self.binaries, self.repository = Path(binaries), Path(repository)

    def check(self, image):
        name = image.split("@")[0].rsplit("/", 1)[-1].split(":")[0]
        if name not in IMAGES:
            raise TaskFailure(f"CannotPullContainerError: pull image manifest has been retried 1 time(s): {image}: not found")
        return name

    def stop_signal(self, name):
        """What the image's Dockerfile says: push-stream parts with its subscribers one after the other by another than SIGTERM."""
        found = re.search(r"(?m)^STOPSIGNAL (\w+)$", (self.repository / name / "Dockerfile").read_text())
        return signal.Signals[found.group(1)] if found else signal.SIGTERM

    def program(self, name):
        path = str(self.binaries / name)
        if not os.access(path, os.X_OK):
            raise TaskFailure(f"CannotStartContainerError: {name} is not among the binaries")
        return path


class Container:
    """One container of a task: its files, environment and process."""

    def __init__(self, definition, folder, address, images, hosts, mounts):
        self.definition, self.address, self.hosts = definition, address, hosts
        self.name = definition["name"]
        self.folder = Path(folder)
        self.process = None
        self.log = self.folder / "output.log"
        self._lines = []
        image = images.check(definition["image"])
        self._stop_signal = images.stop_signal(image)
        (self.folder / "bin").mkdir(parents=True)
        (self.folder / "data").mkdir()
        self._paths = [(path, host) for path, host in mounts] + [("/data", str(self.folder / "data"))]
        self._configure(images)
        self._shims(images)
        entry_point, command = IMAGES[image]
        if definition.get("entryPoint"):
            # As with Docker, it takes the image's command away.
            entry_point, command = definition["entryPoint"], []
        self.command = entry_point + (definition.get("command") or command)

    def _configure(self, images):
        """The configuration files of the images, listening on the task's address only."""
        text = (images.repository / "push-stream/nginx.conf").read_text()
        text = re.sub(r"(\blisten\s+)(?:\*:|0\.0\.0\.0:)?(\d+)", rf"\g<1>{self.address}:\2", text)
        stream = self.folder / "nginx.conf"
        stream.write_text(text)
        redis = self.folder / "redis.conf"
        text = (images.repository / "push-redis/redis.conf").read_text()
        redis.write_text(re.sub(r"(?m)^(bind|dir)\s.*$", "", text) + f"dir {self.folder / 'data'}\n")
        self._paths = [
            ("/etc/push-stream/nginx.conf", str(stream)), ("/etc/push-redis/redis.conf", str(redis)), *self._paths,
        ]

    def _shims(self, images):
        """Programs of the image's PATH: they take the container's paths for those of this machine."""
        cases = "\n".join(
            f"    {path}) argument={host} ;;\n    {path}/*) argument={host}/${{argument#{path}/}} ;;" for path, host in self._paths)
        entry_point = self.folder / "bin/docker-entrypoint.sh"
        (self.folder / "run").mkdir()
        text = (images.repository / "push-redis/docker-entrypoint.sh").read_text()
        text = text.replace("/etc/push-redis/redis.conf", str(self.folder / "redis.conf"))
        entry_point.write_text(text.replace("/run/push-redis/", f"{self.folder}/run/"))
        entry_point.chmod(0o755)
        for name in PROGRAMS:
            program = images.program(name) if name.startswith("push-") else shutil.which(name)
            if program is None:
                raise TaskFailure(f"CannotStartContainerError: there is no {name} on this machine")
            extra = {"redis-server": f"--bind {self.address}", "push-stream": ""}.get(name, "")
            first = f"-p {self.folder}" if name == "push-stream" else ""
            shim = self.folder / "bin" / name
            shim.write_text(
                "#!/bin/sh\nfor argument; do\n    shift\n    case $argument in\n"
                f"{cases}\n    esac\n    set -- \"$@\" \"$argument\"\ndone\n"
                # The health check takes no other options.
                f"if [ \"${{1:-}}\" = --health ]; then exec {program} \"$@\"; fi\n"
                f"exec {program} {first} \"$@\" {extra}\n")
            shim.chmod(0o755)

    def environment(self, secrets):
        """The variables of the container and nothing of this machine's but the path. Loopback is the task's address."""
        values = {entry["name"]: entry["value"] for entry in self.definition.get("environment", [])} | secrets
        values = {key: re.sub(r"(?<=[/@])127\.0\.0\.1(?=[:/]|$)", self.address, value) for key, value in values.items()}
        own = {
            "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin", "HOME": str(self.folder), "HOSTNAME": self.folder.parent.name,
            "PUSHAPI_SERVER__HOST": self.address, "PUSHAGENT_SERVER__HOST": self.address,
        }
        return own | values | {key: own[key] for key in ("PUSHAPI_SERVER__HOST", "PUSHAGENT_SERVER__HOST")}

    def start(self, secrets):
        self._environment = self.environment(secrets)
        with open(self.log, "ab") as output:
            self.process = self._run(self.command, output)

    def _run(self, command, output):
        isolate = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
        return subprocess.Popen(
            [*isolate, "sh", "-c", ENTER, str(self.hosts), *command], cwd=self.folder, env=self._environment, stdout=output,
            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True)

    @property
    def exit_code(self):
        if self.process is None:
            return None
        code = self.process.poll()
        return 128 - code if code is not None and code < 0 else code

    def is_healthy(self):
        """Runs the health command once, and tells whether it ended well."""
        kind, *arguments = self.definition["healthCheck"]["command"]
        command = ["sh", "-c", arguments[0]] if kind == "CMD-SHELL" else arguments
        with open(self.folder / "health.log", "ab") as output:
            check = self._run(command, output)
        try:
            return check.wait(self.definition["healthCheck"].get("timeout", 5)) == 0
        except subprocess.TimeoutExpired:
            os.killpg(check.pid, signal.SIGKILL)
            check.wait()
            return False

    def signal(self, number):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def stop(self, timeout):
        """The image's stop signal, and SIGKILL after the stop timeout."""
        if self.process is None:
            return
        self.signal(self._stop_signal)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            pass
        self.kill()

    def kill(self):
        if self.process is None:
            return
        try:
            # Also what it had started.
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def lines(self):
        """Its last lines, also when its files are gone."""
        try:
            self._lines = self.log.read_text(errors="replace").splitlines()[-200:]
        except FileNotFoundError:
            pass
        return self._lines
