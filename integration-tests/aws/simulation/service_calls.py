"""The calls of ECS that moto answers without doing anything: services and tasks."""

import json
import time

from moto.ecs.exceptions import TaskDefinitionNotFoundException

from .definitions import check_tags, check_task_definition
from .errors import AwsError, client, invalid
from .services import LoneRun, Service
from .tasks import Task

# Changes of these make a new deployment; desiredCount alone does not.
DEPLOYING = {
    "taskDefinition", "networkConfiguration", "platformVersion", "loadBalancers", "serviceRegistries", "capacityProviderStrategy",
    "enableExecuteCommand", "serviceConnectConfiguration", "volumeConfigurations",
}
UNSUPPORTED = {"StartTask", "CreateTaskSet", "ExecuteCommand", "ListServicesByNamespace", "ListServiceDeployments",
               "DescribeServiceDeployments"}


class ServiceCalls:
    """`answer(call)` is the JSON of a call that belongs here, or None when moto shall answer."""

    def __init__(self, world):
        self._world = world
        self._operations = {
            "RegisterTaskDefinition": self._register_task_definition, "CreateService": self._create_service,
            "UpdateService": self._update_service, "DeleteService": self._delete_service,
            "DescribeServices": self._describe_services, "ListServices": self._list_services, "ListTasks": self._list_tasks,
            "DescribeTasks": self._describe_tasks, "StopTask": self._stop_task, "RunTask": self._run_task, "TagResource": self._tag,
            "UntagResource": self._untag, "ListTagsForResource": self._tags, "DeleteCluster": self._delete_cluster,
        }

    def answer(self, call):
        if call.service != "ecs":
            return None
        if call.operation in UNSUPPORTED:
            raise AwsError("UnsupportedFeatureException", f"This simulation has no {call.operation}.")
        operation = self._operations.get(call.operation)
        if operation is None:
            return None
        with self._world.changed:
            answer = operation(call.parameters)
            self._world.changed.notify_all()
            return answer

    def _register_task_definition(self, parameters):
        check_task_definition(parameters)
        return None

    def _delete_cluster(self, parameters):
        cluster = self._world.cluster(parameters["cluster"])
        if any(s.cluster == cluster and s.status != "INACTIVE" for s in self._world.services.values()):
            raise AwsError("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")
        return None

    def _service(self, parameters, name):
        cluster = self._world.cluster(parameters.get("cluster"))
        service = self._world.services.get((cluster, name.split("/")[-1]))
        if service is None or time.monotonic() - service.born < self._world.delay:
            raise AwsError("ServiceNotFoundException", "Service not found.")
        return service

    def _definition(self, reference):
        try:
            definition = self._world.ecs.describe_task_definition(reference)
        except TaskDefinitionNotFoundException:
            raise client("TaskDefinition not found.") from None
        if definition.status != "ACTIVE":
            raise client("TaskDefinition is inactive")
        return definition

    def _check(self, parameters, definition):
        network = parameters.get("networkConfiguration", {}).get("awsvpcConfiguration")
        if not network or not network["subnets"]:
            raise invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
        for subnet in network["subnets"]:
            if not self._world.outside.has_subnet(subnet):
                raise invalid(f"The subnet ID '{subnet}' does not exist")
        for group in network.get("securityGroups", []):
            if not self._world.outside.has_security_group(group):
                raise invalid(f"The security group '{group}' does not exist")
        if len(network["subnets"]) > 16 or len(network.get("securityGroups", [])) > 5:
            raise invalid("There may be 16 subnets and 5 security groups at most.")
        if parameters.get("launchType", "FARGATE") == "FARGATE" and "FARGATE" not in (definition.requires_compatibilities or []):
            raise client("Task definition does not support launch_type FARGATE.")
        ports = {c["name"]: [p["containerPort"] for p in c.get("portMappings", [])] for c in definition.container_definitions}
        for registry in parameters.get("serviceRegistries", []):
            if self._world.outside.cloud_map_service(registry.get("registryArn")) is None:
                raise invalid(f"Service registry {registry.get('registryArn')} does not exist.")
        for balancer in parameters.get("loadBalancers", []):
            group = self._world.outside.target_group(balancer.get("targetGroupArn"))
            if group is None:
                raise invalid(f"Unable to find target group {balancer.get('targetGroupArn')}.")
            if group.target_type != "ip":
                raise invalid(f"The provided target group {group.arn} has target type {group.target_type}, which is incompatible "
                              "with the awsvpc network mode specified in the task definition.")
            if not group.load_balancer_arns:
                raise invalid(f"The target group with targetGroupArn {group.arn} does not have an associated load balancer.")
            if balancer.get("containerPort") not in ports.get(balancer.get("containerName"), []):
                raise invalid(f"The container {balancer.get('containerName')} does not exist in the task definition or does not map "
                              f"port {balancer.get('containerPort')}.")
        configuration = parameters.get("deploymentConfiguration", {})
        if configuration.get("maximumPercent", 200) <= configuration.get("minimumHealthyPercent", 100):
            raise invalid("maximumPercent has to be above minimumHealthyPercent for tasks to be replaced.")

    def _create_service(self, parameters):
        cluster = self._world.cluster(parameters.get("cluster"))
        key = (cluster, parameters["serviceName"])
        token = parameters.get("clientToken")
        former = self._world.services.get(key)
        fingerprint = json.dumps(parameters, sort_keys=True)
        if former and former.status != "INACTIVE":
            if token and self._world.tokens.get((key, token)) == fingerprint:
                return {"service": former.describe(["TAGS"])}
            if former.status == "DRAINING":
                raise invalid("Unable to Start a service that is still Draining.")
            raise invalid("Creation of service was not idempotent.")
        if "desiredCount" not in parameters:
            raise invalid("Unable to create a service without desiredCount.")
        if "taskDefinition" not in parameters:
            raise client("TaskDefinition not found.")
        definition = self._definition(parameters["taskDefinition"])
        self._check(parameters, definition)
        check_tags(parameters.get("tags", []))
        service = Service(self._world.region, cluster, parameters)
        service.deploy(definition)
        self._world.services[key] = service
        if token:
            self._world.tokens[(key, token)] = fingerprint
        return {"service": service.describe(["TAGS"])}

    def _update_service(self, parameters):
        service = self._service(parameters, parameters["service"])
        if service.status != "ACTIVE":
            raise AwsError("ServiceNotActiveException", "Service was not ACTIVE.")
        changes = {key: value for key, value in parameters.items() if key not in ("cluster", "service", "forceNewDeployment")}
        merged = service.parameters | changes
        definition = self._definition(merged["taskDefinition"]) if "taskDefinition" in changes else service.deployments[0].definition
        self._check(merged, definition)
        before = service.parameters
        service.parameters = merged
        service.desired = merged.get("desiredCount", service.desired)
        changed = {key for key in DEPLOYING & changes.keys() if key != "taskDefinition" and changes[key] != before.get(key)}
        if changed or definition is not service.deployments[0].definition or parameters.get("forceNewDeployment"):
            service.deploy(definition)
        service.was_steady = False
        return {"service": service.describe(["TAGS"])}

    def _delete_service(self, parameters):
        service = self._service(parameters, parameters["service"])
        if service.status == "INACTIVE":
            raise AwsError("ServiceNotFoundException", "Service not found.")
        if service.desired > 0 and not parameters.get("force"):
            raise invalid("The service cannot be stopped while it is scaled above 0.")
        service.status, service.desired = "DRAINING", 0
        for deployment in service.deployments:
            deployment.desired = 0
        return {"service": service.describe(["TAGS"])}

    def _describe_services(self, parameters):
        self._world.cluster(parameters.get("cluster"))
        if not 1 <= len(parameters["services"]) <= 10:
            raise invalid("Between 1 and 10 services can be described.")
        found, failures = [], []
        for name in parameters["services"]:
            try:
                found.append(self._service(parameters, name).describe(parameters.get("include", [])))
            except AwsError:
                cluster = self._world.cluster(parameters.get("cluster"))
                arn = self._world.cluster_arn(cluster).replace(":cluster/", ":service/") + f"/{name.split('/')[-1]}"
                failures.append({"arn": arn, "reason": "MISSING"})
        return {"services": found, "failures": failures}

    def _list_services(self, parameters):
        cluster = self._world.cluster(parameters.get("cluster"))
        arns = [
            service.arn for service in self._world.services.values()
            if service.cluster == cluster and service.status != "INACTIVE" and time.monotonic() - service.born >= self._world.delay
        ]
        return self._page("serviceArns", arns, parameters, 10)

    @staticmethod
    def _page(name, items, parameters, most=100):
        start = int(parameters.get("nextToken", 0))
        end = start + min(parameters.get("maxResults", most), 100)
        return {name: items[start:end]} | ({"nextToken": str(end)} if end < len(items) else {})

    def _list_tasks(self, parameters):
        cluster = self._world.cluster(parameters.get("cluster"))
        desired = parameters.get("desiredStatus", "RUNNING")
        wanted = parameters.get("serviceName")
        if wanted:
            self._service(parameters, wanted)
        arns = [
            task.arn for task in self._world.tasks()
            if task.service.cluster == cluster and task.desired_status == desired
            and wanted in (None, task.service.name, task.service.arn) and parameters.get("family") in (None, task.definition.family)
            and parameters.get("startedBy") in (None, task.deployment.id)
        ]
        return self._page("taskArns", arns, parameters)

    def _describe_tasks(self, parameters):
        cluster = self._world.cluster(parameters.get("cluster"))
        if not 1 <= len(parameters["tasks"]) <= 100:
            raise invalid("Between 1 and 100 tasks can be described.")
        known = {task.id: task for task in self._world.tasks() if task.service.cluster == cluster}
        found, failures = [], []
        for reference in parameters["tasks"]:
            task = known.get(reference.split("/")[-1])
            if task is None or time.time() - task.created < self._world.delay:
                arn = self._world.cluster_arn(cluster).replace(":cluster/", ":task/") + f"/{reference.split('/')[-1]}"
                failures.append({"arn": arn, "reason": "MISSING"})
                continue
            answer = task.describe()
            if "TAGS" not in parameters.get("include", []):
                del answer["tags"]
            found.append(answer)
        return {"tasks": found, "failures": failures}

    def _stop_task(self, parameters):
        cluster = self._world.cluster(parameters.get("cluster"))
        for task in self._world.tasks():
            if task.id == parameters["task"].split("/")[-1] and task.service.cluster == cluster:
                task.stop(parameters.get("reason", "Task stopped by user"), "UserInitiated")
                return {"task": task.describe()}
        raise invalid("The referenced task was not found.")

    def _run_task(self, parameters):
        cluster = self._world.cluster(parameters.get("cluster"))
        if parameters.get("count", 1) != 1:
            raise AwsError("UnsupportedFeatureException", "This simulation runs one task at a time.")
        definition = self._definition(parameters["taskDefinition"])
        self._check(parameters, definition)
        check_tags(parameters.get("tags", []))
        key, fingerprint = ("RunTask", parameters.get("clientToken")), json.dumps(parameters, sort_keys=True)
        if key[1] and key in self._world.tokens:
            former, task = self._world.tokens[key]
            if former != fingerprint:
                raise AwsError("ConflictException", "The clientToken was used with other parameters.")
            return {"tasks": [task.describe()], "failures": []}
        run = LoneRun(cluster, definition, parameters)
        task = Task(self._world, run, run, definition)
        self._world.lone_tasks.append(task)
        if key[1]:
            self._world.tokens[key] = (fingerprint, task)
        task.start()
        return {"tasks": [task.describe()], "failures": []}

    def _tagged(self, parameters):
        arn = parameters["resourceArn"]
        if ":service/" not in arn:
            return None
        for service in self._world.services.values():
            if service.arn == arn:
                return service
        raise invalid(f"The specified service {arn} was not found.")

    def _tag(self, parameters):
        check_tags(parameters["tags"])
        if (service := self._tagged(parameters)) is None:
            return None
        service.tags = list(({t["key"]: t for t in service.tags} | {t["key"]: t for t in parameters["tags"]}).values())
        return {}

    def _untag(self, parameters):
        if (service := self._tagged(parameters)) is None:
            return None
        service.tags = [tag for tag in service.tags if tag["key"] not in parameters["tagKeys"]]
        return {}

    def _tags(self, parameters):
        service = self._tagged(parameters)
        return None if service is None else {"tags": service.tags}
