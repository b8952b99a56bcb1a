"""The simulated AWS of integration-tests, which also makes what these stacks need. Takes the options of its server.py."""

import os
import runpy
import sys
from pathlib import Path

# Before moto is imported, which reads it once.
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "false")

import cloudformation.resources  # noqa: E402, F401

server = Path(__file__).resolve().parents[2] / "integration-tests/aws/server.py"
sys.path.insert(0, str(server.parent))
runpy.run_path(str(server), run_name="__main__")
