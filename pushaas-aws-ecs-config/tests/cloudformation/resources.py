"""The kinds of resources that moto's CloudFormation does not know.

Each makes what moto itself has for the service's own calls, so that pushaas finds it there.
"""

from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.core.common_models import CloudFormationModel
from moto.ec2.models import ec2_backends
from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.models.route_tables import RouteTable
from moto.efs.models import efs_backends
from moto.elasticache.models import elasticache_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.servicediscovery.models import servicediscovery_backends


class Made:
    """A resource that is in a backend under an id. moto finds those classes only that are CloudFormationModel's own children."""

    def __init__(self, identifier, attributes=None):
        self.physical_resource_id = identifier
        self.attributes = attributes or {}

    @classmethod
    def has_cfn_attr(cls, attr):
        return True

    def get_cfn_attribute(self, name):
        return self.attributes[name]


class Namespace(Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type():
        return "AWS::ServiceDiscovery::PrivateDnsNamespace"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **_):
        properties = cloudformation_json["Properties"]
        backend = servicediscovery_backends[account_id][region_name]
        backend.create_private_dns_namespace(properties["Name"], "", "", properties["Vpc"], [], {})
        return cls(next(one.id for one in backend.namespaces.values() if one.name == properties["Name"]))

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, _, account_id, region_name):
        servicediscovery_backends[account_id][region_name].delete_namespace(resource_name)


class Name(Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type():
        return "AWS::ServiceDiscovery::Service"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **_):
        properties = cloudformation_json["Properties"]
        service = servicediscovery_backends[account_id][region_name].create_service(
            properties["Name"], properties["NamespaceId"], "", "", properties["DnsConfig"], {},
            properties["HealthCheckCustomConfig"], [], None)
        return cls(service.id, {"Arn": service.arn})

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, _, account_id, region_name):
        servicediscovery_backends[account_id][region_name].delete_service(resource_name)


class Secret(Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type():
        return "AWS::SecretsManager::Secret"

    @staticmethod
    def cloudformation_name_type():
        return "Name"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **_):
        properties = cloudformation_json["Properties"]
        text = properties.get("SecretString") or '{"password": "generated"}'
        backend = secretsmanager_backends[account_id][region_name]
        backend.create_secret(properties["Name"], text, None, None, None, None, None, [], False)
        return cls(backend.describe_secret(properties["Name"]).arn)

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, _, account_id, region_name):
        secretsmanager_backends[account_id][region_name].delete_secret(resource_name, None, True)


class CacheSubnets(Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type():
        return "AWS::ElastiCache::SubnetGroup"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **_):
        name = f"subnets-{resource_name}".lower()
        elasticache_backends[account_id][region_name].create_cache_subnet_group(
            name, cloudformation_json["Properties"]["Description"], cloudformation_json["Properties"]["SubnetIds"], [])
        return cls(name)

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, _, account_id, region_name):
        elasticache_backends[account_id][region_name].cache_subnet_groups.pop(resource_name, None)


class CacheParameters(Made, CloudFormationModel):
    """moto's ElastiCache has none: only that there is one."""

    @staticmethod
    def cloudformation_type():
        return "AWS::ElastiCache::ParameterGroup"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, *_, **__):
        return cls(f"parameters-{resource_name}".lower())

    @classmethod
    def delete_from_cloudformation_json(cls, *_):
        pass


class Cache(Made, CloudFormationModel):
    """The group's endpoint, which no test reaches: pushaas of the tests has a Redis of its own."""

    @staticmethod
    def cloudformation_type():
        return "AWS::ElastiCache::ReplicationGroup"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, *_, **__):
        properties = cloudformation_json["Properties"]
        if not (properties["TransitEncryptionEnabled"] and properties["AuthToken"]):
            raise ValueError("a Redis with neither TLS nor password")
        name = f"cache-{resource_name}".lower()
        # moto asks for the first word of PrimaryEndPoint.Address.
        return cls(name, {"PrimaryEndPoint": f"master.{name}.example"})

    @classmethod
    def delete_from_cloudformation_json(cls, *_):
        pass


class AccessPoint(Made, CloudFormationModel):
    """moto has one, whose id a template cannot refer to."""

    @staticmethod
    def cloudformation_type():
        return "AWS::EFS::AccessPoint"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **_):
        properties = cloudformation_json["Properties"]
        point = efs_backends[account_id][region_name].create_access_point(
            f"token-{resource_name}", [], properties["FileSystemId"], properties["PosixUser"], properties["RootDirectory"])
        return cls(point.access_point_id)

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, _, account_id, region_name):
        efs_backends[account_id][region_name].delete_access_point(resource_name)


class Scaling(Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type():
        return "AWS::ApplicationAutoScaling::ScalableTarget"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **_):
        properties = cloudformation_json["Properties"]
        names = [properties[name] for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")]
        applicationautoscaling_backends[account_id][region_name].register_scalable_target(
            *names, int(properties["MinCapacity"]), int(properties["MaxCapacity"]), "", "")
        return cls("|".join([names[1], names[2], names[0]]))

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, _, account_id, region_name):
        resource, dimension, namespace = resource_name.split("|")
        applicationautoscaling_backends[account_id][region_name].deregister_scalable_target(namespace, resource, dimension)


class ScalingPolicy(Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type():
        return "AWS::ApplicationAutoScaling::ScalingPolicy"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **_):
        properties = cloudformation_json["Properties"]
        resource, dimension, namespace = properties["ScalingTargetId"].split("|")
        applicationautoscaling_backends[account_id][region_name].put_scaling_policy(
            properties["PolicyName"], namespace, resource, dimension,
            properties["TargetTrackingScalingPolicyConfiguration"], properties["PolicyType"])
        return cls("|".join([properties["PolicyName"], namespace, resource, dimension]))

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, _, account_id, region_name):
        applicationautoscaling_backends[account_id][region_name].delete_scaling_policy(*resource_name.split("|"))


# moto makes these for a template, and does not take them away with their stack.


def _delete_route_table(table, account_id, region_name):
    backend = ec2_backends[account_id][region_name]
    for association in list(table._associations):
        backend.disassociate_route_table(association)
    backend.delete_route_table(table.id)


def _delete_nat_gateway(gateway, account_id, region_name):
    ec2_backends[account_id][region_name].nat_gateways.pop(gateway.id, None)


RouteTable.delete = _delete_route_table
NatGateway.delete = _delete_nat_gateway
