"""A running simulation and botocore clients of it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import unittest
import urllib.request
from pathlib import Path

import botocore.session
from botocore.config import Config
from botocore.exceptions import WaiterError

HERE = Path(__file__).resolve().parent
REGION, KEY, SECRET = "eu-west-1", "AKIDSIMULATION0000001", "a secret of the simulation"


class Simulation:
    def __init__(self):
        binaries = os.environ.get("PUSH_BINARIES") or str(HERE.parents[2] / ".build/release")
        self.process = subprocess.Popen(
            [sys.executable, str(HERE.parent / "server.py"), "--binaries", binaries], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            raise RuntimeError("the simulation did not start")
        self.url = f"http://127.0.0.1:{line.split()[-1]}"

    def client(self, service, key=KEY, secret=SECRET, region=REGION, **config):
        session = botocore.session.Session()
        config = {"retries": {"total_max_attempts": 1}, "inject_host_prefix": False, "read_timeout": 20} | config
        return session.create_client(
            service, region_name=region, endpoint_url=self.url, aws_access_key_id=key, aws_secret_access_key=secret,
            config=Config(**config))

    def control(self, name, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.url}/_control/{name}", data=data, timeout=60) as answer:
            return json.load(answer)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.process.stdout.close()


class SimulationTest(unittest.TestCase):
    """A simulation for all tests of a class, emptied before each."""

    @classmethod
    def setUpClass(cls):
        cls.aws = Simulation()
        cls.addClassCleanup(cls.aws.end)
        for name in ("ecs", "ec2", "iam", "sts", "logs", "secretsmanager", "servicediscovery", "elbv2"):
            # IAM is everywhere and signed for one region.
            setattr(cls, name, cls.aws.client(name, region="us-east-1" if name == "iam" else REGION))

    def setUp(self):
        self.aws.control("reset", {})
        self.ecs.create_cluster(clusterName="push")
        self.logs.create_log_group(logGroupName="push")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [
            self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]["SubnetId"]
            for n, zone in ((1, "a"), (2, "b"))
        ]
        self.group = self.ec2.create_security_group(GroupName="push", Description="push", VpcId=self.vpc)["GroupId"]
        self.servicediscovery.create_private_dns_namespace(Name="push.test", Vpc=self.vpc)
        self.namespace = self.servicediscovery.list_namespaces()["Namespaces"][0]["Id"]

    def define(self, family, *containers, **more):
        given = {
            "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512",
            "executionRoleArn": "arn:aws:iam::123456789012:role/execution",
        } | more
        answer = self.ecs.register_task_definition(family=family, containerDefinitions=list(containers), **given)
        return answer["taskDefinition"]["taskDefinitionArn"]

    def redis(self, name="push-redis", **more):
        return {"name": "push-redis", "image": "registry.test/push-redis:1", "portMappings": [{"containerPort": 6379}],
                "environment": [{"name": "REDIS_ALLOW_EMPTY_PASSWORD", "value": "yes"}]} | more

    def create(self, name, definition, count=1, **more):
        given = {
            "launchType": "FARGATE", "networkConfiguration": {"awsvpcConfiguration": {
                "subnets": self.subnets, "securityGroups": [self.group], "assignPublicIp": "ENABLED"}},
        } | more
        return self.ecs.create_service(
            cluster="push", serviceName=name, taskDefinition=definition, desiredCount=count, **given)["service"]

    def wait(self, waiter, name, **more):
        try:
            self.ecs.get_waiter(waiter).wait(
                cluster="push", services=[name], WaiterConfig={"Delay": 0.2, "MaxAttempts": 300}, **more)
        except WaiterError as error:
            self.fail(f"{error}; tasks: {json.dumps(self.aws.control('tasks'), indent=1)}")

    def service(self, name):
        return self.ecs.describe_services(cluster="push", services=[name], include=["TAGS"])["services"][0]

    def tasks(self, name, status="RUNNING"):
        arns = self.ecs.list_tasks(cluster="push", serviceName=name, desiredStatus=status)["taskArns"]
        return self.ecs.describe_tasks(cluster="push", tasks=arns, include=["TAGS"])["tasks"] if arns else []

    def address(self, task):
        details = {d["name"]: d["value"] for d in task["attachments"][0]["details"]}
        interface = self.ec2.describe_network_interfaces(
            NetworkInterfaceIds=[details["networkInterfaceId"]])["NetworkInterfaces"][0]
        return interface["Association"]["PublicIp"]

    def eventually(self, what, condition, seconds=60):
        end = time.monotonic() + seconds
        while not (answer := condition()):
            if time.monotonic() > end:
                self.fail(f"not within {seconds} s: {what}; tasks: {json.dumps(self.aws.control('tasks'), indent=1)}")
            time.sleep(0.05)
        return answer

    @staticmethod
    def ask_redis(address, *commands):
        with socket.create_connection((address, 6379), timeout=20) as connection:
            connection.sendall("".join(f"{command}\r\n" for command in commands).encode())
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while chunk := connection.recv(4096):
                answer += chunk
        return answer.decode()
