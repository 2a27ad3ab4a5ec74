"""The order of things when a message is accepted (DESIGN section 5): all writes, then the flushes, then the promise."""
import re

import pytest

from harness import crash
from harness.tern import Tern

pytestmark = pytest.mark.skipif(not crash.have_strace(), reason="needs strace")

FLUSHES_MAX = 3         # both files; and the directory, where the file system does not keep the order of its changes


def calls_of(trace):
    """(name, path or descriptor, text) of each call, descriptors replaced by the paths they were opened with."""
    paths = {}
    for line in trace.splitlines():
        match = re.match(r"(\d+) +(\w+)\((.*)\) += (-?\d+)", line)
        if not match or int(match.group(4)) < 0:
            continue
        process, name, args, result = match.group(1), match.group(2), match.group(3), int(match.group(4))
        if name == "openat":
            paths[process, result] = re.search(r'"([^"]*)"', args).group(1)
            yield name, paths[process, result], args
            continue
        descriptor = int(re.match(r"\d+", args).group(0)) if re.match(r"\d+", args) else -1
        yield name, paths.get((process, descriptor), descriptor), args
        if name == "close":
            paths.pop((process, descriptor), None)


@pytest.fixture
def calls():
    tern = Tern("one")
    journey = crash.Reception()
    command, stdin = journey.prepare(tern)
    watched = ["openat", "write", "writev", "fsync", "fdatasync", "sendto", "close"]
    done, trace = crash.strace(tern, watched, None, command, stdin)
    journey.check(tern, done)
    tern.destroy()
    return list(calls_of(trace))


def places(calls, wanted):
    return [number for number, call in enumerate(calls) if wanted(*call)]


def is_spool(path):
    return "/spool/input" in str(path)


def test_the_promise_comes_after_the_flushes_and_the_flushes_after_the_writes(calls):
    writes = places(calls, lambda name, path, _: name in ("write", "writev") and is_spool(path))
    flushes = places(calls, lambda name, path, _: name in ("fsync", "fdatasync") and is_spool(path))
    promise = places(calls, lambda name, path, args: name in ("write", "sendto") and "250 OK id=" in args)
    assert writes and flushes and len(promise) == 1, calls
    assert max(writes) < min(flushes)
    assert max(flushes) < promise[0]
    assert len(flushes) <= FLUSHES_MAX
    flushed = {calls[number][1][-2:] for number in flushes}
    assert {"-D", "-H"} <= flushed


def test_each_file_of_a_small_message_is_one_write(calls):
    for suffix in ("-D", "-H"):
        assert len(places(calls, lambda name, path, _: name == "write" and str(path).endswith(suffix))) == 1
