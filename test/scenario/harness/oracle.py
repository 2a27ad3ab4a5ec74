"""What must hold after every attack (the oracles of the catalogue): counts, states, replies, files."""
import glob
import os

QUIET = """queue_only = true
smtp_max_synprot_errors = 1000
smtp_max_unknown_commands = 1000
smtp_accept_max_nonmail = 1000
"""


def held(tern):
    """(-H texts, -D texts) of the messages on the spool, by id."""
    found = {}
    for name in tern.queue_ids():
        path = (glob.glob(tern.path(f"spool/input/{name}-H")) + glob.glob(tern.path(f"spool/input/?/{name}-H")))[0]
        with open(path, "rb") as head, open(path[:-1] + "D", "rb") as body:
            found[name] = head.read(), body.read().partition(b"\n")[2]
    return found


def bodies(tern):
    return [body for _, body in held(tern).values()]


def is_like_new(client):
    """The session equals a fresh one after RSET: no sender, no recipients, commands answered in order (O2, O3)."""
    client.cmd("RCPT TO:<bob@tern.example>", 503)
    client.cmd("NOOP", 250)
    client.envelope("ann@tern.example", "bob@tern.example")
    client.cmd("RSET", 250)


def spool_is_clean(tern, count):
    """Exactly so many messages, each with both files and nothing else (O1, O7)."""
    ids = tern.queue_ids()
    assert len(ids) == count, (ids, tern.log())
    names = sorted(os.path.basename(path) for path in glob.glob(tern.path("spool/input/**/*"), recursive=True)
                   if os.path.isfile(path))
    assert names == sorted(f"{name}-{kind}" for name in ids for kind in "DH"), names


def log_is_well_formed(tern):
    """Every line of every log begins with a time: nothing was injected (O6)."""
    import re
    for kind in ("main", "reject", "panic"):
        for line in tern.log(kind).splitlines():
            if kind == "reject" and (line.startswith(("Envelope-", "----")) or re.match(r"^[A-Z*]? *\s", line)
                                     or re.match(r"^[\w-]+:", line) or not line):
                continue
            assert re.match(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", line), f"{kind} log: {line!r}"
