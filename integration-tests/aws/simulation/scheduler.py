"""The service scheduler: starts and stops tasks until each service is what it shall be."""

import math
import threading
import time

from .tasks import Task


class Scheduler:
    def __init__(self, world):
        self.world = world
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="scheduler", daemon=True)

    def start(self):
        self._thread.start()

    def end(self):
        with self.world.changed:
            self._ended = True
            self.world.changed.notify_all()
        self._thread.join()

    def _run(self):
        while not self._ended:
            with self.world.changed:
                for service in list(self.world.services.values()):
                    self._advance(service)
                self.world.changed.wait(self.world.pace)

    def _advance(self, service):
        for task in service.tasks:
            if task.failed and not task.counted:
                self._count_failure(service, task)
        if service.status == "ACTIVE":
            self._keep(service)
        elif service.status == "DRAINING":
            for task in service.tasks:
                task.stop("Scaling activity initiated by service deletion")
            if all(task.is_stopped for task in service.tasks):
                service.status = "INACTIVE"
                service.deployments = []

    def _count_failure(self, service, task):
        task.counted = True
        deployment = task.deployment
        # A pause, as ECS makes: tasks that always fail must not fill the machine.
        service.pause_until = time.monotonic() + self.world.pace * 2
        service.say(f"(deployment {deployment.id}) (task {task.id}) failed to start: {task.stopped_reason}.")
        if deployment.rollout != "IN_PROGRESS":
            return
        deployment.failed += 1
        threshold = min(max(math.ceil(deployment.desired / 2), 3), 200)
        if service.breaker["enable"] and deployment.failed >= threshold:
            self._break(service, deployment)

    def _break(self, service, deployment):
        deployment.finish("FAILED", "ECS deployment circuit breaker: tasks failed to start.")
        service.say(f"deployment {deployment.id} deployment failed: tasks failed to start.")
        last = next((d for d in service.deployments if d is not deployment and d.rollout == "COMPLETED"), None)
        if service.breaker["rollback"] and last:
            service.say(f"rolling back to deployment {last.id}.")
            service.deploy(last.definition, f"ECS deployment circuit breaker: rolling back to deploymentId {last.id}.").rolled_back = True
        deployment.desired = 0

    def _keep(self, service):
        primary = service.deployments[0]
        live = [task for task in service.tasks if task.desired_status == "RUNNING"]
        own = [task for task in live if task.deployment is primary]
        old = [task for task in live if task.deployment is not primary]
        shall = 0 if primary.rollout == "FAILED" else service.desired
        primary.desired = shall
        # Tasks of a deployment that failed without a way back end; the former deployment keeps its own.
        minimum = math.ceil(service.desired * service.configuration["minimumHealthyPercent"] / 100)
        maximum = max(math.floor(service.desired * service.configuration["maximumPercent"] / 100), 1 if shall else 0)

        for task in own[shall:]:
            task.stop(f"Scaling activity initiated by (deployment {primary.id})")
        if primary.rollout != "FAILED" or service.desired == 0:
            ready = sum(task.is_ready for task in live)
            for task in sorted(old, key=lambda task: task.is_ready):
                if not task.is_ready or ready > minimum or service.desired == 0:
                    ready -= task.is_ready
                    task.stop(f"Scaling activity initiated by (deployment {primary.id})")
        if time.monotonic() >= service.pause_until:
            room = maximum - sum(task.desired_status == "RUNNING" for task in service.tasks)
            self._start(service, primary, min(shall - len(own), room))
        self._settle(service, primary)

    def _start(self, service, deployment, number):
        started = []
        for _ in range(number):
            task = Task(self.world, service, deployment, deployment.definition)
            service.tasks.append(task)
            started.append(task)
            task.start()
        if started:
            service.was_steady = False
            service.say(f"has started {len(started)} tasks: {' '.join(f'(task {task.id})' for task in started)}.")

    def _settle(self, service, primary):
        own = [task for task in primary.tasks() if not task.is_stopped]
        rest = [task for task in service.tasks if not task.is_stopped and task.deployment is not primary]
        if primary.rollout == "FAILED" or rest or len(own) != service.desired or not all(task.is_ready for task in own):
            return
        if primary.rollout == "IN_PROGRESS":
            text = "rolled back" if primary.rolled_back else "completed"
            primary.finish("COMPLETED", f"ECS deployment {primary.id} {text}.")
            service.say(f"(deployment {primary.id}) deployment completed.")
            service.deployments = [primary]
        if not service.was_steady:
            service.was_steady = True
            service.say("has reached a steady state.")
        # ECS tells of stopped tasks for about an hour; the newest are enough here.
        stopped = [task for task in service.tasks if task.is_stopped]
        for task in stopped[:-50]:
            service.tasks.remove(task)
