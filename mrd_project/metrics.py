"""What Prometheus reads at /metrics: django-prometheus' own numbers, and the state of the work as the tables have it.

Work is counted from its rows when it is read, not in the memory of the processes that did it: a worker's counters are
in another process, often another container, and gone when it is killed. (Site and worker processes of one host share
counters too, such as research.metrics.STEPS, where both have the same PROMETHEUS_MULTIPROC_DIR.)

Staff who are signed in may read, and whoever sends `Authorization: Bearer MRD_METRICS_TOKEN`. The loopback address is
enough in development alone: behind a proxy on the same host everybody comes from there.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable, Iterator

from django.conf import settings
from django.db.models import Count, Min, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from research import queries
from research.engine.domain.states import WAITING
from research.models import Breaker, Heartbeat, Run, Step
from research.services import sweeping

LOOPBACK = frozenset({"127.0.0.1", "::1"})


@require_safe
@never_cache
def view(request: HttpRequest) -> HttpResponse:
    """Answer with the metrics in Prometheus' text format, or refuse."""
    if not may_read(request):
        says = "Metrics are for staff, or for the bearer of MRD_METRICS_TOKEN.\n"
        return HttpResponse(says, status=403, content_type="text/plain")
    processes: CollectorRegistry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:  # several gunicorn workers: deploy/gunicorn.conf.py
        processes = CollectorRegistry()
        MultiProcessCollector(processes)  # type: ignore[no-untyped-call]
    work = CollectorRegistry()
    work.register(WorkCollector())
    return HttpResponse(generate_latest(processes) + generate_latest(work), content_type=CONTENT_TYPE_LATEST)


def may_read(request: HttpRequest) -> bool:
    token = settings.MRD.metrics_token.get_secret_value()
    given = request.headers.get("Authorization", "")
    if token and hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    if request.user.is_active and request.user.is_staff:
        return True
    proxied = settings.MRD.behind_proxy or "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return settings.MRD.mode == "development" and not proxied and request.META.get("REMOTE_ADDR") in LOOPBACK


class WorkCollector(Collector):
    """Reads the tables: eight queries, however much there is."""

    def collect(self) -> Iterable[Metric]:
        yield _counted("mrd_runs", "Runs by state.", Run, "state")
        yield _counted("mrd_steps", "Steps by kind and state.", Step, "kind", "state")
        yield from _calls()
        yield _breakers()
        yield from _waiting()
        yield from _workers()


def _calls() -> Iterator[Metric]:
    """Yield how many calls there are, and what they came to, by one query."""
    numbers = GaugeMetricFamily(
        "mrd_calls", "Calls that left the process, by kind, name and state.", labels=["kind", "name", "state"]
    )
    families = {
        "cost_usd": GaugeMetricFamily(
            "mrd_calls_cost_usd", "What calls with a known price came to, in US dollars.", labels=["kind", "name"]
        ),
        "tokens": GaugeMetricFamily("mrd_calls_tokens", "Tokens read and written.", labels=["kind", "name"]),
        "unpriced": GaugeMetricFamily(
            "mrd_calls_unpriced", "Calls that ended and whose price nobody knows.", labels=["kind", "name"]
        ),
        "cached": GaugeMetricFamily(
            "mrd_calls_cached", "Calls answered from what an earlier one had brought.", labels=["kind", "name"]
        ),
    }
    sums: dict[tuple[str, str], list[queries.Spent]] = {}
    for kind, name, state, spent in queries.calls_by_state():
        numbers.add_metric([kind, name, state], spent.calls)
        sums.setdefault((kind, name), []).append(spent)
    yield numbers
    for (kind, name), some in sums.items():
        whole = queries.total(some)
        for field, family in families.items():
            family.add_metric([kind, name], float(getattr(whole, field)))
    yield from families.values()


def _breakers() -> Metric:
    """Return the open ones alone: every host a page was read from has a breaker, and those are many."""
    family = GaugeMetricFamily("mrd_breaker_open", "1 for what rests after failures.", labels=["name"])
    resting = Breaker.objects.filter(opened_at__isnull=False).order_by("name")
    for name in resting.values_list("name", flat=True):
        family.add_metric([name], 1)
    return family


def _counted(name: str, says: str, model: type[Run | Step], *fields: str) -> Metric:
    family = GaugeMetricFamily(name, says, labels=fields)
    for *labels, count in model.objects.values_list(*fields).annotate(n=Count("pk")).order_by(*fields):
        family.add_metric(labels, count)
    return family


def _waiting() -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "mrd_gate_wait_seconds", "How long the oldest run has waited at a gate.", labels=["gate"]
    )
    now = timezone.now()
    oldest = Run.objects.filter(state__in=WAITING).values_list("state").annotate(since=Min("state_since"))
    for state, since in oldest.order_by("state"):
        family.add_metric([state], max(0.0, (now - since).total_seconds()))
    yield family


def _workers() -> Iterator[Metric]:
    now = timezone.now()
    drivers = sweeping.live_drivers(now=now).aggregate(n=Count("pk"), in_flight=Sum("in_flight", default=0))
    yield GaugeMetricFamily("mrd_drivers", "Drivers heard of within a lease.", value=drivers["n"])
    yield GaugeMetricFamily("mrd_steps_in_flight", "Steps those drivers carry out now.", value=drivers["in_flight"])
    family = GaugeMetricFamily(
        "mrd_heartbeat_age_seconds", "Time since something that must go on did.", labels=["name"]
    )
    for name, beat_at in Heartbeat.objects.order_by("name").values_list("name", "beat_at"):
        family.add_metric([name], (now - beat_at).total_seconds())
    yield family
