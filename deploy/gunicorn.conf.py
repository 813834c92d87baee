"""How gunicorn serves the site. GUNICORN_CMD_ARGS may override any of it."""

import os
import tempfile

bind = "0.0.0.0:8000"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 8
timeout = 60
graceful_timeout = 30
max_requests = 2000
max_requests_jitter = 200
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112 - memory, not a disk that may hang
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")

# Several workers share their counters through files; they begin anew with the master process.
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="mrd-prometheus-"))


def child_exit(server, worker):  # noqa: ANN001, ANN201, ARG001 - gunicorn's own names
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)
