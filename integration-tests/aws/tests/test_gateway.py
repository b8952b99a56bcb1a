"""Signatures, validation, faults."""

import json
import unittest
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ConnectionClosedError

from support import KEY, REGION, SECRET, SimulationTest


class Gateway(SimulationTest):
    def refused(self, code, call, *arguments, **parameters):
        with self.assertRaises(ClientError) as caught:
            call(*arguments, **parameters)
        self.assertEqual(code, caught.exception.response["Error"]["Code"], caught.exception)
        return caught.exception.response["Error"]["Message"]

    def post(self, target, body, key=KEY, secret=SECRET, region=REGION, **headers):
        """A request signed by botocore but with a body of our own, and what is answered."""
        request = AWSRequest("POST", self.aws.url + "/", data=body, headers={
            "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"AmazonEC2ContainerServiceV20141113.{target}"})
        SigV4Auth(Credentials(key, secret), "ecs", region).add_auth(request)
        sent = urllib.request.Request(request.url, data=request.body, headers=dict(request.headers) | headers)
        try:
            with urllib.request.urlopen(sent, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def test_signatures_of_every_service_are_taken(self):
        self.ecs.describe_clusters(clusters=["push"])
        self.ec2.describe_subnets(SubnetIds=self.subnets, Filters=[{"Name": "vpc-id", "Values": [self.vpc]}])
        self.iam.list_roles()
        self.assertIn("Account", self.sts.get_caller_identity())
        self.elbv2.describe_load_balancers()
        self.logs.describe_log_groups(logGroupNamePrefix="pu")
        self.secretsmanager.list_secrets()

    def test_wrong_signatures_are_refused(self):
        self.refused("InvalidSignatureException", self.aws.client("ecs", secret="wrong").list_clusters)
        self.refused("UnrecognizedClientException", self.aws.client("ecs", key="AKIDUNKNOWN0000000000").list_clusters)
        self.refused("InvalidSignatureException", self.aws.client("ecs", region="us-west-2").list_clusters)
        self.refused("SignatureDoesNotMatch", self.aws.client("sts", secret="wrong").get_caller_identity)
        self.refused("AuthFailure", self.aws.client("ec2", key="AKIDUNKNOWN0000000000").describe_vpcs)
        old = (datetime.now(timezone.utc) - timedelta(minutes=16)).strftime("%Y%m%dT%H%M%SZ")
        self.assertEqual("InvalidSignatureException", self.post("ListClusters", b"{}", **{"X-Amz-Date": old})[1]["__type"])
        self.assertEqual("MissingAuthenticationToken", self.post("ListClusters", b"{}", Authorization="")[1]["__type"])
        # Signed, then changed.
        self.assertEqual(200, self.post("ListClusters", b"{}")[0])
        self.assertEqual("InvalidSignatureException", self.post("ListClusters", b"{}", **{
            "X-Amz-Target": "AmazonEC2ContainerServiceV20141113.DescribeClusters"})[1]["__type"])

    def test_keys_of_an_assumed_role(self):
        self.iam.create_role(RoleName="task", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}))
        for answer in (
            self.sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/task", RoleSessionName="session"),
            self.sts.assume_role_with_web_identity(
                RoleArn="arn:aws:iam::123456789012:role/task", RoleSessionName="session", WebIdentityToken="a.token.of-somebody"),
        ):
            keys = answer["Credentials"]
            self.aws.control("clear", {})
            session = self.aws.client("ecs", key=keys["AccessKeyId"], secret=keys["SecretAccessKey"])
            # Without the token.
            self.refused("UnrecognizedClientException", session.list_clusters)
            client = botocore.session.Session().create_client(
                "ecs", region_name=REGION, endpoint_url=self.aws.url, aws_access_key_id=keys["AccessKeyId"],
                aws_secret_access_key=keys["SecretAccessKey"], aws_session_token=keys["SessionToken"])
            self.assertEqual(1, len(client.list_clusters()["clusterArns"]))

    def test_expired_keys(self):
        self.aws.control("credentials", {"accessKeyId": "ASIAEXPIRED0000000000", "secretAccessKey": "s", "expires": 1000})
        self.refused("ExpiredTokenException", self.aws.client("ecs", key="ASIAEXPIRED0000000000", secret="s").list_clusters)

    def test_bodies_are_validated(self):
        def body(**changes):
            given = {
                "family": "f", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512",
                "containerDefinitions": [{"name": "a", "image": "push-api"}, {"name": "b", "image": "push-agent"}],
            } | changes
            return json.dumps(given).encode()

        def containers(**changes):
            return body(containerDefinitions=[{"name": "a", "image": "push-api"} | changes, {"name": "b", "image": "push-agent"}])

        self.assertEqual(200, self.post("RegisterTaskDefinition", body())[0])
        for code, bad in (
            ("ValidationException", body(Family="f")), ("ValidationException", body(cpu=256)),
            ("ValidationException", body(networkMode="hostile")),
            ("ValidationException", containers(dependsOn=[{"containerName": "b", "condition": "BANANA"}])),
            ("ValidationException", b'{"family": "f"}'), ("SerializationException", b"{"), ("ValidationException", b"[]"),
            ("ClientException", body(memory="99999")), ("ClientException", body(cpu="300")), ("ClientException", body(memory="4096")),
            ("ClientException", body(networkMode="bridge")), ("ClientException", body(family="a b")),
            ("ClientException", body(containerDefinitions=[])), ("ClientException", containers(name="b")),
            ("ClientException", containers(dependsOn=[{"containerName": "b", "condition": "HEALTHY"}])),
            ("ClientException", containers(dependsOn=[{"containerName": "c", "condition": "START"}])),
            ("ClientException", containers(mountPoints=[{"sourceVolume": "none", "containerPath": "/data"}])),
            ("ClientException", containers(portMappings=[{"containerPort": 1, "hostPort": 2}])),
            ("ClientException", containers(stopTimeout=121)),
            ("ClientException", containers(secrets=[{"name": "A", "valueFrom": "arn"}])),
            ("ClientException", containers(healthCheck={"command": ["curl"]})),
            ("ClientException", body(tags=[{"key": "aws:x", "value": ""}])),
        ):
            status, answer = self.post("RegisterTaskDefinition", bad)
            self.assertEqual((400, code), (status, answer["__type"]), (bad, answer))
        # Forms: a number that is none, an unknown field, an enumeration.
        self.refused("ValidationError", self.aws.client("elbv2", parameter_validation=False).create_load_balancer, Name="x" * 3, Type="teapot")
        self.refused("NamespaceNotFound", self.servicediscovery.create_service, Name="a", NamespaceId="ns-none")

    def test_throttling_of_the_nth_call(self):
        self.aws.control("faults", {"action": "ecs:ListClusters", "kind": "throttle", "call": 2})
        self.ecs.list_clusters()
        self.refused("ThrottlingException", self.ecs.list_clusters)
        self.ecs.list_clusters()
        self.aws.control("faults", {"action": "ec2:DescribeVpcs", "kind": "throttle"})
        self.refused("RequestLimitExceeded", self.ec2.describe_vpcs)
        self.aws.control("faults", {"action": "*", "kind": "error", "status": 500, "times": 2})
        self.refused("ServerException", self.ecs.list_clusters)
        # botocore's own retries come through what is left.
        self.aws.client("ecs", retries={"total_max_attempts": 5}).list_clusters()

    def test_a_lost_connection_before_and_after_the_effect(self):
        for kind, made in (("lose-before", 0), ("lose-after", 1)):
            definition = self.define("f", self.redis())
            self.aws.control("faults", {"action": "ecs:RegisterTaskDefinition", "kind": kind})
            with self.assertRaises(ConnectionClosedError):
                self.ecs.register_task_definition(family=kind, containerDefinitions=[self.redis(memory=64)])
            self.assertEqual(made, len(self.ecs.list_task_definitions(familyPrefix=kind)["taskDefinitionArns"]))
            self.aws.control("faults", {"action": "ecs:CreateService", "kind": kind})
            with self.assertRaises(ConnectionClosedError):
                self.ecs.create_service(
                    cluster="push", serviceName=kind, taskDefinition=definition, desiredCount=0,
                    networkConfiguration={"awsvpcConfiguration": {"subnets": self.subnets}})
            self.assertEqual(made, len(self.ecs.describe_services(cluster="push", services=[kind])["services"]))
        calls = self.aws.control("calls")["calls"]
        self.assertIn("ecs:CreateService", [call["action"] for call in calls])
        self.assertEqual({"lose-before", "lose-after"}, {call["fault"] for call in calls} - {None})


if __name__ == "__main__":
    unittest.main()
