"""The same question to exim4 and to tern: what differs, after what differs by nature is evened out."""
import re
import subprocess

from .peers import exim_program
from .tern import ordinary_user

EVEN = [
    (r"[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4}", "MESSAGE-ID"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?( [+-]\d{4})?", "TIME"),
    (r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", "DATE"),
    (r"\b(Exim|exim4|exim|Tern|tern) (version )?\d+\.\d+(\.\d+)?", "PROGRAM"),
    (r"\b(?:Exim|Tern)\b", "PROGRAM"),
    (r"\bpid=\d+|\bpid \d+", "PID"),
    (r"\[127\.0\.0\.1\]:\d+", "[127.0.0.1]:PORT"),
]


def evened(text, more=()):
    for pattern, put in [*EVEN, *more]:
        text = re.sub(pattern, put, text)
    return text


def both(tern, args, config, stdin=b""):
    """Run both programs with the same arguments on the same configuration file; (exim's Result, tern's), evened."""
    user = ordinary_user()
    tern.write("same.conf", config)
    results = []
    for program in (exim_program(), tern.program):
        more = tern._as(user)
        done = subprocess.run([program, "-C", tern.path("same.conf"), *args], input=stdin, capture_output=True,
                              cwd=tern.directory, check=False, timeout=60, **more)
        results.append((done.returncode, evened(done.stdout.decode("utf-8", "backslashreplace")),
                        evened(done.stderr.decode("utf-8", "backslashreplace"))))
    return results


def same(tern, args, config, stdin=b""):
    """Assert that exit code and standard output are equal."""
    exim, ours = both(tern, args, config, stdin)
    assert ours[:2] == exim[:2], f"{args}:\nexim: {exim}\ntern: {ours}"
    return ours
