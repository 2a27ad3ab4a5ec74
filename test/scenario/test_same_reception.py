"""The same message to the reference and to Tern: what is printed, the exit code, the spool files and the log lines are
the same, after what differs by nature is evened out.  Differences on purpose stand in doc/DIFFERENCES.md and not here."""
import difflib
import glob
import os
import re
import shutil
import subprocess
import tempfile

import pytest

from harness import peers
from harness.tern import BUILD, ordinary_user

pytestmark = [pytest.mark.root, pytest.mark.skipif(peers.exim_program() is None, reason="no Exim to compare with")]

CONFIG = """
primary_hostname = mx.tern.example
qualify_domain = tern.example
keep_environment =
log_selector = +all -pid -arguments -pipelining
timezone = UTC
queue_only
smtp_enforce_sync = false
smtp_accept_keepalive = false
message_size_limit = 2K
header_maxsize = 1000
header_line_maxsize = 300
recipients_max = 5
trusted_users = root
local_from_check = true
acl_smtp_mail = mail
acl_smtp_rcpt = accept
acl_smtp_data = data
acl_not_smtp = data
spool_directory = DIRECTORY/spool
log_file_path = DIRECTORY/%slog
OWN

begin acl
mail:
  warn senders = sub@*
       control = submission/domain=sub.example/name=Sub Mitter
  warn senders = retain@*
       control = submission/sender_retain
  accept

data:
  deny condition = ${if match{$h_subject:}{^deny}}
       message = denied\\nsecond line
       log_message = logged deny
  defer condition = ${if match{$h_subject:}{^defer}}
       message = deferred
  deny condition = ${if match{$h_subject:}{^code}}
       message = 552 5.2.3 too much
  accept condition = ${if match{$h_subject:}{^fake}}
       control = fakereject/fake text
  accept condition = ${if match{$h_subject:}{^freeze}}
       control = freeze
  accept condition = ${if match{$h_subject:}{^field}}
       add_header = :at_start:X-First: $message_exim_id
       add_header = X-Last: a\\n b
       remove_header = X
       set acl_m_name = $sender_address
  accept

begin routers
r:
  driver = accept
  transport = t
begin transports
t:
  driver = appendfile
  file = /dev/null
"""

LOCAL = [
    (["-t"], "To: a@b\nCc: \"c\" <c>, d@e (x)\nBcc: z@z\n\nbody\n"),
    (["-t"], "To: a@b, a@b\nResent-To: r@s\nResent-Bcc: q@s\nResent-Message-Id: <r@s>\n\nbody\n"),
    (["-t", "c@d", "e@f"], "To: a@b, c@d\n\nbody\n"),
    (["-t"], "To: a b@c\n\nbody\n"),
    (["-t"], "Subject: x\n\nbody\n"),
    (["-t", "-oep"], "Subject: x\n\nbody\n"),
    (["bad addr@"], "Subject: x\n\nbody\n"),
    (["-oep", "bad addr@"], "Subject: x\n\nbody\n"),
    (["-oee", "bad addr@"], "Subject: x\n\nbody\n"),
    (["-oep", "-bnq", "foo"], "X: y\n\nb\n"),
    (["a@b"], "From: root\nSender: x@y\nReturn-path: <q@q>\nEnvelope-to: q@q\nDelivery-date: now\n\nbody\n"),
    (["a@b"], "no header\nbody\n"),
    (["a"], "\nbody\n"),
    (["a"], ""),
    (["-f", "x@y", "a@b"], "Received: x\nFrom: a\n"),
    (["-f", "<>", "a@b"], "From: a@b\n\n"),
    (["-f", "x@y", "a@b"], "X: y\n\nb\n"),
    (["-f", "x@y", "-F", "N Ame", "a@b"], "X: y\n\nb\n"),
    (["-F", "J. Q. Public", "a@b"], "X: y\n\nb\n"),
    (["-F", "", "a@b"], "X: y\n\nb\n"),
    (["-bnq", "a@b"], "From: root\nTo: a, b@[1.2.3.4]\n\nb\n"),
    (["-i", "a@b"], "X: y\n\n.\nb\n"),
    (["a@b"], "X: y\n\nq\n.\nb\n"),
    (["a@b,c@d", "e@f"], "X: y\r\nZ: a\r\n b\r\n\r\nq\r\n"),
    (["a@b"], "X: a\n\nc\rd\n"),
    (["a@b"], "Message-Id: <x@y>\nDate: then\nFrom: a@b\n\nx"),
    (["-oep", "a@b"], "Subject: deny\n\nbody\n"),
    (["-oem", "a@b"], "Subject: deny\n\nbody\n"),
    (["-oem", "a@b"], "Subject: defer\n\nbody\n"),
    (["-oep", "a@b,c@d,a@c", "e@f", "g@h", "i@j"], "Subject: ok\n\nbody\n"),
    (["-oem", "a@b,c@d,a@c", "e@f", "g@h", "i@j"], "Subject: ok\n\nbody\n"),
    (["-f", "<>", "a@b", "x@y"], "Subject: =?utf-8?q?=C3=A9_x?=\n folded \"q\"\\ \nMessage-Id:  <a@b>  \n\nb"),
    (["a@b"], "Subject: a b\nTo: x (c <d>, e\n\nb"),
    (["a@b"], "Subject: freeze\n\nb"),
    (["a@b"], "X: 1\nSubject: field\n\nb"),
]

