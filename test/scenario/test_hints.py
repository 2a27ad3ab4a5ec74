"""RES-05: hints may be lost, corrupt, locked or foreign; mail goes on."""
import fcntl
import glob
import os
import shutil
import subprocess

import pytest

ROUTERS = """
down:
  driver = manualroute
  domains = down.example
  route_list = * 127.0.0.2
  transport = remote
mailbox:
  driver = accept
  local_parts = USERS
  transport = maildir
"""
DUMP = shutil.which("exim_dumpdb", path=os.environ["PATH"] + ":/usr/sbin:/sbin")


@pytest.fixture
def deferring(tern):
    """A message that waits for a host that refuses connections; the database of its retry times."""
    tern.configure(routers=ROUTERS)
    submit(tern)
    tern.database = tern.path("spool/db/retry")
    if not os.path.exists(tern.database):
        tern.database += ".sqlite"          # the backend of a build with USE_SQLITE
    return tern


def submit(tern):
    tern.submit("ann@tern.example", "x@down.example", "Subject: hello\n\nHello.\n", "-odi")


def test_a_refusing_host_leaves_a_record(deferring):
    assert deferring.wait_log(r" == x@down.example R=down T=remote defer \(111\): Connection refused")
    assert os.path.exists(deferring.database) and os.path.exists(deferring.database + ".lockfile")


@pytest.mark.skipif(DUMP is None, reason="exim_dumpdb is not here")
def test_exims_own_utility_reads_the_record(deferring):
    if deferring.database.endswith(".sqlite"):
        pytest.skip("Exim's utility reads Berkeley DB")
    out = subprocess.run([DUMP, deferring.path("spool"), "retry"], capture_output=True, text=True, check=False).stdout
    assert f"T:127.0.0.2:127.0.0.2:{deferring.peer_port} 111 65 Connection refused" in out, out


def test_a_queue_run_waits_for_the_retry_time(deferring):
    deferring.run_queue()
    assert deferring.wait_log(r"retry time not reached")
    before = len(deferring.log().splitlines())
    deferring.run("-qf")
    assert "Connection refused" in "\n".join(deferring.log().splitlines()[before:])


@pytest.mark.parametrize("damage", [b"", b"x" * 100, b"\0" * 8192, b"x" * 12288], ids=["empty", "text", "zeros", "pages"])
def test_a_corrupt_database_is_set_aside(deferring, damage):
    with open(deferring.database, "wb") as out:
        out.write(damage)
    deferring.is_panic_expected = True
    submit(deferring)
    assert deferring.wait_log(r" == x@down.example .*Connection refused", count=2)
    deferring.submit("ann@tern.example", "bob@tern.example", "Subject: local\n\nHello.\n", "-odi")
    deferring.wait_mail("bob")
    assert os.path.getsize(deferring.database) > 0
    assert bool(glob.glob(deferring.database + ".corrupt-*")) == (damage != b"")


def test_a_locked_database_is_waited_for_and_done_without(deferring):
    deferring.is_panic_expected = True
    with open(deferring.database + ".lockfile", "r+", encoding="ascii") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        deferring.submit("ann@tern.example", "bob@tern.example", "Subject: local\n\nHello.\n", "-odi")
        deferring.wait_mail("bob")
    assert deferring.queue_ids()


def test_a_read_only_directory_stops_nothing(deferring):
    if os.getuid() == 0 and deferring.user.pw_uid == 0:
        pytest.skip("root writes everywhere")
    deferring.is_panic_expected = True
    directory = os.path.dirname(deferring.database)
    shutil.rmtree(directory)
    os.mkdir(directory, 0o555)
    deferring.submit("ann@tern.example", "bob@tern.example", "Subject: local\n\nHello.\n", "-odi")
    deferring.wait_mail("bob")
