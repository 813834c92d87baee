"""Decide at a gate from the command line, as oneself: the password is asked every time."""

from __future__ import annotations

import getpass
import json
import os
import warnings
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from research.engine.domain.errors import Conflict, InvalidInput, MrdError, NotFound, Refused
from research.engine.domain.states import RunState, Verdict
from research.management.finding import run_id_of
from research.models import User
from research.models.record import SubjectKind
from reviews import passwords
from reviews.decide import decide
from reviews.requests import BACK_TO, DecisionRequest

PASSWORD_VARIABLE = "MRD_DECIDE_PASSWORD"  # noqa: S105 - the name of a variable
EXIT_CODES: tuple[tuple[type[MrdError], int], ...] = ((InvalidInput, 2), (Refused, 3), (NotFound, 4), (Conflict, 5))


class Command(BaseCommand):
    help = (
        "Approve, reject or edit a plan, a claim, a section or a document that waits at a gate. "
        f"Asks for your password, or takes it from {PASSWORD_VARIABLE}. "
        "Ends with 2 for wrong input, 3 where you may not, 4 where there is no such thing, 5 where it has changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run_id", metavar="RUN_ID", help="the run's id, or the first characters of it")
        parser.add_argument("subject", choices=[kind.value for kind in SubjectKind])
        parser.add_argument("subject_id", type=int, metavar="ID")
        parser.add_argument("verdict", choices=[verdict.value for verdict in Verdict])
        parser.add_argument("--as", dest="username", required=True, help="your user name")
        parser.add_argument("--digest", required=True, help="the digest of what you were shown")
        parser.add_argument("--comment", default="", help="why; needed to edit and to reject")
        parser.add_argument("--file", type=Path, help="the edited plan, claim or sentences as JSON")
        parser.add_argument("--back-to", choices=[state.value for state in BACK_TO], default=RunState.DRAFTING.value)
        parser.add_argument("--meaning", default="", help="what your signature means; needed to sign")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run_id = run_id_of(options["run_id"])
            edit = _read(options["file"])
            person, password = _authenticate(options["username"])
            request = DecisionRequest(
                run_id=run_id,
                subject=SubjectKind(options["subject"]),
                subject_id=options["subject_id"],
                digest=options["digest"],
                verdict=Verdict(options["verdict"]),
                comment=options["comment"],
                edit=edit,
                back_to=RunState(options["back_to"]),
                meaning=options["meaning"],
                password=password,
            )
            decision = decide(person=person, door="cli", request=request, now=timezone.now())
        except MrdError as error:
            code = next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1)
            raise CommandError(error.detail, returncode=code) from error
        decision.run.refresh_from_db()
        self.stdout.write(f"Decision {decision.pk}: {decision}. The run is now in state '{decision.run.state}'.")


def _authenticate(username: str) -> tuple[User, str]:
    """Return the person and the password they gave. Raises `Refused`, in the same words whichever was wrong."""
    password = os.environ.get(PASSWORD_VARIABLE) or _ask(username)
    person = User.objects.filter(username=username).first()
    if person is None or not passwords.confirm(person=person, password=password):
        raise Refused("The user name and the password do not go together: try again.", rule="password")
    return person, password


def _ask(username: str) -> str:
    """Return the password typed unseen at the terminal. Raises `InvalidInput` where there is none to hide it at."""
    try:
        with warnings.catch_warnings():
            # It would read on with what is typed shown.
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(f"Password of {username}: ")
    except (EOFError, getpass.GetPassWarning) as error:
        raise InvalidInput(
            f"Your password cannot be asked for here: run this in a terminal, or set {PASSWORD_VARIABLE}.",
            field="password",
        ) from error


def _read(path: Path | None) -> Any:
    if path is None:
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(f"The file {path} cannot be read: {error.strerror}.", field="file") from error
    except ValueError as error:
        raise InvalidInput(f"The file {path} is not JSON: {error}.", field="file") from error
