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
SAMPLES = 20


def samples(points):
    if IS_WHOLE:
        return points
    return points[::max(1, len(points) // SAMPLES)]


def make_tern():
    return Tern("one")


@pytest.fixture
def journeys():
    peer = Peer("127.0.0.2", 0)
    yield {"reception": crash.Reception(), "local": crash.LocalDelivery(), "remote": crash.RemoteDelivery(peer)}
    peer.stop()


def tried(journey, points, run):
    """Run at each point; what went wrong, by point."""
    wrong, reached = [], 0
    for point in points:
        try:
            reached += run(journey, point)
        except AssertionError as error:
            wrong.append(f"{point}: {error}")
    assert not wrong, "\n".join(wrong)
    assert reached > 0, "strace tampered with nothing: the test tests nothing"


@pytest.mark.parametrize("name", ["reception", "local", "remote"])
def test_no_message_is_lost_when_killed_at_any_call(journeys, name):
    calls = crash.EVERY if IS_WHOLE else crash.CHANGING
    points = crash.points(make_tern, journeys[name], calls)
    tried(journeys[name], samples(points), lambda journey, point: crash.kill_at(make_tern, journey, point))


@pytest.mark.parametrize("name", ["reception", "local", "remote"])
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_no_message_is_lost_when_any_call_fails(journeys, name, error):
    points = crash.points(make_tern, journeys[name], crash.FAILING)
    tried(journeys[name], samples(points), lambda journey, point: crash.fail_at(make_tern, journey, point, error))
