"""A parsing process that hangs, grows, dies or lies costs its own file one sentence, and nothing else."""

from __future__ import annotations

import datetime as dt
import os
import signal
import struct
import time
from concurrent import futures
from pathlib import Path

import pytest

from research.engine.domain.errors import Unreadable
from research.engine.extraction import sandbox, wire
from research.engine.extraction.process import ParserProcess
from research.engine.extraction.result import Extraction, Limits

GOOD = b"Words that can be read.\n"


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.txt"
    path.write_bytes(GOOD)
    return path


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def refusal(pool: sandbox.ParserPool, source, **kw) -> str:
    with pytest.raises(Unreadable) as caught:
        pool.extract(source, **kw)
    assert "\n" not in caught.value.detail
    return caught.value.detail


def test_one_file_is_read_in_a_process_of_its_own(good):
    got = sandbox.extract(good)
    assert (got.text, got.page_starts, got.media_type) == (GOOD.decode(), (0,), "text/plain")


def test_bytes_are_read_as_a_file_of_the_given_name():
    with sandbox.ParserPool() as pool:
        assert pool.extract(b"# Title\n\nwords", name="a.md").title == "Title"


def test_a_process_serves_many_files_and_is_replaced_after_its_share(good):
    with sandbox.ParserPool(recycle_after=2) as pool:
        seen = []
        for _ in range(4):
            pool.extract(good)
            seen.append(pool.pids())
    assert seen[0]
    assert seen[1] == []
    assert seen[2] not in ([], seen[0])


def test_a_refusal_leaves_the_process_to_the_next_file(good):
    with sandbox.ParserPool() as pool:
        assert "no PDF" in refusal(pool, b"no pdf at all", name="a.pdf")
        first = pool.pids()
        pool.extract(good)
        assert pool.pids() == first


def test_a_big_parent_does_not_make_its_processes_look_big(good):
    limits = Limits(memory_mb=300)
    ballast = bytearray(250 << 20)  # over two thirds of the limit, in this process
    with sandbox.ParserPool(limits=limits) as pool:
        pool.extract(good)
        first = pool.pids()
        pool.extract(good)
        assert pool.pids() == first != []
        process = ParserProcess(limits=limits)
        process._take(len(wire.READY), time.monotonic() + 30)
        process._ready = True
        os.kill(process.pid, signal.SIGSEGV)
        with pytest.raises(Unreadable, match="crashed"):
            process.extract(str(good), name="good.txt")
        begun = process._inherited_kib
        assert "crashed" in process._obituary((-signal.SIGSEGV, begun + 4096))
        assert "needed more than 300 MB" in process._obituary((-signal.SIGSEGV, begun + 20_000))
    del ballast


def test_a_hanging_process_is_killed_at_its_time_and_the_next_file_is_read(good):
    with sandbox.ParserPool(limits=Limits(timeout_s=0.5)) as pool:
        pool.extract(good)
        (pid,) = pool.pids()
        os.kill(pid, signal.SIGSTOP)  # it hangs as truly as a process can
        assert "took longer than 0.5 s" in refusal(pool, good)
        assert not alive(pid)
        assert pool.extract(good).text


def test_a_process_that_dies_with_a_file_in_hand_fails_that_file_alone(good):
    with sandbox.ParserPool(workers=2) as pool, futures.ThreadPoolExecutor() as threads:
        pool.extract(good)
        (pid,) = pool.pids()
        os.kill(pid, signal.SIGSTOP)
        doomed = threads.submit(refusal, pool, good)
        while pool.pids():  # until the stopped process has the file
            time.sleep(0.01)
        neighbour = threads.submit(pool.extract, good)
        assert neighbour.result(timeout=30).text
        os.kill(pid, signal.SIGSEGV)
        os.kill(pid, signal.SIGCONT)
        assert "crashed on the file (signal SIGSEGV)" in doomed.result(timeout=30)
        assert pool.extract(good).text


