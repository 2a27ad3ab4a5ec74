"""Tern itself: a private directory, a configuration from text, the real binary in every mode."""
import contextlib
import glob
import grp
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile

from . import wait
from .smtp_client import Smtp

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
BUILD = os.environ.get("TERN_BUILD") or os.path.join(ROOT, f"build-{os.uname().sysname}-{os.uname().machine}")
LOCAL_USERS = ("ann", "bob", "carol", "dave")

DEFAULT_MAIN = {
    "primary_hostname": "mx.tern.example",
    "spool_directory": "DIR/spool",
    "log_file_path": "DIR/log/%slog",
    "pid_file_path": "DIR/tern.pid",
    "local_interfaces": "127.0.0.1",
    "daemon_smtp_ports": "LISTEN_PORT",
    "qualify_domain": "tern.example",
    "domainlist local_domains": "tern.example : mx.tern.example",
    "acl_smtp_rcpt": "acl_check_rcpt",
    "tls_advertise_hosts": "",
    "keep_environment": "",
    "rfc1413_query_timeout": "0s",
}
DEFAULT_ACL = """
acl_check_rcpt:
  accept
"""
DEFAULT_ROUTERS = """
mailbox:
  driver = accept
  domains = +local_domains
  local_parts = USERS
  transport = maildir
unknown:
  driver = redirect
  domains = +local_domains
  allow_fail
  data = :fail: unknown user
remote:
  driver = dnslookup
  domains = ! +local_domains
  self = send
  transport = remote
  no_more
"""
DEFAULT_TRANSPORTS = """
maildir:
  driver = appendfile
  maildir_format
  directory = DIR/mail/$local_part_data
  create_directory
  envelope_to_add
  return_path_add
  delivery_date_add
  user = RUN_USER
  group = RUN_GROUP
remote:
  driver = smtp
  port = PEER_PORT
  hosts_try_fastopen =
"""
DEFAULT_RETRY = """
* * F,1h,1m
"""


def ordinary_user():
    """The user that one-uid scenarios run as: the current one, or nobody if that is root."""
    return pwd.getpwuid(os.getuid()) if os.getuid() else pwd.getpwnam("nobody")


class Result:
    def __init__(self, args, done):
        self.args, self.code = args, done.returncode
        self.out = done.stdout.decode("utf-8", "backslashreplace")
        self.err = done.stderr.decode("utf-8", "backslashreplace")

    def __repr__(self):
        return f"{' '.join(self.args)}: {self.code}\n{self.out}{self.err}"

    def ok(self):
        assert self.code == 0, repr(self)
        return self


