"""The durability contract (DESIGN section 5): killed at any system call, or with any of them failing, no accepted message
is lost and the spool is taken up without help.

The short form takes samples; TERN_CRASH=all kills at every call (make crash)."""
import os

import pytest

from harness import crash
from harness.smtp_peer import Peer
from harness.tern import Tern

pytestmark = pytest.mark.skipif(not crash.have_strace(), reason="needs strace")

IS_WHOLE = os.environ.get("TERN_CRASH") == "all"
SAMPLES = 10


def samples(count):
    if IS_WHOLE:
        return range(1, count + 1)
    step = max(1, count // SAMPLES)
    return range(1, count + 1, step)


def make_tern():
    return Tern("one")


@pytest.fixture
def journeys():
    peer = Peer("127.0.0.2", 0)
    yield {"reception": crash.Reception(), "local": crash.LocalDelivery(), "remote": crash.RemoteDelivery(peer)}
    peer.stop()


@pytest.mark.parametrize("name", ["reception", "local", "remote"])
def test_no_message_is_lost_when_killed_at_any_call(journeys, name):
    calls = crash.EVERY if IS_WHOLE else crash.CHANGING
    count = crash.count_calls(make_tern, journeys[name], calls)
    assert count > 0
    killed = sum(crash.kill_at(make_tern, journeys[name], calls, number) for number in samples(count))
    assert killed > 0, "strace killed nothing: the test tests nothing"


@pytest.mark.parametrize("name", ["reception", "local", "remote"])
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_no_message_is_lost_when_any_call_fails(journeys, name, error):
    count = crash.count_calls(make_tern, journeys[name], crash.FAILING)
    for number in samples(count):
        crash.fail_at(make_tern, journeys[name], number, error)
