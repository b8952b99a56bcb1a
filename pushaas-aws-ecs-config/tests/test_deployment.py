"""From an empty account to a bound app, and back, on a simulated AWS."""

import base64
import json
import unittest
import urllib.request

from support import Balancer, Pushaas, StacksTest, eventually, settings

STACKS = [f"pushaas-{name}" for name in ("balancers", "cluster", "network", "pushaas", "redis", "roles", "security", "storage")]


class Deployment(StacksTest):
    def test_pushaas_provisions_an_instance_on_what_was_made(self):
        printed = self.deploy()
        self.assertEqual(self.stacks(), STACKS)
        configuration = settings(printed)
        self.assertNotIn("None", configuration.values())
        self.assertEqual(settings(self.deploy("--print-configuration")), configuration)
        balancer = Balancer(self.aws)
        self.addCleanup(balancer.end)
        pushaas = Pushaas(configuration | {
            "PUSHAAS_PROVISIONER__ECS__API_LOAD_BALANCER__PUBLIC_HOST": "127.0.0.1",
            "PUSHAAS_PROVISIONER__ECS__API_LOAD_BALANCER__PORTS": f"{balancer.port}-{balancer.port}",
        }, self.aws)
        self.addCleanup(pushaas.end)

        self.assertEqual(pushaas.call("POST", "", {"name": "mychat", "plan": "small", "team": "t", "user": "u"})[0], 201)
        eventually("the instance is up", lambda: self.is_up(pushaas), seconds=240)
        status, text = pushaas.call("POST", "/mychat/bind-app", {"app-name": "shop", "app-hosts": "", "user": "u"})
        self.assertEqual(status, 201, text)
        variables = json.loads(text)
        self.assertEqual(variables["PUSHAAS_ENDPOINT"], f"http://127.0.0.1:{balancer.port}")
        request = urllib.request.Request(
            f"{variables['PUSHAAS_ENDPOINT']}/api/v1/messages", data=b'{"channels":["a"],"content":"hello"}', method="POST")
        user = f"{variables['PUSHAAS_USERNAME']}:{variables['PUSHAAS_PASSWORD']}"
        request.add_header("Authorization", "Basic " + base64.b64encode(user.encode()).decode())
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=60) as answer:
            self.assertEqual(answer.status, 204)

        refused = self.aws.script("destroy.sh")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("there are instances: mychat-", refused.stderr)
        self.assertEqual(self.stacks(), STACKS)

        self.assertEqual(pushaas.call("DELETE", "/mychat", {"user": "u"})[0], 200)
        eventually("nothing of the instance is left", lambda: not self.aws.control("leftovers")["services"], seconds=240)
        eventually("pushaas has forgotten it", lambda: pushaas.call("GET", "/mychat/status")[0] == 404)
        self.destroy()

    def is_up(self, pushaas):
        status, text = pushaas.call("GET", "/mychat/status")
        self.assertIn(status, (202, 204), f"{text}\n{pushaas.call('GET', '/mychat')[1]}")
        return status == 204

    def destroy(self):
        run = self.aws.script("destroy.sh")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertEqual(self.stacks(), [])
        left = self.aws.control("leftovers")
        # moto leaves a template's target group and task definition.
        for kind in ("services", "tasks", "cloudMapServices", "secrets", "processes"):
            self.assertEqual(left[kind], [], kind)
        self.assertEqual(self.aws.cli("ec2", "describe-vpcs", "--filters", "Name=cidr,Values=10.77.0.0/16")["Vpcs"], [])

    def test_redis_can_be_a_container_and_a_second_deployment_changes_what_has_changed(self):
        first = settings(self.deploy(REDIS="container"))
        resources = self.aws.cli("cloudformation", "describe-stack-resources", "--stack-name", "pushaas-redis")["StackResources"]
        kinds = {resource["ResourceType"] for resource in resources}
        self.assertLessEqual({"AWS::ECS::Service", "AWS::ServiceDiscovery::Service", "AWS::EFS::AccessPoint"}, kinds)
        second = settings(self.deploy(REDIS="container", TAG="v2"))
        self.assertEqual(second["PUSHAAS_PROVISIONER__ECS__IMAGE_PUSH_API"], "registry.test/push-api:v2")
        same = {name for name in first if "IMAGE" not in name}
        self.assertEqual({name: first[name] for name in same}, {name: second[name] for name in same})
        self.destroy()


if __name__ == "__main__":
    unittest.main()