CLIENT = ["-oMa", "192.0.2.3.999", "-oMs", "client.far.example", "-oMt", "eve", "-oMi", "127.0.0.1.25"]
SMTP = [
    ("eve@far.example", "Subject: x"),
    ("", "Subject: bounce\n\nb"),
    ("sub@far.example", "Subject: s"),
    ("retain@far.example", "Subject: s\nFrom: other@z.example\nSender: e@e\nMessage-ID: <foo@bar>"),
    ("eve@far.example", "Subject: deny\nMessage-ID: <foo@bar>"),
    ("eve@far.example", "Subject: defer"),
    ("eve@far.example", "Subject: code"),
    ("eve@far.example", "Subject: fake"),
    ("eve@far.example", "Subject: field\n\nbody"),
    ("eve@far.example", "Subject: " + "y" * 400 + "\n\nb"),
    ("eve@far.example", "".join(f"X-{i}: {'y' * 40}\n" for i in range(40)) + "\nb"),
    ("eve@far.example", "From x y\nSubject: a\n\nb"),
    ("eve@far.example", "Subject: a\n x\nBad line\nFrom: foo\n\nb"),
    ("eve@far.example", " cont\nSubject: a\n\nb"),
    ("eve@far.example", "To: foo, b@c\nFrom: x\n\n..b\n..\n.c"),
]

EVEN = [
    (r"<E1", "<1"), (r"=E1", "=1"),
    (r"\b1[0-9A-Za-z]{5}-([0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4})\b", "ID"),
    (r"ID ID ", "ID "),
    (r"\((Exim 4\.[0-9.]+|Tern 5\.[0-9.]+)\)", "(PROGRAM)"),
    (r"(?m)^\d\d\d([A-Z* ]) ", r"\1 "),
    (r"\d\d:\d\d:\d\d(\.\d+)?", "TIME"), (r"\d\d\d\d-\d\d-\d\d TIME( \+0000)?", "TIME"),
    (r"(?m)^1[78]\d{8} 0$", "SECONDS"), (r"(?m)^-frozen \d+$", "-frozen SECONDS"),
    (r"\bS=\d+", "S=n"), (r"\bRT=[\d.]+s", "RT=t"),
    (r"(?m)^-(received_time_usec|received_time_complete|tls_resumption|tern_end).*\n", ""),
    (r"(?m)^\* X-Tern-End.*\n", ""),
    (r"(?m)^--", "-"),
    (r"(?m)^(exim|tern): ", "PROGRAM: "),
    (r"(?m)^(220 |250-|250 HELP|.*SMTP connection from).*\n", ""),
    (r"(?m)^.*(cwd=|lost privilege|Child mail).*\n", ""),
]


