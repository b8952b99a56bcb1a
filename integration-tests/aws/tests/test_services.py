"""Services run: botocore's own waiters pass, and what runs answers."""

import json
import unittest
import urllib.request

from botocore.exceptions import ClientError

from support import REGION, SimulationTest


class Services(SimulationTest):
    def test_a_lone_task_runs_to_its_end_once(self):
        ending = {"entryPoint": ["sh", "-c"], "command": ["exit 3"], "portMappings": []}
        definition = self.define("ending", self.redis(**ending))
        given = {
            "cluster": "push", "taskDefinition": definition, "launchType": "FARGATE", "clientToken": "once",
            "tags": [{"key": "pushaas.instance", "value": "abc"}], "networkConfiguration": {"awsvpcConfiguration": {
                "subnets": self.subnets, "securityGroups": [self.group]}},
        }
        first, second = (self.ecs.run_task(**given)["tasks"][0]["taskArn"] for _ in range(2))
        self.assertEqual(first, second)

        def ended():
            task = self.ecs.describe_tasks(cluster="push", tasks=[first], include=["TAGS"])["tasks"][0]
            return task if task["lastStatus"] == "STOPPED" else None

        task = self.eventually("the task ends", ended)
        self.assertEqual(3, task["containers"][0]["exitCode"])
        self.assertEqual(("family:ending", definition), (task["group"], task["taskDefinitionArn"]))
        self.assertEqual([{"key": "pushaas.instance", "value": "abc"}], task["tags"])
        self.assertEqual([first], self.ecs.list_tasks(cluster="push", family="ending", desiredStatus="STOPPED")["taskArns"])

    def get(self, url):
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                return answer.status
        except OSError:
            return None

    def test_a_service_becomes_stable_and_its_redis_answers(self):
        service = self.servicediscovery.create_service(
            Name="redis", NamespaceId=self.namespace, DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 10}]},
            HealthCheckCustomConfig={"FailureThreshold": 1})["Service"]
        self.create(
            "redis", self.define("redis", self.redis()), serviceRegistries=[{"registryArn": service["Arn"]}], propagateTags="SERVICE",
            tags=[{"key": "pushaas.instance", "value": "abc"}])
        self.wait("services_stable", "redis")

        described = self.service("redis")
        self.assertEqual("COMPLETED", described["deployments"][0]["rolloutState"])
        self.assertIn("has reached a steady state", described["events"][0]["message"])
        task, = self.tasks("redis")
        self.assertEqual(("RUNNING", "RUNNING"), (task["lastStatus"], task["containers"][0]["lastStatus"]))
        self.assertEqual([{"key": "pushaas.instance", "value": "abc"}], task["tags"])
        address = self.address(task)
        self.assertTrue(address.startswith("127.77."))
        self.assertIn("+PONG", self.ask_redis(address, "PING"))
        instances = self.servicediscovery.discover_instances(NamespaceName="push.test", ServiceName="redis")["Instances"]
        self.assertEqual([address], [i["Attributes"]["AWS_INSTANCE_IPV4"] for i in instances])
        with self.assertRaises(ClientError) as caught:
            self.servicediscovery.delete_service(Id=service["Id"])
        self.assertEqual("ResourceInUse", caught.exception.response["Error"]["Code"])

        self.ecs.delete_service(cluster="push", service="redis", force=True)
        self.wait("services_inactive", "redis")
        self.servicediscovery.delete_service(Id=service["Id"])
        left = self.aws.control("leftovers")
        for kind in ("services", "tasks", "cloudMapServices", "instances", "networkInterfaces", "processes"):
            self.assertEqual([], left[kind], kind)

    def test_a_whole_push_service_with_names_secrets_and_loopback(self):
        secret = self.secretsmanager.create_secret(
            Name="push", SecretString=json.dumps({"api": "s3cret", "redis": "redis://:r3dis@redis.push.test:6379", "r": "r3dis"}))["ARN"]
        registry = self.servicediscovery.create_service(
            Name="redis", NamespaceId=self.namespace, DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 10}]})["Service"]
        logs = {"logDriver": "awslogs", "options": {
            "awslogs-group": "push", "awslogs-region": REGION, "awslogs-stream-prefix": "abc"}}
        redis = self.redis(
            secrets=[{"name": "REDIS_PASSWORD", "valueFrom": f"{secret}:r::"}], logConfiguration=logs, environment=[],
            entryPoint=["sh", "-c"], command=["mkdir -p /data/abc && exec docker-entrypoint.sh --dir /data/abc"])
        self.create("redis", self.define("redis", redis), serviceRegistries=[{"registryArn": registry["Arn"]}])
        self.wait("services_stable", "redis")

        url = {"name": "PUSHAGENT_REDIS__URL", "valueFrom": f"{secret}:redis::"}
        agent = {
            "name": "push-agent", "image": "push-agent", "secrets": [url], "essential": True,
            "environment": [{"name": "PUSHAGENT_PUSH_STREAM__URL", "value": "http://127.0.0.1:9081"}],
            "dependsOn": [{"containerName": "push-stream", "condition": "HEALTHY"}],
        }
        stream = {
            "name": "push-stream", "image": "push-stream", "portMappings": [{"containerPort": 9080}], "stopTimeout": 120,
        }
        stream["healthCheck"] = {"command": ["CMD", "bash", "-c", "exec 3<>/dev/tcp/localhost/9080"], "interval": 5}
        api = {
            "name": "push-api", "image": "push-api", "portMappings": [{"containerPort": 8080}], "secrets": [
                {"name": "PUSHAPI_REDIS__URL", "valueFrom": f"{secret}:redis::"},
                {"name": "PUSHAPI_API__BASIC_AUTH_PASSWORD", "valueFrom": f"{secret}:api::"}],
        }
        self.create("stream", self.define("stream", stream, agent))
        self.create("api", self.define("api", api))
        self.wait("services_stable", "stream")
        self.wait("services_stable", "api")

        task, = self.tasks("stream")
        self.assertEqual("HEALTHY", task["healthStatus"])
        at_stream, at_api = self.address(task), self.address(self.tasks("api")[0])
        self.eventually("push-stream serves", lambda: self.get(f"http://{at_stream}:9080/healthz") == 200)
        self.eventually("push-api finds Redis by its name", lambda: self.get(f"http://{at_api}:8080/readyz") == 200)
        self.eventually("push-agent finds both", lambda: self.get(f"http://{at_stream}:8090/readyz") == 200)
        # Redis comes back elsewhere, and is found there.
        killed, = self.tasks("redis")
        self.ecs.stop_task(cluster="push", task=killed["taskArn"])
        self.eventually("another Redis", lambda: [
            t for t in self.tasks("redis") if t["lastStatus"] == "RUNNING" and t["taskArn"] != killed["taskArn"]])
        self.eventually("push-api finds Redis again", lambda: self.get(f"http://{at_api}:8080/readyz") == 200)
        streams = self.logs.describe_log_streams(logGroupName="push")["logStreams"]
        self.assertIn(f"abc/push-redis/{killed['taskArn'].split('/')[-1]}", [s["logStreamName"] for s in streams])

    def test_scaling_and_rolling_replacement(self):
        self.create("redis", self.define("redis", self.redis()))
        self.wait("services_stable", "redis")
        first, = self.tasks("redis")
        self.ecs.update_service(cluster="push", service="redis", desiredCount=3)
        self.wait("services_stable", "redis")
        self.assertEqual(3, len(self.tasks("redis")))
        second = self.define("redis", self.redis(command=["--maxmemory", "64mb"]))
        answer = self.ecs.update_service(cluster="push", service="redis", taskDefinition=second)["service"]
        self.assertEqual(["PRIMARY", "ACTIVE"], [d["status"] for d in answer["deployments"]])
        self.assertEqual("IN_PROGRESS", answer["deployments"][0]["rolloutState"])
        # Never fewer than three run.
        def is_done():
            service = self.service("redis")
            self.assertGreaterEqual(service["runningCount"], 3)
            return len(service["deployments"]) == 1 and service["deployments"][0]["rolloutState"] == "COMPLETED"
        self.eventually("the replacement", is_done)
        tasks = self.tasks("redis")
        self.assertEqual({second}, {task["taskDefinitionArn"] for task in tasks})
        self.assertNotIn(first["taskArn"], [task["taskArn"] for task in tasks])
        self.ecs.update_service(cluster="push", service="redis", desiredCount=1)
        self.eventually("one task", lambda: self.service("redis")["runningCount"] == 1)

    def test_a_breaker_trips_and_rolls_back(self):
        breaker = {"deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}}
        self.aws.control("behaviour", {"family": "bad", "behaviour": "exits"})
        self.create("first", self.define("bad-first", self.redis()), **breaker)
        service = self.eventually("the breaker", lambda: (
            s := self.service("first"))["deployments"][0]["rolloutState"] == "FAILED" and s)
        self.assertIn("circuit breaker", service["deployments"][0]["rolloutStateReason"])
        self.assertIn("deployment failed: tasks failed to start", " ".join(e["message"] for e in service["events"]))
        self.assertEqual(3, service["deployments"][0]["failedTasks"])

        good = self.define("good", self.redis())
        self.create("second", good, **breaker)
        self.wait("services_stable", "second")
        self.ecs.update_service(cluster="push", service="second", taskDefinition=self.define("bad-second", self.redis()))
        self.eventually("the way back", lambda: (
            s := self.service("second"))["taskDefinition"] == good and s["deployments"][0]["rolloutState"] == "COMPLETED")
        self.assertIn("rolling back", " ".join(e["message"] for e in self.service("second")["events"]))

    def test_tasks_that_never_start_cannot_be_pulled_or_lack_a_secret(self):
        self.aws.control("behaviour", {"family": "stuck", "behaviour": "never-starts"})
        self.create("stuck", self.define("stuck", self.redis()))
        task = self.eventually("a pending task", lambda: [t for t in self.tasks("stuck") if t["lastStatus"] == "PENDING"])[0]
        self.assertEqual(["PENDING"], [c["lastStatus"] for c in task["containers"]])
        self.create("unknown", self.define("unknown", self.redis(image="registry.test/none:1")))
        self.create("secretless", self.define("secretless", self.redis(secrets=[
            {"name": "A", "valueFrom": f"arn:aws:secretsmanager:{REGION}:123456789012:secret:none-AbCdEf"}])))
        for name, reason in (("unknown", "CannotPullContainerError"), ("secretless", "ResourceInitializationError")):
            stopped = self.eventually(f"a failure of {name}", lambda: self.tasks(name, "STOPPED"))
            self.assertIn(reason, stopped[0]["stoppedReason"])
            self.assertEqual("TaskFailedToStart", stopped[0]["stopCode"])
        for name in ("stuck", "unknown", "secretless"):
            self.ecs.delete_service(cluster="push", service=name, force=True)
            self.wait("services_inactive", name)
        self.assertEqual([], self.aws.control("leftovers")["networkInterfaces"])

    def test_what_is_refused_and_what_is_repeated(self):
        definition = self.define("redis", self.redis())
        given = {"clientToken": "t1"}
        first = self.create("redis", definition, 0, **given)
        self.assertEqual(first["serviceArn"], self.create("redis", definition, 0, **given)["serviceArn"])
        for code, call in (
            ("InvalidParameterException", lambda: self.create("redis", definition, 0, clientToken="t2")),
            ("InvalidParameterException", lambda: self.create("x", definition, networkConfiguration={
                "awsvpcConfiguration": {"subnets": ["subnet-none"]}})),
            ("InvalidParameterException", lambda: self.create("x", definition, serviceRegistries=[{"registryArn": "arn:none"}])),
            ("ClientException", lambda: self.create("x", "none:1")),
            ("ClusterNotFoundException", lambda: self.ecs.list_tasks(cluster="none")),
            ("ServiceNotFoundException", lambda: self.ecs.update_service(cluster="push", service="none", desiredCount=1)),
        ):
            with self.assertRaises(ClientError) as caught:
                call()
            self.assertEqual(code, caught.exception.response["Error"]["Code"])
        self.ecs.update_service(cluster="push", service="redis", desiredCount=1)
        with self.assertRaises(ClientError):
            self.ecs.delete_service(cluster="push", service="redis")

    def test_what_was_just_made_is_seen_later(self):
        self.aws.control("delay", {"seconds": 1})
        self.create("redis", self.define("redis", self.redis()))
        answer = self.ecs.describe_services(cluster="push", services=["redis"])
        self.assertEqual(([], "MISSING"), (answer["services"], answer["failures"][0]["reason"]))
        self.eventually("the service", lambda: self.ecs.describe_services(cluster="push", services=["redis"])["services"])

    def test_targets_of_a_load_balancer(self):
        balancer = self.elbv2.create_load_balancer(Name="push", Subnets=self.subnets, Type="network")["LoadBalancers"][0]
        group = self.elbv2.create_target_group(
            Name="redis", Protocol="TCP", Port=6379, VpcId=self.vpc, TargetType="ip")["TargetGroups"][0]["TargetGroupArn"]
        definition = self.define("redis", self.redis())
        more = {"loadBalancers": [{"targetGroupArn": group, "containerName": "push-redis", "containerPort": 6379}]}
        with self.assertRaises(ClientError):
            self.create("redis", definition, **more)
        self.elbv2.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="TCP", Port=6379,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group}])
        self.create("redis", definition, 2, **more)
        self.wait("services_stable", "redis")
        states = self.eventually("healthy targets", lambda: [
            t["TargetHealth"]["State"] for t in self.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        ] == ["healthy", "healthy"])
        self.assertTrue(states)


if __name__ == "__main__":
    unittest.main()
