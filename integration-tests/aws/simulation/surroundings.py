"""What a task touches outside of ECS, all of it in moto: network interfaces, Cloud Map, target groups, secrets, logs."""

import json
import socket
import time
from datetime import timezone

from moto.ec2 import ec2_backends
from moto.elbv2 import elbv2_backends
from moto.elbv2.models import FakeHealthStatus, FakeTargetGroup
from moto.logs import logs_backends
from moto.secretsmanager import secretsmanager_backends
from moto.servicediscovery import servicediscovery_backends
from moto.sts import sts_backends

ACCOUNT = "123456789012"


class TaskFailure(Exception):
    """Why a task cannot start, in the words of its stoppedReason."""


class Surroundings:
    def __init__(self, region):
        self.region = region
        self.born = {}
        _watch_targets()

    @property
    def ec2(self):
        return ec2_backends[ACCOUNT][self.region]

    @property
    def cloud_map(self):
        return servicediscovery_backends[ACCOUNT][self.region]

    @property
    def balancers(self):
        return elbv2_backends[ACCOUNT][self.region]

    # Network interfaces

    def attach_interface(self, subnet, groups, address, public, task_arn):
        eni = self.ec2.create_network_interface(
            subnet, address, group_ids=groups, description=task_arn, tags={"aws:ecs:task": task_arn})
        eni.status = "in-use"
        # The public address has to lead to the task as well.
        eni.public_ip = address if public else None
        self.born[eni.id] = time.monotonic()
        return eni

    def delete_interface(self, eni_id):
        if eni_id in self.ec2.enis:
            self.ec2.delete_network_interface(eni_id)
        self.born.pop(eni_id, None)

    def interfaces(self):
        return {eni.id: eni.description for eni in self.ec2.enis.values() if ":task/" in eni.description}

    def has_subnet(self, subnet):
        return any(subnet in zone for zone in self.ec2.subnets.values())

    def has_security_group(self, group):
        return any(group in groups for groups in self.ec2.groups.values())

    # Cloud Map

    def cloud_map_service(self, arn):
        return next((service for service in self.cloud_map.services.values() if service.arn == arn), None)

    def register_instance(self, arn, task_id, address, port, attributes):
        service = self.cloud_map_service(arn)
        if service is None:
            raise TaskFailure(f"The Cloud Map service {arn} does not exist")
        values = {"AWS_INSTANCE_IPV4": address, "REGION": self.region, **attributes}
        if port:
            values["AWS_INSTANCE_PORT"] = str(port)
        self.cloud_map.register_instance(service.id, task_id, task_id, values)

    def deregister_instance(self, arn, task_id):
        service = self.cloud_map_service(arn)
        if service and any(instance.instance_id == task_id for instance in service.instances):
            self.cloud_map.deregister_instance(service.id, task_id)

    def names(self):
        """Host name -> addresses, as the private DNS of the namespaces has them."""
        found = {}
        for service in list(self.cloud_map.services.values()):
            namespace = self.cloud_map.namespaces.get(service.namespace_id)
            if namespace:
                found[f"{service.name}.{namespace.name}"] = [
                    instance.attributes["AWS_INSTANCE_IPV4"] for instance in service.instances
                    if "AWS_INSTANCE_IPV4" in instance.attributes
                ]
        return found

    # Load balancers

    def target_group(self, arn):
        return self.balancers.target_groups.get(arn)

    def register_target(self, arn, address, port):
        group = self.target_group(arn)
        if group is None:
            raise TaskFailure(f"The target group {arn} does not exist")
        group.register([{"Id": address, "Port": port}])

    def deregister_target(self, arn, address):
        group = self.target_group(arn)
        if group and address in group.targets:
            group.deregister([{"Id": address}])

    # Secrets, logs, keys

    def secret(self, reference):
        """The value that `valueFrom` names: ARN, optionally `:key:stage:version`."""
        parts = reference.split(":")
        arn, key = ":".join(parts[:7]), parts[7] if len(parts) > 7 else ""
        secrets = secretsmanager_backends[ACCOUNT][self.region].secrets
        secret = secrets.get(arn)
        if len(parts) not in (7, 10) or secret is None or secret.deleted_date:
            raise TaskFailure(
                "ResourceInitializationError: unable to pull secrets or registry auth: ResourceNotFoundException: "
                f"Secrets Manager can't find the specified secret {reference}")
        value = secret.versions[secret.default_version_id]["secret_string"]
        if not key:
            return value
        try:
            return str(json.loads(value)[key])
        except (ValueError, KeyError):
            raise TaskFailure(
                f"ResourceInitializationError: retrieved secret did not contain json key {key}") from None

    def open_log(self, options, container, task_id):
        """Makes the log stream of a container, or fails as the log driver does."""
        logs = logs_backends[ACCOUNT][options["awslogs-region"]]
        group = options["awslogs-group"]
        if group not in logs.groups:
            if options.get("awslogs-create-group") != "true":
                raise TaskFailure(
                    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
                    f"The specified log group does not exist: {group}")
            logs.create_log_group(group, {})
        logs.ensure_log_stream(group, f"{options['awslogs-stream-prefix']}/{container}/{task_id}")

    def write_log(self, options, container, task_id, lines):
        logs = logs_backends[ACCOUNT][options["awslogs-region"]]
        stream = f"{options['awslogs-stream-prefix']}/{container}/{task_id}"
        if lines and options["awslogs-group"] in logs.groups:
            now = int(time.time() * 1000)
            logs.put_log_events(options["awslogs-group"], stream, [{"timestamp": now, "message": line} for line in lines])

    @staticmethod
    def issued_key(key):
        """Secret, token and expiry of a key that STS gave."""
        for role in sts_backends[ACCOUNT]["aws"].assumed_roles:
            if role.access_key_id == key:
                return role.secret_access_key, role.session_token, role.expiration.replace(tzinfo=timezone.utc)
        return None


def _watch_targets():
    """A target by address is healthy when something answers there: moto calls every target healthy."""
    original = FakeTargetGroup.health_for

    def health_for(group, target, ec2_backend):
        status = original(group, target, ec2_backend)
        registered = group.targets.get(target["Id"])
        if registered and not registered["Id"].startswith("i-"):
            try:
                socket.create_connection((registered["Id"], int(registered["Port"])), timeout=1).close()
            except OSError:
                return FakeHealthStatus(
                    registered["Id"], registered["Port"], group.health_check_port, "initial", "Elb.InitialHealthChecking",
                    "Initial health checks in progress")
        return status

    if original.__name__ != "health_for" or original.__module__.startswith("moto"):
        FakeTargetGroup.health_for = health_for