class Side:
    """One of the two programs, with a directory of its own."""

    def __init__(self, name, program, mail_user):
        self.name = name
        self.directory = tempfile.mkdtemp(prefix=f"same-{name}-")
        os.chmod(self.directory, 0o777)
        self.mail_user = mail_user
        own = f"exim_user = {mail_user}\nexim_group = {GROUPS[name]}" if name == "tern" else f"exim_path = {program}"
        self.config = os.path.join(self.directory, "conf")
        with open(self.config, "w", encoding="utf-8") as text:
            text.write(CONFIG.replace("DIRECTORY", self.directory).replace("OWN", own))
        os.chmod(self.config, 0o644)
        self.program = program
        os.mkdir(os.path.join(self.directory, "spool"))
        shutil.chown(os.path.join(self.directory, "spool"), mail_user)

    def run(self, args, stdin):
        for path in glob.glob(f"{self.directory}/spool/input/*") + glob.glob(f"{self.directory}/*log"):
            os.unlink(path)
        done = subprocess.run([self.program, "-C", self.config, *args], input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, cwd=self.directory, check=False, timeout=60)
        parts = [f"exit {done.returncode}", re.sub(r"(?m)^20\d\d-.*\n", "", done.stdout.decode("latin1"))]
        for path in sorted(glob.glob(f"{self.directory}/spool/input/*-H")):
            for name in (path, path[:-1] + "D"):
                with open(name, encoding="latin1") as text:
                    parts.append(text.read())
        for name in ("mainlog", "rejectlog"):
            if os.path.exists(f"{self.directory}/{name}"):
                with open(f"{self.directory}/{name}", encoding="latin1") as text:
                    parts.append(f"{name}\n{text.read()}")
        text = re.sub(rf"\b{self.mail_user}\b", "MAIL", "\n".join(parts))
        text = re.sub(r"(?m)^MAIL \d+ \d+$", "MAIL", text)
        for pattern, put in EVEN:
            text = re.sub(pattern, put, text)
        return text


GROUPS = {}


def assert_same(exim, ours):
    different = "\n".join(difflib.unified_diff(exim.splitlines(), ours.splitlines(), "exim", "tern", "", "", 1, ""))
    assert not different, different


@pytest.fixture(scope="module")
def sides():
    user = ordinary_user()
    GROUPS["tern"] = str(user.pw_gid)
    program = os.path.join(tempfile.mkdtemp(prefix="same-program-"), "tern")
    shutil.copy(os.path.join(BUILD, "tern"), program)
    both = [Side("exim", peers.exim_program(), "Debian-exim"), Side("tern", program, user.pw_name)]
    yield both
    for side in both:
        shutil.rmtree(side.directory)
    shutil.rmtree(os.path.dirname(program))


@pytest.mark.parametrize("args, text", LOCAL, ids=range(len(LOCAL)))
def test_a_local_message_becomes_the_same(sides, args, text):
    exim, ours = (side.run(["-odq", *args], text.encode("latin1")) for side in sides)
    assert_same(exim, ours)


@pytest.mark.parametrize("sender, text", SMTP, ids=range(len(SMTP)))
@pytest.mark.parametrize("client", [CLIENT, []], ids=["host", "program"])
def test_a_message_by_smtp_becomes_the_same(sides, client, sender, text):
    session = (f"EHLO client.example\n" f"MAIL FROM:<{sender}>\nRCPT TO:<a@b.example>\nRCPT TO:<c@d.example>\nDATA\n"
               f"{text}\n.\nRCPT TO:<x@y>\nQUIT\n").replace("\n", "\r\n").encode("latin1")
    exim, ours = (side.run(["-odq", "-bs", *client], session) for side in sides)
    assert_same(exim, ours)
