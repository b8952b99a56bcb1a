"""A simulated AWS, the scripts on it, and a pushaas that is configured by what they print."""

import base64
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMPONENT = HERE.parent
BINARIES = Path(os.environ.get("PUSH_BINARIES") or COMPONENT.parent / ".build/release").resolve()
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIDSIMULATION0000001", "AWS_SECRET_ACCESS_KEY": "a secret of the simulation", "AWS_REGION": "eu-west-1",
}


def eventually(what, condition, seconds=120):
    end = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.1)
    return answer


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class AWS:
    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "simulated_aws.py"), "--binaries", str(BINARIES)], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"})
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            raise RuntimeError("the simulated AWS did not start")
        self.url = f"http://127.0.0.1:{line.split()[-1]}"
        # The AWS command line is beside this Python.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = os.environ | CREDENTIALS | {
            "AWS_ENDPOINT_URL": self.url, "PATH": path, "REGISTRY": "registry.test", "AWS_PAGER": "", "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def script(self, name, *arguments, **variables):
        """Runs deploy.sh or destroy.sh as a user does."""
        return subprocess.run(
            [str(COMPONENT / name), *arguments], env=self.environment | variables, capture_output=True, text=True, timeout=600,
            check=False)

    def cli(self, *arguments):
        run = subprocess.run(
            ["aws", *arguments, "--output", "json"], env=self.environment | {"AWS_DEFAULT_REGION": "eu-west-1"}, capture_output=True,
            text=True, timeout=120, check=True)
        return json.loads(run.stdout or "null")

    def control(self, name):
        with urllib.request.urlopen(f"{self.url}/_control/{name}", timeout=60) as answer:
            return json.load(answer)

    def end(self):
        self.process.terminate()
        self.process.wait(60)
        self.process.stdout.close()


class Balancer:
    """What the simulated AWS lacks: forwards connections to the task of push-api, as the internal load balancer does."""

    def __init__(self, aws):
        self.aws = aws
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            tasks = self.aws.control("tasks")["tasks"]
            running = [task for task in tasks if task["family"].endswith("-push-api") and task["address"] and task["status"] != "STOPPED"]
            if not running:
                return
            try:
                target = socket.create_connection((running[0]["address"], 8080), timeout=10)
            except OSError:
                return
            with target:
                back = threading.Thread(target=self._copy, args=(target, connection), daemon=True)
                back.start()
                self._copy(connection, target)
                back.join()

    @staticmethod
    def _copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def end(self):
        self.server.close()


class Pushaas:
    """The real program, with a Redis of its own."""

    def __init__(self, configuration, aws):
        self.folder = tempfile.TemporaryDirectory()
        redis, self.port = free_port(), free_port()
        self.redis = subprocess.Popen(
            ["redis-server", "--port", str(redis), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder.name],
            stdout=subprocess.DEVNULL)
        self.log = open(f"{self.folder.name}/log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [str(BINARIES / "pushaas")], cwd=self.folder.name, stdout=self.log, stderr=subprocess.STDOUT,
            env=os.environ | CREDENTIALS | configuration | {
                "PUSHAAS_SERVER__HOST": "127.0.0.1", "PUSHAAS_SERVER__PORT": str(self.port), "PUSHAAS_API__BASIC_AUTH_PASSWORD": "secret",
                "PUSHAAS_REDIS__URL": f"redis://127.0.0.1:{redis}", "PUSHAAS_PROVISIONER__ECS__ENDPOINT": aws.url,
                "PUSHAAS_PROVISIONER__ECS__POLL_INTERVAL": "200ms",
            })
        eventually("pushaas is ready", lambda: self._status(f"http://127.0.0.1:{self.port}/readyz") == 200)

    @staticmethod
    def _status(url):
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def call(self, method, path, form=None):
        """As tsuru calls it: status and text."""
        data = None if form is None else urllib.parse.urlencode(form).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/v1/resources{path}", data=data, method=method)
        request.add_header("Authorization", "Basic " + base64.b64encode(b"tsuru:secret").decode())
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def end(self):
        for process in (self.process, self.redis):
            process.kill()
            process.wait(60)
        self.log.close()
        self.folder.cleanup()


def settings(text):
    """The variables that deploy.sh prints."""
    return dict(re.findall(r"^(PUSHAAS_\w+)=(.*)$", text, re.MULTILINE))


class StacksTest(unittest.TestCase):
    def setUp(self):
        self.aws = AWS()
        self.addCleanup(self.aws.end)

    def deploy(self, *arguments, **variables):
        run = self.aws.script("deploy.sh", *arguments, **variables)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        return run.stdout

    def stacks(self):
        return sorted(stack["StackName"] for stack in self.aws.cli("cloudformation", "describe-stacks")["Stacks"])
