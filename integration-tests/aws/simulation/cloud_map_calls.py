"""The calls of Cloud Map, EC2 and Secrets Manager that moto answers otherwise than AWS."""

import time

from .errors import AwsError


class OtherCalls:
    """`answer(call)` is the JSON of a call, None when moto shall answer; or it raises what AWS would refuse."""

    def __init__(self, world):
        self._world = world
        self._made = {}

    def answer(self, call):
        operation = getattr(self, f"_{call.service}_{call.operation}", None)
        return operation(call.parameters) if operation else None

    @property
    def _map(self):
        return self._world.outside.cloud_map

    def _is_young(self, service):
        return time.time() - service.created < self._world.delay

    def _servicediscovery_CreateService(self, parameters):
        namespace = parameters.get("NamespaceId")
        if namespace not in self._map.namespaces:
            raise AwsError("NamespaceNotFound", f"Namespace {namespace} not found.")
        for service in list(self._map.services.values()):
            if service.namespace_id == namespace and service.name.lower() == parameters["Name"].lower():
                raise AwsError("ServiceAlreadyExists", f"Service already exists: {service.id}")
        return None

    def _servicediscovery_DeleteService(self, parameters):
        service = self._map.services.get(parameters["Id"].split("/")[-1])
        if service is None:
            raise AwsError("ServiceNotFound", f"Service not found: {parameters['Id']}")
        if service.instances:
            raise AwsError("ResourceInUse", "Service contains registered instances; delete the instances before deleting the service")
        return None

    def _servicediscovery_GetService(self, parameters):
        service = self._map.services.get(parameters["Id"].split("/")[-1])
        if service is None or self._is_young(service):
            raise AwsError("ServiceNotFound", f"Service not found: {parameters['Id']}")
        return None

    def _servicediscovery_ListServices(self, parameters):
        services = [service for service in self._map.services.values() if not self._is_young(service)]
        for condition in parameters.get("Filters", []):
            if condition["Name"] == "NAMESPACE_ID":
                services = [service for service in services if service.namespace_id in condition["Values"]]
        return self._page("Services", [
            {key: value for key, value in service.to_json().items() if value is not None and key not in ("NamespaceId", "CreatorRequestId")}
            | {"InstanceCount": len(service.instances)} for service in services
        ], parameters)

    def _servicediscovery_ListNamespaces(self, parameters):
        namespaces = list(self._map.namespaces.values())
        fields = {"NAME": "name", "TYPE": "type", "HTTP_NAME": "name"}
        for condition in parameters.get("Filters", []):
            field = fields[condition["Name"]]
            prefix = condition.get("Condition") == "BEGINS_WITH"
            namespaces = [
                n for n in namespaces
                if any(getattr(n, field).startswith(v) if prefix else getattr(n, field) == v for v in condition["Values"])
            ]
        return self._page("Namespaces", [
            {"Arn": n.arn, "Id": n.id, "Name": n.name, "Type": n.type, "CreateDate": n.created,
             "Properties": {"DnsProperties": n.dns_properties or {}}} for n in namespaces
        ], parameters)

    @staticmethod
    def _page(name, items, parameters):
        start = int(parameters.get("NextToken", 0))
        end = start + min(parameters.get("MaxResults", 100), 100)
        return {name: items[start:end]} | ({"NextToken": str(end)} if end < len(items) else {})

    def _ec2_DescribeNetworkInterfaces(self, parameters):
        for eni in parameters.get("NetworkInterfaceIds", []):
            born = self._world.outside.born.get(eni)
            if born is not None and time.monotonic() - born < self._world.delay:
                raise AwsError("InvalidNetworkInterfaceID.NotFound", f"The networkInterface ID '{eni}' does not exist")
        return None
