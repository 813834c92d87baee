"""System checks: what must hold between settings before anything starts. `manage.py check` and every command runs them.

The queue's rules were measured (docs/reference/settings.md tells what happens without each).
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 - Django's name
from django.utils.module_loading import import_string

from research.adapters import engines, runtime, semantic
from research.engine.document import pdf

from .config import Config

OTHER_BROKERS = ("redis", "sqs", "iron_mq", "mongo", "disque_nodes", "broker_class")


@register()
def check_queue(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    return list(queue_problems(queue=settings.Q_CLUSTER, conf=settings.MRD))


@register()
def check_var_dir(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a var folder this process cannot write to."""
    if os.access(settings.VAR_DIR, os.W_OK | os.X_OK):
        return []
    return [
        Error("MRD_VAR_DIR cannot be written to.", hint="Give the folder to the user that runs this.", id="mrd.E020")
    ]


@register()
def check_database(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse parameters that the server puts in: the ledger sends several statements in one go."""
    if not settings.DATABASES["default"].get("OPTIONS", {}).get("server_side_binding"):
        return []
    hint = "Take server_side_binding out of MRD_DATABASE_URL."
    return [Error("The database must not be used with server-side binding.", hint=hint, id="mrd.E028")]


@register()
def check_pages(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn when the system lacks what the exports pdf and docx are set with."""
    told = pdf.missing()
    return [Warning(told, hint="Without them those two exports are refused.", id="mrd.W023")] if told else []


@register()
def check_semantic(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse MRD_SEMANTIC without the extra it stands for."""
    told = semantic.missing() if settings.MRD.semantic else ""
    return [Error(f"MRD_SEMANTIC is on. {told}", id="mrd.E024")] if told else []


@register()
def check_shelf(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse names of engines and tools that lead nowhere: a run would find out half way."""
    return [
        *unresolved(setting="MRD_ENGINES", paths=settings.MRD.engines, error_id="mrd.E025"),
        *unresolved(setting="MRD_TOOLS", paths=settings.MRD.tools, error_id="mrd.E026"),
    ]


@register()
def check_user_agent(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn where pages of other people are fetched under a name that leads to nobody."""
    conf: Config = settings.MRD
    # The embedded engine searches documents of one's own: it is the other engines that go out.
    goes_out = "fetch_page" in conf.tools and any(name != runtime.EMBEDDED for name in engines.engine_names())
    if not goes_out or conf.user_agent != Config.model_fields["user_agent"].default:
        return []
    hint = "Set MRD_USER_AGENT to your product's name and an address where its owner can be reached."
    return [Warning("Pages are fetched under the name of an example.", hint=hint, id="mrd.W027")]


def unresolved(*, setting: str, paths: Mapping[str, str], error_id: str) -> Iterator[CheckMessage]:
    """Yield an error for each dotted path that leads to nothing that can be called."""
    for name, path in paths.items():
        try:
            found = import_string(path)
        except ImportError as error:
            hint = f"{error}. Mend the path, or take the name out of {setting}."
            yield Error(f"{setting}: '{name}' leads nowhere ({path}).", hint=hint, id=error_id)
            continue
        if not callable(found):
            hint = "Name the function that builds it, such as package.module.build."
            yield Error(f"{setting}: '{name}' is nothing that builds ({path}).", hint=hint, id=error_id)


@register(Tags.security, deploy=True)
def check_production(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn of what holds up development but not production."""
    if settings.MRD.mode != "production":
        return [
            Warning(
                "MRD_MODE is 'development'.", hint="Set MRD_MODE=production where others can reach it.", id="mrd.W021"
            )
        ]
    if "postgresql" in settings.DATABASES["default"]["ENGINE"]:
        return []
    hint = "Set MRD_DATABASE_URL to a PostgreSQL database: SQLite lets one process write at a time, on one host."
    return [Warning("Production runs on SQLite.", hint=hint, id="mrd.W020")]


def queue_problems(*, queue: Mapping[str, Any], conf: Config) -> Iterator[CheckMessage]:
    """Yield an error for each rule of the queue that does not hold.

    queue: the setting Q_CLUSTER. conf: the driver's slice, lease and linger, in seconds.
    """
    if not queue.get("orm") or any(queue.get(broker) for broker in OTHER_BROKERS):
        hint = 'Set "orm" to a database alias and remove other brokers: the Redis one loses work when a worker dies.'
        yield Error("The queue must use the ORM broker.", hint=hint, id="mrd.E010")
    # What django-q2 takes where nothing is set.
    workers, limit, bulk = queue.get("workers") or 1, queue.get("queue_limit") or 0, queue.get("bulk", 1)
    if limit != 1 or bulk != 1:
        hint = "A prefetched task's retry clock runs while it waits, so it would be carried out twice."
        yield Error("The queue must not prefetch: queue_limit and bulk must be 1.", hint=hint, id="mrd.E011")
    timeout_s, retry_s = queue.get("timeout"), queue.get("retry", 60)
    if not timeout_s or timeout_s <= 0:
        yield Error("The queue's timeout must be set.", hint="A task that hangs would hold its worker.", id="mrd.E012")
        return
    # From django-q2's code: a task may wait for (limit + 1) / workers others before its own timeout starts.
    least_s = timeout_s * (math.ceil((max(limit, 1) + 1) / workers) + 1)
    if retry_s <= least_s:
        hint = "retry > timeout × (ceil((queue_limit + 1) / workers) + 1); a smaller one carries tasks out twice."
        yield Error(f"The queue's retry must be above {least_s} s.", hint=hint, id="mrd.E013")
    if queue.get("max_attempts", 0) <= 0:
        yield Error("The queue's max_attempts must be set.", hint="0 means: for ever.", id="mrd.E014")
    if not queue.get("ack_failures", False):
        hint = "A failed task would be delivered again; steps count their own attempts."
        yield Error("The queue must acknowledge failures (ack_failures).", hint=hint, id="mrd.E015")
    if queue.get("catch_up", True):
        hint = "After an outage every missed sweep would run at once."
        yield Error("The queue must not catch up (catch_up).", hint=hint, id="mrd.E016")
    if conf.driver_slice_s + conf.lease_s >= timeout_s:
        hint = "A driver must leave by itself, and its last steps run out, before the queue kills it."
        yield Error("MRD_DRIVER_SLICE_S + MRD_LEASE_S must be below MRD_TASK_TIMEOUT_S.", hint=hint, id="mrd.E017")
    if conf.driver_linger_s >= conf.driver_slice_s:
        hint = "A driver with nothing to do would only leave when its slice is over."
        yield Error("MRD_DRIVER_LINGER_S must be below MRD_DRIVER_SLICE_S.", hint=hint, id="mrd.E018")
