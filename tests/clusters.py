"""The processes of a worker that runs."""

from pathlib import Path

import psutil

from iep_scheduler import rollcall
from tests.telling import wait_until


class Clusters:
    """Its clusters, as their supervisor sees them."""

    def __init__(self, supervisor):
        self.supervisor = supervisor

    def main(self, queue):
        """Return the main process of a queue's cluster."""
        for process in psutil.Process(self.supervisor).children():
            if process.environ().get("Q_CLUSTER_NAME") == queue:
                return process
        return None

    def entries(self, queue):
        main = self.main(queue)
        folder = main and main.environ().get(rollcall.FOLDER)
        try:
            return rollcall.read(Path(folder)) if folder else []
        except FileNotFoundError:
            return []

    def whole(self, queue):
        """Return what there is of a cluster once all of it is there."""
        return wait_until(lambda: found if len(found := self.entries(queue)) == 5 else None)

    def find(self, kind, queue="quick"):
        """Return the number of a process: by what it does, and whether it is at a job."""
        if kind == "main":
            return self.main(queue).pid
        role = kind.rpartition(" ")[2]
        return wait_until(lambda: self._found(queue, role, kind))

    def _found(self, queue, role, kind):
        found = [entry for entry in self.entries(queue) if entry.role == role]
        if role == "worker":
            found = [entry for entry in found if bool(entry.job) == (kind == "busy worker")]
        return found[-1 if kind == "other idle worker" else 0].pid if found else None
