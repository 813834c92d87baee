"""From paths and uploads to files to read: folders walked, hidden files and links out of the tree left and said."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from research.engine.domain.errors import InvalidInput, Unreadable

from .about import MANIFEST, NOTHING, About, manifest, one_line

MAX_NAME = 500
_MAX_DEPTH = 64


class Said(NamedTuple):
    """A file by its name, and one sentence on what became of it."""

    name: str
    sentence: str


class Candidate(NamedTuple):
    """A file to add. `name` as people see it; `about` what a manifest says of it."""

    path: Path
    name: str
    about: About


class Collected(NamedTuple):
    """What the paths gave: files in stable order, what was passed over, and paths that cannot be read at all."""

    files: tuple[Candidate, ...]
    skipped: tuple[Said, ...]
    unreadable: tuple[Said, ...]


def collect(paths: Sequence[Path]) -> Collected:
    """Return the files under `paths`, folders recursively. Raises `InvalidInput` for a wrong manifest entry."""
    files: list[Candidate] = []
    skipped: list[Said] = []
    unreadable: list[Said] = []
    for path in paths:
        try:
            # A path a person names is followed even when it is a link or hidden: they asked for it.
            mode = path.stat().st_mode
            if stat.S_ISDIR(mode):
                _walk(path.resolve(), files, skipped, unreadable)
            else:
                said = (manifest(path.parent) or {}).get(path.name, NOTHING)
                files.append(Candidate(path, clean_name(path.name), said))
        except (OSError, ValueError) as error:
            unreadable.append(Said(clean_name(str(path)), why_not(error)))
    return Collected(tuple(_once(files)), tuple(skipped), tuple(unreadable))


def clean_name(name: str) -> str:
    """Return a file's name fit to show and store: one line, no control characters, at most 500 characters.

    A longer one keeps its beginning and its end, where the suffix is. Only ever shown: no path is made of it.
    """
    text = one_line(os.fsencode(name).decode("utf-8", "replace")) or "unnamed file"
    if len(text) <= MAX_NAME:
        return text
    return f"{text[: MAX_NAME - 61]}…{text[-60:]}"


def read(path: Path, *, max_bytes: int) -> bytes:
    """Return the bytes of a regular file. Raises `Unreadable` when it is none, too large, or cannot be read."""
    try:
        # O_NONBLOCK: opening a named pipe must not wait for a writer.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise Unreadable("This is not a regular file: give a document or a folder of documents.")
            too_large(status.st_size, max_bytes=max_bytes)
            data = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        raise Unreadable(why_not(error)) from error
    too_large(len(data), max_bytes=max_bytes)
    return data


def too_large(size: int, *, max_bytes: int) -> None:
    """Raise `Unreadable` when `size` passes the limit (both in bytes)."""
    if size > max_bytes:
        raise Unreadable(
            f"The file has {size / 1_048_576:,.0f} MB and the limit is {max_bytes // 1_048_576:,} MB: "
            "split it, or raise MRD_UPLOAD_MAX_MB."
        )


def why_not(error: Exception) -> str:
    """Return one sentence saying why a path cannot be read and what to do."""
    known = {
        errno.ENOENT: "There is no such file or folder: check the path.",
        errno.ENOTDIR: "There is no such file or folder: check the path.",
        errno.EACCES: "It may not be read by this user: change its permissions.",
        errno.EPERM: "It may not be read by this user: change its permissions.",
        errno.ELOOP: "The link leads in a circle: name the file itself.",
        errno.ENAMETOOLONG: "The path is too long: shorten it.",
    }
    number = error.errno if isinstance(error, OSError) else None
    if number in known:
        return known[number]
    return f"It cannot be read ({one_line(str(getattr(error, 'strerror', None) or error))}): check the path."


def _walk(root: Path, files: list[Candidate], skipped: list[Said], unreadable: list[Said]) -> None:
    """Add what lies under `root`, depth first, names in order; directory links are never entered, so it ends."""
    stack: list[tuple[Path, int]] = [(root, 0)]
    while stack:
        folder, depth = stack.pop()
        label = clean_name(_label(root, folder))
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
            said = manifest(folder)
        except OSError as error:
            unreadable.append(Said(label, why_not(error)))
            continue
        if said is None:
            skipped.append(Said(f"{label}/{MANIFEST}", "It is not a library manifest, so it was not used."))
        folders = []
        for entry in entries:
            if entry.name == MANIFEST:
                continue
            name = clean_name(_label(root, Path(entry.path)))
            sentence = _passed_over(entry, root)
            if sentence is not None:
                skipped.append(Said(name, sentence))
            elif not entry.is_dir(follow_symlinks=False):
                files.append(Candidate(Path(entry.path), name, (said or {}).get(entry.name, NOTHING)))
            elif depth >= _MAX_DEPTH:
                skipped.append(Said(name, f"It lies more than {_MAX_DEPTH} folders deep: name it by itself."))
            else:
                folders.append((Path(entry.path), depth + 1))
        stack.extend(reversed(folders))


def _passed_over(entry: os.DirEntry[str], root: Path) -> str | None:
    """Return why an entry of a folder is left out, or None when it goes in."""
    if entry.name.startswith("."):
        return "It is hidden: name it by itself to add it."
    if not entry.is_symlink():
        return None
    return _link_passed_over(Path(entry.path), root)


def _link_passed_over(link: Path, root: Path) -> str | None:
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):
        return "It is a link that leads nowhere."
    if not target.is_relative_to(root):
        return "It is a link that leads out of the folder: name the file itself to add it."
    if target.is_dir():
        return "It is a link to a folder that goes in by itself."
    if any(part.startswith(".") for part in target.relative_to(root).parts):
        return "It is a link to a hidden file: name the file itself to add it."
    return None


def _label(root: Path, path: Path) -> str:
    """Return `path` as a person who named `root` knows it: with the folder's own name in front."""
    return str(Path(root.name or str(root)) / path.relative_to(root))


def _once(files: Iterable[Candidate]) -> Iterator[Candidate]:
    """Leave out a path that was named twice, by itself and by its folder."""
    seen: set[Path] = set()
    for file in files:
        key = file.path.absolute()
        if key not in seen:
            seen.add(key)
            yield file


__all__ = ["Candidate", "Collected", "InvalidInput", "Said", "clean_name", "collect", "read", "too_large", "why_not"]