class Tern:
    """One private Tern.  mode "one": the ordinary user runs everything.  mode "root": a root daemon, with an
    installed program (set-uid to the mail user) that has the private configuration compiled in."""

    def __init__(self, mode="one", user=None):
        self.mode = mode
        self.directory = tempfile.mkdtemp(prefix="tern-")
        self.user = user or ordinary_user()
        self.mail_user = pwd.getpwnam("mail") if mode == "root" else self.user
        os.chmod(self.directory, 0o755)
        self.port, self.peer_port, self.dns_port = wait.free_port(), wait.free_port(), None
        self.daemons = []
        self.log_position = {}
        for name in ("log", "spool", "mail", "etc"):
            os.mkdir(self.path(name))
            os.chown(self.path(name), self.mail_user.pw_uid, self.mail_user.pw_gid)
        self.config_path = self.path("tern.conf")
        if mode == "root":
            os.chmod(self.path("mail"), 0o1777)
            self._install()
        else:
            os.chown(self.directory, self.user.pw_uid, self.user.pw_gid)
            self.program = self._reachable_program()
        self.configure()

    def _reachable_program(self):
        """The built program, or a copy if the ordinary user may not reach the build folder."""
        program = os.path.join(BUILD, "tern")
        if os.getuid() == 0:
            check = subprocess.run(["/usr/bin/test", "-x", program], user=self.user.pw_uid, group=self.user.pw_gid,
                                   extra_groups=[], check=False)
            if check.returncode:
                return shutil.copy(program, self.path("tern"))
        return program

    def _install(self):
        done = subprocess.run(["make", "-s", "-C", ROOT, "private-tree", f"TREE={self.directory}",
                               f"TREE_USER={self.mail_user.pw_name}",
                               f"TREE_GROUP={grp.getgrgid(self.mail_user.pw_gid).gr_name}"],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        self.program = self.path("bin/tern")

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def write(self, name, text, mode=0o644, user=None):
        """A file in the private directory, owned by the user who runs things (or the one named)."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(text.encode() if isinstance(text, str) else text)
        os.chmod(path, mode)
        if os.getuid() == 0:
            owner = pwd.getpwnam(user) if user else self.user if self.mode == "one" else pwd.getpwuid(0)
            os.chown(path, owner.pw_uid, owner.pw_gid)
        return path

    # ---- configuration
    def use_dns(self, server):
        self.dns_port = server if isinstance(server, int) else server.port
        return self

    def configure(self, main="", acl=DEFAULT_ACL, routers=DEFAULT_ROUTERS, transports=DEFAULT_TRANSPORTS,
                  retry=DEFAULT_RETRY, rewrite="", more=""):
        """Write the configuration: main options (over the defaults above) and the sections."""
        defaults = dict(DEFAULT_MAIN)
        if self.dns_port:
            defaults["dns_servers"] = f"<; 127.0.0.1:{self.dns_port}"
        if self.mode == "root":
            defaults.update(exim_user=self.mail_user.pw_name, exim_group=grp.getgrgid(self.mail_user.pw_gid).gr_name)
        for name in re.findall(r"(?m)^\s*(?:hide\s+)?(domainlist \w+|\w+)\s*=", main):
            defaults.pop(name, None)
        lines = "".join(f"{name} = {value}\n" for name, value in defaults.items())
        text = self.macros() + lines + main + "\n"
        for name, content in (("acl", acl), ("routers", routers), ("transports", transports), ("retry", retry),
                              ("rewrite", rewrite)):
            if content:
                text += f"\nbegin {name}\n{content}\n"
        return self.write_config(text + more)

    def macros(self):
        run_user = "nobody" if self.mode == "root" else self.user.pw_name
        return (f"DIR = {self.directory}\nLISTEN_PORT = {self.port}\nPEER_PORT = {self.peer_port}\n"
                f"USERS = {' : '.join(LOCAL_USERS)}\nRUN_USER = {run_user}\n"
                f"RUN_GROUP = {grp.getgrgid(pwd.getpwnam(run_user).pw_gid).gr_name}\n")

    def write_config(self, text):
        """A whole configuration, exactly this text."""
        self.write("tern.conf", text)
        return self

    # ---- running the program
    def _as(self, user):
        """subprocess arguments for a user: None means the one who runs things in this mode."""
        if os.getuid() != 0:
            return {}
        if user is None:
            if self.mode == "root":
                return {}
            user = self.user
        user = pwd.getpwnam(user) if isinstance(user, str) else user
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def command(self, *args, config=True):
        base = [self.program]
        if config and self.mode == "one":
            base += ["-C", self.config_path]
        return base + list(args)

    def run(self, *args, stdin=b"", user=None, config=True, env=None, deadline_s=None, name=None, cwd=None):
        """Run to the end; Result with code, out, err.  name: the argv[0] it is called by."""
        command = self.command(*args, config=config)
        executable = command[0]
        if name:
            command[0] = name
        done = subprocess.run(command, executable=executable, input=stdin.encode() if isinstance(stdin, str) else stdin,
                              capture_output=True, timeout=deadline_s or 2 * wait.DEADLINE_S, env=env,
                              cwd=cwd or self.directory, check=False, **self._as(user))
        return Result(args, done)

    def popen(self, *args, user=None, **more):
        process = subprocess.Popen(self.command(*args), cwd=self.directory, **self._as(user), **more)
        self.daemons.append(process)
        return process

    def start(self, *args, ports=None):
        """The daemon, in the foreground, listening when this returns."""
        with open(self.path("daemon.out"), "ab") as out:
            daemon = self.popen("-bdf", *args, stdin=subprocess.DEVNULL, stdout=out, stderr=out)

        def up():
            assert daemon.poll() is None, f"the daemon ended ({daemon.returncode}): " + self.daemon_output()
            return all(self._is_listening(port) for port in ports or [self.port])
        wait.until(up, "the daemon to listen")
        if self.mode == "root":
            # Local submissions are told to the daemon by a socket that it opens after those it listens on.
            self.wait_log("daemon started")
        self.daemon = daemon
        return daemon

    @staticmethod
    def _is_listening(port):
        """Is the port open?  Read from the system's table, so that no session begins."""
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            with open(table, encoding="ascii") as rows:
                if any(row.split()[1].endswith(f":{port:04X}") and row.split()[3] == "0A" for row in rows):
                    return True
        return False

    def daemon_output(self):
        with open(self.path("daemon.out"), encoding="utf-8", errors="backslashreplace") as text:
            return text.read()

    def stop(self):
        """Stop what runs; complain about sanitizer reports."""
        for process in self.daemons:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self.daemons.clear()

    def destroy(self):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    # ---- mail
    def smtp(self, **more):
        return Smtp(("127.0.0.1", self.port), **more)

    def submit(self, sender, recipients, text="Subject: test\n\nHello.\n", *args, user=None):
        """Hand in a message on the command line."""
        recipients = [recipients] if isinstance(recipients, str) else recipients
        return self.run(*args, "-f", sender or "<>", *recipients, stdin=text, user=user).ok()

    def run_queue(self, *args):
        return self.run(*(args or ("-q",))).ok()

    def queue_ids(self):
        """Ids of the messages on the spool, oldest first; one that goes meanwhile is not there."""
        found = []
        for name in glob.glob(self.path("spool/input/*-H")) + glob.glob(self.path("spool/input/*/*-H")):
            with contextlib.suppress(FileNotFoundError):
                found.append((os.path.getmtime(name), os.path.basename(name)[:-2]))
        return [message for _, message in sorted(found)]

    def wait_queue_empty(self):
        wait.until(lambda: not self.queue_ids(), lambda: f"an empty queue; held: {self.queue_ids()}\n{self.log()}")

    def mailbox(self, user):
        """The messages in a user's Maildir, oldest first, as text."""
        files = glob.glob(self.path(f"mail/{user}/new/*"))
        texts = []
        for name in sorted(files, key=lambda name: (os.stat(name).st_mtime_ns, name)):
            with open(name, encoding="utf-8", errors="backslashreplace", newline="") as text:
                texts.append(text.read())
        return texts

    def wait_mail(self, user, count=1):
        def complete():
            box = self.mailbox(user)
            return box if len(box) >= count else None
        return wait.until(complete, lambda: f"{count} messages for {user}; log:\n{self.log()}{self.log('panic')}")

    # ---- logs
    def log(self, kind="main"):
        try:
            with open(self.path(f"log/{kind}log"), encoding="utf-8", errors="backslashreplace") as text:
                return text.read()
        except FileNotFoundError:
            return ""

    def wait_log(self, pattern, kind="main", count=1):
        """The lines that match (a regular expression), once there are that many."""
        def found():
            lines = [line for line in self.log(kind).splitlines() if re.search(pattern, line)]
            return lines if len(lines) >= count else None
        return wait.until(found, lambda: f"/{pattern}/ in the {kind} log:\n{self.log(kind)}\n{self.log('panic')}")
