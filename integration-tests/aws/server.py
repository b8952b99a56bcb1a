"""A simulation of AWS for the tests of pushaas' ECS provider: moto with checked signatures, validated requests, and services that run.

    python server.py --binaries .build/release [--port 0] [--work FOLDER] [--pace 0.05] [--keep]

Prints `listening on PORT` when it serves on 127.0.0.1. SIGTERM ends it and all its tasks.
"""

import argparse
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
from pathlib import Path

# Before moto is imported, which reads it once.
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "false")

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: E402
from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: E402

from simulation.cloud_map_calls import OtherCalls  # noqa: E402
from simulation.containers import Images  # noqa: E402
from simulation.control import Control  # noqa: E402
from simulation.faults import Faults  # noqa: E402
from simulation.gateway import Gateway  # noqa: E402
from simulation.scheduler import Scheduler  # noqa: E402
from simulation.service_calls import ServiceCalls  # noqa: E402
from simulation.signature import Credentials  # noqa: E402
from simulation.surroundings import Surroundings  # noqa: E402
from simulation.world import World  # noqa: E402


class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_):
        pass


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--region", default="eu-west-1")
    parser.add_argument("--access-key", default="AKIDSIMULATION0000001")
    parser.add_argument("--secret-key", default="a secret of the simulation")
    parser.add_argument("--binaries", required=True, help="the folder of push-stream, push-agent and push-api")
    parser.add_argument("--work", help="where the files of tasks go; default: a temporary folder, removed at the end")
    parser.add_argument("--pace", type=float, default=0.05, help="seconds between two looks of the scheduler")
    parser.add_argument("--keep", action="store_true", help="leave the files of stopped tasks")
    return parser.parse_args()


def main():
    arguments = options()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    folder = Path(arguments.work or tempfile.mkdtemp(prefix="aws-simulation-"))
    images = Images(Path(arguments.binaries).resolve(), Path(__file__).resolve().parents[2])
    world = World(arguments.region, images, folder.resolve(), arguments.pace, arguments.keep)
    faults = Faults()
    credentials = Credentials(arguments.access_key, arguments.secret_key, Surroundings.issued_key)
    gateway = Gateway(
        DomainDispatcherApplication(create_backend_app), world, [ServiceCalls(world), OtherCalls(world)],
        Control(world, faults, credentials), faults, credentials)
    server = make_server("127.0.0.1", arguments.port, gateway, threaded=True, request_handler=Handler)
    scheduler = Scheduler(world)
    scheduler.start()

    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    signal.signal(signal.SIGINT, lambda *_: ended.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"listening on {server.port}", flush=True)
    ended.wait()
    scheduler.end()
    world.stop_all()
    if not arguments.work:
        shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.flush()
    os._exit(0)


main()
