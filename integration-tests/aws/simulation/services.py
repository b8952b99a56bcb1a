"""Services and their deployments, as ECS keeps and describes them."""

import time
import uuid

from .surroundings import ACCOUNT


class Deployment:
    """Tasks of one revision with one configuration."""

    def __init__(self, service, definition, network, desired, reason=None):
        self.id = f"ecs-svc/{uuid.uuid4().int % 10**19:019}"
        self.definition, self.network, self.desired = definition, network, desired
        self.status, self.rollout = "PRIMARY", "IN_PROGRESS"
        self.reason = reason or f"ECS deployment {self.id} in progress."
        self.failed = 0
        self.rolled_back = False
        self.created = self.updated = time.time()
        self.service = service

    def finish(self, rollout, reason):
        self.rollout, self.reason, self.updated = rollout, reason, time.time()

    def tasks(self):
        return [task for task in self.service.tasks if task.deployment is self]

    def describe(self):
        live = [task for task in self.tasks() if task.desired_status == "RUNNING"]
        running = [task for task in live if task.last_status == "RUNNING"]
        return {
            "id": self.id, "status": self.status, "taskDefinition": self.definition.arn, "desiredCount": self.desired,
            "runningCount": len(running), "pendingCount": len(live) - len(running), "failedTasks": self.failed,
            "createdAt": self.created, "updatedAt": self.updated, "launchType": "FARGATE", "platformVersion": "1.4.0",
            "platformFamily": "Linux", "networkConfiguration": {"awsvpcConfiguration": self.network},
            "rolloutState": self.rollout, "rolloutStateReason": self.reason,
        }


class LoneRun:
    """What a task of RunTask has in place of a service and of its deployment: one run, which is not kept going."""

    registries = balancers = ()
    propagate = "RUN"
    # It is nobody's service.
    arn = ""

    def __init__(self, cluster, definition, parameters):
        self.cluster, self.group = cluster, f"family:{definition.family}"
        self.name = self.group
        self.id = parameters.get("startedBy", "")
        self.network = parameters["networkConfiguration"]["awsvpcConfiguration"]
        self.tags = list(parameters.get("tags", []))


class Service:
    """A service of a cluster. `parameters` are those of CreateService, with every UpdateService merged in."""

    def __init__(self, region, cluster, parameters):
        self.name, self.cluster = parameters["serviceName"], cluster
        self.arn = f"arn:aws:ecs:{region}:{ACCOUNT}:service/{cluster}/{self.name}"
        self.parameters = parameters
        self.status = "ACTIVE"
        self.created = time.time()
        self.born = time.monotonic()
        self.desired = parameters.get("desiredCount", 0)
        self.tags = list(parameters.get("tags", []))
        self.tasks, self.deployments, self.events = [], [], []
        self.was_steady = False
        self.pause_until = 0.0

    @property
    def group(self):
        return f"service:{self.name}"

    @property
    def registries(self):
        return self.parameters.get("serviceRegistries", [])

    @property
    def balancers(self):
        return self.parameters.get("loadBalancers", [])

    @property
    def propagate(self):
        return self.parameters.get("propagateTags", "NONE")

    @property
    def configuration(self):
        given = self.parameters.get("deploymentConfiguration", {})
        return {"maximumPercent": 200, "minimumHealthyPercent": 100} | given

    @property
    def breaker(self):
        return self.configuration.get("deploymentCircuitBreaker", {"enable": False, "rollback": False})

    def say(self, message):
        self.events.insert(0, {"id": str(uuid.uuid4()), "createdAt": time.time(), "message": f"(service {self.name}) {message}"})
        del self.events[100:]

    def deploy(self, definition, reason=None):
        """Makes a new primary deployment; the former one becomes ACTIVE and ends with its tasks."""
        for deployment in self.deployments:
            deployment.status = "ACTIVE"
            deployment.desired = 0
        network = self.parameters["networkConfiguration"]["awsvpcConfiguration"]
        self.deployments.insert(0, Deployment(self, definition, network, self.desired, reason))
        self.was_steady = False
        return self.deployments[0]

    def describe(self, include=()):
        live = [task for task in self.tasks if task.desired_status == "RUNNING"]
        running = [task for task in live if task.last_status == "RUNNING"]
        given = self.parameters
        answer = {
            "serviceArn": self.arn, "serviceName": self.name, "clusterArn": f"{self.arn.split(':service/')[0]}:cluster/{self.cluster}",
            "loadBalancers": self.balancers, "serviceRegistries": self.registries, "status": self.status,
            "desiredCount": self.desired, "runningCount": len(running), "pendingCount": len(live) - len(running),
            "launchType": given.get("launchType", "FARGATE"), "platformVersion": given.get("platformVersion", "LATEST"),
            "platformFamily": "Linux", "deploymentConfiguration": self.configuration, "schedulingStrategy": "REPLICA",
            "deployments": [deployment.describe() for deployment in self.deployments], "events": list(self.events),
            "roleArn": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
            "createdAt": self.created, "placementConstraints": [], "placementStrategy": [],
            "healthCheckGracePeriodSeconds": given.get("healthCheckGracePeriodSeconds", 0),
            "deploymentController": {"type": "ECS"}, "propagateTags": self.propagate,
            "enableECSManagedTags": given.get("enableECSManagedTags", False),
            "enableExecuteCommand": given.get("enableExecuteCommand", False),
            "networkConfiguration": given["networkConfiguration"],
        }
        if self.deployments:
            answer["taskDefinition"] = self.deployments[0].definition.arn
        if "TAGS" in include:
            answer["tags"] = self.tags
        return answer
