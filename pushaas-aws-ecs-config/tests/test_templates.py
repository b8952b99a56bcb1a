"""The templates and the scripts by themselves."""

import re
import subprocess
import sys
import unittest
from pathlib import Path

from support import BINARIES, COMPONENT, settings

STACKS = sorted((COMPONENT / "stacks").glob("*.yaml"))
# What the provider calls a service, and how IAM names its actions.
SERVICES = {
    "ecs": "ecs", "iam": "iam", "logs": "logs", "ec2": "ec2", "loadBalancing": "elasticloadbalancing",
    "secretsManager": "secretsmanager", "cloudMap": "servicediscovery", "sts": "sts",
}
# Nobody calls these: they come with a call that does.
INDIRECT = {
    # Tags of what is made.
    "ecs:TagResource", "servicediscovery:TagResource", "secretsmanager:TagResource", "elasticloadbalancing:AddTags",
    # Tasks get the execution role.
    "iam:PassRole",
    # Cloud Map makes DNS records in its caller's name.
    "route53:CreateHealthCheck", "route53:GetHealthCheck", "route53:UpdateHealthCheck", "route53:DeleteHealthCheck",
    "route53:ChangeResourceRecordSets",
}


def called_actions():
    found = set()
    for file in (COMPONENT.parent / "pushaas/Sources/PushaasECS").rglob("*.swift"):
        for service, action in re.findall(r"\.(\w+),\s*\"([A-Z]\w+)\"", file.read_text()):
            if service in SERVICES:
                found.add(f"{SERVICES[service]}:{action}")
    # Signed by nobody: the token of a web identity stands for it.
    return found - {"sts:AssumeRoleWithWebIdentity"}


def granted_actions():
    """Those of pushaas' role, each with the comment above its statement."""
    text = (COMPONENT / "stacks/roles.yaml").read_text()
    return {
        action: comment.strip()
        for comment, actions in re.findall(
            r"((?:^ {10}#.*\n)+) {10}- Effect: Allow\n {12}Action:\n((?: {14}- .*\n)+)", text[text.index("TasksPolicy:"):], re.MULTILINE)
        for action in re.findall(r"- (\S+)", actions)
    }


class Templates(unittest.TestCase):
    def test_cfn_lint_finds_nothing(self):
        self.assertEqual(len(STACKS), 10)
        run = subprocess.run(
            [str(Path(sys.executable).parent / "cfn-lint"), "--regions", "us-east-1", "eu-west-1", "--", *map(str, STACKS)],
            capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual((run.returncode, run.stdout + run.stderr), (0, ""))

    def test_pushaas_may_do_what_it_does_and_no_more(self):
        called = called_actions()
        self.assertGreater(len(called), 30)
        self.assertEqual(set(granted_actions()), called | INDIRECT)
        for action, comment in granted_actions().items():
            self.assertGreater(len(comment), 10, f"{action} has no reason")

    def test_no_action_is_a_pattern(self):
        text = (COMPONENT / "stacks/roles.yaml").read_text()
        self.assertEqual(re.findall(r"^ +- \w+:\S*\*.*$", text, re.MULTILINE), [])

    def test_every_variable_that_is_printed_is_one_of_pushaas(self):
        printed = settings(self.run_script("deploy.sh", "--dry-run", REGISTRY="r").stdout)
        known = subprocess.run([str(BINARIES / "pushaas"), "--help"], capture_output=True, text=True, timeout=60, check=True).stdout
        self.assertGreater(len(printed), 15)
        for name in printed:
            self.assertIn(name, known)

    def test_the_task_of_pushaas_has_what_is_printed(self):
        printed = settings(self.run_script("deploy.sh", "--dry-run", REGISTRY="r").stdout)
        text = (COMPONENT / "stacks/pushaas.yaml").read_text()
        given = set(re.findall(r"\{Name: (PUSHAAS_\w+), Value: ", text)) - {"PUSHAAS_ENV"}
        self.assertEqual(given, set(printed))

    def run_script(self, name, *arguments, **variables):
        # Nothing that could reach AWS is on this path.
        return subprocess.run(
            ["/bin/bash", str(COMPONENT / name), *arguments], capture_output=True, text=True, timeout=60, check=False,
            env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"} | variables)

    def test_a_dry_run_says_what_would_be_done(self):
        run = self.run_script("deploy.sh", "--dry-run", "--with-tsuru", REGISTRY="r", REDIS="container", OPERATOR_CIDR="203.0.113.7/32")
        self.assertEqual(run.returncode, 0, run.stderr)
        names = re.findall(r"would deploy pushaas-(\w+) from stacks/([\w-]+)\.yaml", run.stdout)
        self.assertEqual([stack for stack, _ in names], [
            "network", "security", "cluster", "roles", "storage", "balancers", "redis", "pushaas", "tsuru"])
        self.assertIn(("redis", "redis-container"), names)
        run = self.run_script("destroy.sh", "--dry-run")
        self.assertEqual(re.findall(r"would remove pushaas-(\w+)", run.stdout), [stack for stack, _ in reversed(names)])

    def test_what_is_missing_is_said(self):
        for script, arguments, variables, words in [
            ("deploy.sh", ["--dry-run"], {}, "REGISTRY is not set"), ("deploy.sh", ["--nonsense"], {}, "no option"),
            ("deploy.sh", ["--dry-run"], {"REGISTRY": "r", "PREFIX": "A b"}, "is no name"),
            ("deploy.sh", ["--dry-run"], {"REGISTRY": "r", "REDIS": "mysql"}, "elasticache or container"),
            ("deploy.sh", ["--dry-run", "--with-tsuru"], {"REGISTRY": "r"}, "OPERATOR_CIDR is not set"),
            ("deploy.sh", [], {"REGISTRY": "r"}, "the AWS command line is not here"), ("destroy.sh", ["x"], {}, "no option"),
        ]:
            run = self.run_script(script, *arguments, **variables)
            self.assertNotEqual(run.returncode, 0)
            self.assertIn(words, run.stderr)
        self.assertIn("Usage:", self.run_script("deploy.sh", "--help").stdout)
