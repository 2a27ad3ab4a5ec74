"""Wait for events: every wait has a condition, a name for the report, and a deadline."""
import os
import random
import socket
import time

DEADLINE_S = float(os.environ.get("TERN_TEST_DEADLINE_S", "30"))


def until(condition, what, deadline_s=None):
    """Return the first true value of condition(); fail when the deadline passes."""
    end = time.monotonic() + (deadline_s or DEADLINE_S)
    pause_s = 0.002
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for {what() if callable(what) else what}")
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 0.05)


def free_port(address="127.0.0.1"):
    """A port that nobody listens on, below the range the system gives to outgoing connections."""
    addresses = [address] if isinstance(address, str) else address
    while True:
        port = random.randint(10000, 31000)
        try:
            for one in addresses:
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    with socket.socket(socket.AF_INET6 if ":" in one else socket.AF_INET, kind) as probe:
                        probe.bind((one, port))
            return port
        except OSError:
            continue


def listening(address, port):
    """Does somebody answer there?  Says so without leaving a session open."""
    try:
        socket.create_connection((address, port), timeout=1).close()
        return True
    except OSError:
        return False