def test_a_process_that_died_at_rest_fails_no_file(good):
    with sandbox.ParserPool() as pool:
        pool.extract(good)
        (pid,) = pool.pids()
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert pool.extract(good).text


def test_a_file_that_needs_too_much_memory_is_refused_and_the_next_is_read(good):
    with sandbox.ParserPool(limits=Limits(memory_mb=96)) as pool:
        assert "more than 96 MB of memory" in refusal(pool, ("<p>word</p>" * 2_000_000).encode(), name="a.html")
        assert pool.extract(good).text


def test_a_gigantic_file_is_refused_before_it_is_read(tmp_path):
    huge = tmp_path / "huge.pdf"
    with huge.open("wb") as file:
        file.truncate(1 << 40)  # a terabyte of holes
    with sandbox.ParserPool() as pool:
        assert "larger than the limit of 64 MB" in refusal(pool, huge)
        assert pool.pids() == []  # no process was started for it
        assert "larger than the limit" in refusal(sandbox.ParserPool(limits=Limits(max_bytes=10)), b"x" * 11)


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with sandbox.ParserPool() as pool:
        assert "not a file" in refusal(pool, tmp_path)
        assert "not a file" in refusal(pool, tmp_path / "pipe")
        assert "not a file" in refusal(pool, "/dev/zero")
        assert "No such file" in refusal(pool, tmp_path / "gone.txt")
        assert "not a valid path" in refusal(pool, "a\0b")


def test_the_process_has_no_secrets_in_its_environment(good, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "very-secret")
    with sandbox.ParserPool() as pool:
        pool.extract(good)
        (pid,) = pool.pids()
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        limits = Path(f"/proc/{pid}/limits").read_text()
        assert os.getsid(pid) == pid
        assert str(Path(f"/proc/{pid}/fd/0").readlink()) == "/dev/null"
    assert b"very-secret" not in environment
    assert [line.split()[3] for line in limits.splitlines() if line.startswith("Max file size")] == ["0"]
    assert str(1024 << 20) in next(line for line in limits.splitlines() if line.startswith("Max address space"))


def test_leaving_the_pool_ends_its_processes(good):
    with sandbox.ParserPool() as pool:
        pool.extract(good)
        (pid,) = pool.pids()
    assert not alive(pid)
    with pytest.raises(RuntimeError, match="closed"):
        pool.extract(good)


def test_a_pool_needs_a_worker():
    with pytest.raises(ValueError, match="at least one"):
        sandbox.ParserPool(workers=0)


def test_a_process_whose_parent_is_gone_ends(good):
    process = ParserProcess(limits=Limits())
    process.extract(str(good), name="good.txt")
    process._close_pipes()  # what the kernel does when the parent dies
    assert process._process.wait(timeout=10) == 0


def test_a_reply_crosses_the_wire_whole():
    extraction = Extraction("téxt\n", (0, 2), "T", dt.date(2024, 1, 2), "e", "v", "text/plain", ("Page 2 is damaged.",))
    sent = wire.pack(wire.Reply(extraction, None, last=True))
    header, text = wire.SIZES.unpack(sent[: wire.SIZES.size])
    body = sent[wire.SIZES.size :]
    assert len(body) == header + text
    assert wire.unpack(body[:header], body[header:]) == wire.Reply(extraction, None, last=True)


@pytest.mark.parametrize(
    "nonsense",
    [
        struct.pack(">II", 2**31, 0),
        struct.pack(">II", 4, 2**31),
        struct.pack(">II", 4, 0) + b"{}{}",
        struct.pack(">II", 2, 0) + b"{}",
    ],
)
def test_a_reply_that_is_none_is_a_crash_and_takes_no_memory(nonsense, good):
    process = ParserProcess(limits=Limits())
    process.extract(str(good), name="good.txt")
    process._buffer += nonsense  # as if the process had been taken over and written this
    with pytest.raises(Unreadable, match="crashed"):
        process.extract(str(good), name="good.txt")
    assert not process.alive()
