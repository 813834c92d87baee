"""Read prompts: a front matter (id, version), then the instructions, then what is asked with its places to fill.

A file is cut at the line `---8<---`: above it stands what the model is to be (the system prompt, the same for every
call, which a cache can keep), below it what it is asked this time. Places are written `{name}`.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import NamedTuple

from research.engine.domain.canonical import sha256_hex

_FOLDER = Path(__file__).parent
_FRONT = re.compile(r"\A---\n(?P<front>.*?)\n---\n(?P<body>.*)\Z", re.DOTALL)
_CUT = "\n---8<---\n"
_PLACE = re.compile(r"\{([a-z_]+)\}")


class Prompt(NamedTuple):
    """A prompt. digest: SHA-256 of the whole file's bytes. system: fixed words. ask: with places to fill."""

    id: str
    version: str
    digest: str
    system: str
    ask: str

    def fill(self, **values: str) -> str:
        """Return what is asked, its places filled. Raises `ValueError` when a place or a value is left over.

        Values are put in once, as they are: a brace in one of them is no place.
        """
        places = set(_PLACE.findall(self.ask))
        if places != set(values):
            odd = ", ".join(sorted(places ^ set(values)))
            raise ValueError(f"The prompt '{self.id}' and its values differ in: {odd}.")
        return _PLACE.sub(lambda found: values[found[1]], self.ask)

    def named(self) -> dict[str, str]:
        """Return what a ledger row says of the prompt: id, version, digest."""
        return {"id": self.id, "version": self.version, "digest": self.digest}


@functools.cache
def load(name: str) -> Prompt:
    """Return the prompt of the file `name`.md, read once. Raises `ValueError` for one that is not as described."""
    return read(name, folder=_FOLDER)


def read(name: str, *, folder: Path) -> Prompt:
    """Return the prompt of the file `name`.md in `folder`. Raises `ValueError` for one that is not as described."""
    data = (folder / f"{name}.md").read_bytes()
    found = _FRONT.match(data.decode("utf-8"))
    if found is None:
        raise ValueError(f"The prompt '{name}' has no front matter: begin it with --- and its id and version.")
    front = dict(line.split(":", 1) for line in found["front"].splitlines() if ":" in line)
    front = {key.strip(): value.strip() for key, value in front.items()}
    system, cut, ask = found["body"].partition(_CUT)
    if front.get("id") != name or not front.get("version") or not cut:
        raise ValueError(f"The prompt '{name}' needs its own id, a version and the line ---8<---.")
    return Prompt(name, front["version"], sha256_hex(data), system.strip(), ask.strip())


def names() -> tuple[str, ...]:
    """Return the names of all prompts, in alphabetical order."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.md")))
