"""Kill Tern at one system call after another, or make one fail, and see what the spool then holds (DESIGN C1 to C5).

strace counts the calls of each process and tampers with the one that is asked for."""
import os
import re
import shutil
import subprocess
import tempfile

from . import wait

# Calls that change what is on the disk, or what a peer knows.
CHANGING = ("write writev pwrite64 fsync fdatasync rename renameat renameat2 link linkat unlink unlinkat openat close "
            "ftruncate mkdir mkdirat sendto sendmsg recvfrom recvmsg fcntl clone wait4").split()
FAILING = "write writev pwrite64 fsync fdatasync rename renameat renameat2 link linkat openat close mkdir mkdirat ftruncate".split()
EVERY = ["all"]

MESSAGE = "Subject: crash\n\n" + "A line of the body.\n" * 40


def have_strace():
    return shutil.which("strace") is not None


def strace(tern, calls, tampering, command, stdin=b""):
    """Run a command below strace.  Output of the command, and what strace wrote.  tampering: (call, number, what)."""
    report = tempfile.NamedTemporaryFile(prefix="strace-", dir=tern.directory, delete=False)
    os.chmod(report.name, 0o666)
    base = ["strace", "-f", "-q", "-o", report.name, "-e", "trace=" + ",".join(calls), "-e", "signal=none"]
    if tampering:
        base += ["-e", f"inject={tampering[0]}:{tampering[2]}:when={tampering[1]}"]
    done = subprocess.run(base + command, input=stdin, capture_output=True, cwd=tern.directory, check=False,
                          timeout=4 * wait.DEADLINE_S, **tern._as(None))
    with open(report.name, encoding="utf-8", errors="replace") as text:
        trace = text.read()
    os.unlink(report.name)
    return done, trace


def points_of(trace):
    """(call, number) for every call of every process: strace counts each call of each process apart."""
    counts = {}
    for line in trace.splitlines():
        match = re.match(r"(\d+) +(\w+)\(", line)
        if match:
            counts[match.groups()] = counts.get(match.groups(), 0) + 1
    most = {}
    for (_, call), count in counts.items():
        most[call] = max(count, most.get(call, 0))
    return [(call, number) for call, count in sorted(most.items()) for number in range(1, count + 1)]


def settle(tern):
    """What the next start does: queue runs until nothing more can be done."""
    for _ in range(3):
        tern.run("-qff")
        if not tern.queue_ids():
            break


def leftovers(tern):
    """Files of messages on the spool that no listed message owns."""
    held = set(tern.queue_ids())
    found = []
    for folder, _, names in os.walk(tern.path("spool/input")):
        found += [os.path.join(folder, name) for name in names if name.rsplit("-", 1)[0] not in held]
    return found


class Reception:
    """An SMTP session on standard input; the message stays on the queue."""
    calls_text = (b"EHLO client.example\r\nMAIL FROM:<ann@tern.example>\r\nRCPT TO:<bob@tern.example>\r\nDATA\r\n"
                  + MESSAGE.replace("\n", "\r\n").encode() + b".\r\nQUIT\r\n")

    def prepare(self, tern):
        return tern.command("-odq", "-bs"), self.calls_text

    def check(self, tern, done):
        accepted = re.search(rb"^250 OK id=(\S+)", done.stdout, re.M)
        settle(tern)
        box = tern.mailbox("bob")
        assert len(box) <= 1, "delivered twice"
        if accepted:
            assert len(box) == 1, "a message that got its 250 is lost: " + tern.log()
        if box:
            assert box[0].endswith("A line of the body.\n" * 40), "damaged"


class LocalDelivery:
    """The delivery of a held message to a Maildir."""
    copies_max = 2      # killed between the delivery and its record: the mailbox has it, the journal does not

    def prepare(self, tern):
        tern.submit("ann@tern.example", "bob@tern.example", MESSAGE, "-odq")
        return tern.command("-M", tern.queue_ids()[0]), b""

    def check(self, tern, done):
        settle(tern)
        box = tern.mailbox("bob")
        assert 1 <= len(box) <= self.copies_max, f"{len(box)} copies: {tern.log()}"
        assert all(text.endswith("A line of the body.\n" * 40) for text in box), "damaged"
        assert not tern.queue_ids(), "still held: " + tern.log()


class RemoteDelivery:
    """The delivery of a held message to a peer."""

    def __init__(self, peer):
        self.peer = peer

    def prepare(self, tern):
        tern.peer_port = self.peer.port
        tern.configure(routers="relay:\n  driver = manualroute\n  route_list = * 127.0.0.2\n  transport = remote\n  self = send\n")
        self.before = len(self.peer.messages)
        tern.submit("ann@tern.example", "bob@elsewhere.example", MESSAGE, "-odq")
        return tern.command("-M", tern.queue_ids()[0]), b""

    def check(self, tern, done):
        settle(tern)
        count = len(self.peer.messages) - self.before
        assert 1 <= count <= 2, f"{count} copies: {tern.log()}"
        assert not tern.queue_ids(), "still held: " + tern.log()


def points(make_tern, journey, calls):
    """Where a run can be tampered with."""
    tern = make_tern()
    command, stdin = journey.prepare(tern)
    done, trace = strace(tern, calls, None, command, stdin)
    journey.check(tern, done)
    tern.destroy()
    return points_of(trace)


def kill_at(make_tern, journey, point):
    """One run that is killed at a point; returns whether it got there."""
    tern = make_tern()
    command, stdin = journey.prepare(tern)
    done, trace = strace(tern, [point[0]], (*point, "signal=SIGKILL"), command, stdin)
    journey.check(tern, done)
    assert not leftovers(tern) or tern.run("-bp").ok(), "inspection fails after a crash"
    tern.destroy()
    return re.search(r"= \?\s*$", trace, re.M) is not None


def fail_at(make_tern, journey, point, error):
    """One run in which the call at a point fails; returns whether it got there."""
    tern = make_tern()
    command, stdin = journey.prepare(tern)
    done, trace = strace(tern, [point[0]], (*point, f"error={error}"), command, stdin)
    if isinstance(journey, Reception) and re.search(rb"^354 [^\n]*\n[45]", done.stdout, re.M):
        held = os.listdir(tern.path("spool/input")) if os.path.isdir(tern.path("spool/input")) else []
        assert not held, f"refused, but left on the spool: {held}\n{done.stdout.decode()}"
    journey.check(tern, done)
    tern.destroy()
    return "(INJECTED)" in trace
