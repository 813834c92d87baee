"""One claimed step from start to end, and what each kind of failure does to it and its run."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import sys
from typing import NamedTuple

from django.conf import settings

from research import correlation, metrics
from research.adapters.ledger import StepLedger
from research.adapters.runtime import Runtime
from research.engine.domain.errors import BudgetExceeded, LostLease, MrdError, ProviderDown, Transient, Waiting
from research.engine.domain.states import WORKING, RunEvent, RunState
from research.models import Run, Step

from . import flow, recording, steps, work

log = logging.getLogger(__name__)

# Seconds before a step that failed is tried again: doubling, at most five minutes (the project's own choice).
FIRST_WAIT_S = 2.0
LONGEST_WAIT_S = 300.0


class Setback(NamedTuple):
    """What went wrong with a step. wait_s: seconds before the next try, None: no further try.

    pauses: the run waits for a person or a clock instead of failing. counts: this start was an attempt.
    """

    sentence: str
    wait_s: float | None
    pauses: bool
    counts: bool = True


async def execute(*, runtime: Runtime, step: Step) -> None:
    """Carry out a claimed step. Every failure is written down; raises only when that is impossible."""
    with correlation.bind(step.run.correlation_id):
        try:
            inputs = await runtime.groups(work.load_all).put(step)
            ports = runtime.ports_for(step)
            try:
                result = await work.perform(step, inputs, ports)
            finally:
                # Before anybody else can have the step, and before its result says which calls it rests on.
                stopped = isinstance(sys.exception(), asyncio.CancelledError)
                await _all_written(ports.ledger, stopped=stopped)
            done = work.Done(step, work.digest_of_inputs(inputs), result, runtime.clock.now())
            await runtime.groups(work.complete_all).put(done, wanted=True)
            metrics.STEPS.labels(kind=step.kind, result="done").inc()
        except LostLease:
            metrics.STEPS.labels(kind=step.kind, result="lost_lease").inc()
            log.warning("step lost its lease", extra={"step": step.pk, "token": step.token})
        except asyncio.CancelledError:
            await _give_back(runtime, step)
            raise
        except Exception as error:  # noqa: BLE001 - sorted by kind, logged and written down in `setback_of`
            metrics.STEPS.labels(kind=step.kind, result="set_back").inc()
            await _set_back(runtime, step, setback_of(error, attempts=step.attempts))


async def _all_written(ledger: StepLedger, *, stopped: bool) -> None:
    """Wait for the step's outcomes however often it is cancelled meanwhile, and raise `CancelledError` then.

    stopped: the step has been cancelled already. Then, too, what goes wrong is logged and does not count as a failure.
    """
    waiting = True
    while waiting:
        try:
            await ledger.written()
            waiting = False
        except asyncio.CancelledError:
            stopped = True
        except Exception:
            if not stopped:
                raise
            log.exception("a step was stopped and its outcome could not be written")
            waiting = False
    if stopped:
        raise asyncio.CancelledError


def setback_of(error: Exception, *, attempts: int) -> Setback:
    """Return what an error means for a step that has started `attempts` times (counting from 1)."""
    last = attempts >= settings.MRD.step_max_attempts
    wait_s = min(FIRST_WAIT_S * 2 ** (attempts - 1), LONGEST_WAIT_S)
    if isinstance(error, BudgetExceeded):
        return Setback(error.detail, wait_s=None, pauses=True)
    if isinstance(error, Waiting):
        return Setback(error.detail, wait_s=error.wait_s, pauses=False, counts=False)
    if isinstance(error, ProviderDown):
        return Setback(error.detail, wait_s=error.retry_after_s or wait_s, pauses=True)
    if isinstance(error, Transient):
        return Setback(error.detail, wait_s=max(wait_s, error.retry_after_s or 0), pauses=last)
    if isinstance(error, MrdError):
        return Setback(error.detail, wait_s=None, pauses=False)
    # Not foreseen: a bug, or a machine in trouble. The trace goes to the log and to Sentry, people get the kind.
    log.error("step failed unexpectedly", exc_info=error)
    sentence = f"Something unforeseen went wrong ({type(error).__name__}); the log has the details."
    return Setback(sentence, wait_s=None if last else wait_s, pauses=False)


async def _give_back(runtime: Runtime, step: Step) -> None:
    try:
        await asyncio.shield(runtime.bridge.run(steps.release, step_id=step.pk, token=step.token))
    except LostLease:
        log.info("step was not ours any more when given back", extra={"step": step.pk})


async def _set_back(runtime: Runtime, step: Step, setback: Setback) -> None:
    try:
        await runtime.bridge.run(write_setback, step=step, setback=setback, now=runtime.clock.now())
    except LostLease:
        log.warning("step lost its lease before its failure was written", extra={"step": step.pk})


def write_setback(*, step: Step, setback: Setback, now: dt.datetime) -> None:
    """Write a failure down under the step's token, and pause or fail the run where it says so. Raises `LostLease`."""
    run = Run.objects.select_for_update(no_key=True).get(pk=step.run_id)
    later = now + dt.timedelta(seconds=setback.wait_s) if setback.wait_s is not None else None
    if setback.pauses:
        steps.release(step_id=step.pk, token=step.token)
        if RunState(run.state) in WORKING:
            flow.fire(
                run_id=run.pk,
                event=RunEvent.PAUSED,
                actor=recording.ENGINE,
                now=now,
                reason=setback.sentence,
                not_before=later,
            )
    elif later is not None:
        steps.defer(step_id=step.pk, token=step.token, not_before=later, error=setback.sentence, counts=setback.counts)
    else:
        steps.fail(step_id=step.pk, token=step.token, error=setback.sentence, now=now)
        flow.advance(run_id=run.pk, now=now)
