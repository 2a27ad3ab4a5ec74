"""Real mail servers from Debian's packages as next hops, each with directories of its own.

They are used from unpacked packages (scripts/fetch_peers puts them below PEERS), or from an installation."""
import functools
import grp
import os
import pwd
import shutil
import signal
import subprocess

from . import wait
from .tern import ordinary_user

PEERS = os.environ.get("TERN_PEERS") or (
    "/var/cache/tern-peers" if os.getuid() == 0 else os.path.expanduser("~/.cache/tern-peers"))


@functools.lru_cache
def exim_program():
    """Exim, if it is here and runs (it wants its libraries and its user)."""
    for path in ("/usr/sbin/exim4", f"{PEERS}/exim4/usr/sbin/exim4"):
        if os.access(path, os.X_OK):
            done = subprocess.run([path, "-C", "/dev/null", "-bV"], capture_output=True, check=False)
            if done.returncode == 0:
                return path
    return None


def postfix_root():
    for path in ("", f"{PEERS}/postfix"):
        if os.access(f"{path}/usr/lib/postfix/sbin/master", os.X_OK):
            return path
    return None


class Exim:
    """Exim as a peer: takes mail for its domains on address:port into one Maildir.  Needs root: Exim lets nobody
    else start a daemon."""

    def __init__(self, directory, address, port, domains, main="", acl="accept"):
        self.directory, self.address, self.port = directory, address, port
        self.user = ordinary_user()
        for name in ("", "spool", "log"):
            os.makedirs(os.path.join(directory, name), exist_ok=True)
        with open(f"{directory}/exim.conf", "w", encoding="utf-8") as out:
            out.write(f"""exim_path = {exim_program()}
primary_hostname = exim.example
exim_user = {self.user.pw_name}
exim_group = {grp.getgrgid(self.user.pw_gid).gr_name}
spool_directory = {directory}/spool
log_file_path = {directory}/log/%slog
pid_file_path = {directory}/exim.pid
local_interfaces = {address}
daemon_smtp_ports = {port}
domainlist local_domains = {domains}
acl_smtp_rcpt = check
tls_advertise_hosts =
keep_environment =
{main}
begin acl
check:
  {acl}
begin routers
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  maildir_format
  directory = {directory}/Maildir
  user = {self.user.pw_name}
  group = {grp.getgrgid(self.user.pw_gid).gr_name}
begin retry
* * F,1h,1m
""")
        os.chmod(f"{directory}/exim.conf", 0o644)
        os.chmod(directory, 0o755)
        for name in ("spool", "log"):
            os.chown(f"{directory}/{name}", self.user.pw_uid, self.user.pw_gid)
        os.makedirs(f"{directory}/Maildir", exist_ok=True)
        os.chown(f"{directory}/Maildir", self.user.pw_uid, self.user.pw_gid)
        self.process = None

    def run(self, *args, stdin=b""):
        return subprocess.run([exim_program(), "-C", f"{self.directory}/exim.conf", *args], input=stdin,
                              capture_output=True, check=False, cwd=self.directory)

    def start(self):
        self.process = subprocess.Popen([exim_program(), "-C", f"{self.directory}/exim.conf", "-bdf"],
                                        cwd=self.directory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        wait.until(lambda: wait.listening(self.address, self.port), "Exim to listen")
        return self

    def messages(self):
        where = f"{self.directory}/Maildir/new"
        names = sorted(os.listdir(where)) if os.path.isdir(where) else []
        return [open(os.path.join(where, name), encoding="utf-8", errors="backslashreplace").read() for name in names]

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


class Postfix:
    """Postfix as a peer: takes mail for its domains on address:port and keeps it as files.  Needs root."""

    def __init__(self, directory, address, port, domains, main=""):
        self.directory, self.address, self.port, self.root = directory, address, port, postfix_root()
        owner = pwd.getpwnam("news")
        self.libraries = ":".join(f"{self.root}/usr/lib/{name}" for name in ("postfix", f"{os.uname().machine}-linux-gnu"))
        for name in ("", "config", "data", "queue", "mail"):
            os.makedirs(os.path.join(directory, name), exist_ok=True)
            os.chmod(os.path.join(directory, name), 0o755)
        nobody = pwd.getpwnam("nobody")
        os.chown(f"{directory}/data", owner.pw_uid, owner.pw_gid)
        os.chown(f"{directory}/mail", nobody.pw_uid, nobody.pw_gid)
        with open(f"{directory}/config/main.cf", "w", encoding="utf-8") as out:
            out.write(f"""compatibility_level = 3.6
queue_directory = {directory}/queue
data_directory = {directory}/data
daemon_directory = {self.root}/usr/lib/postfix/sbin
command_directory = {self.root}/usr/sbin
meta_directory = {self.root}/etc/postfix
shlib_directory = {self.root}/usr/lib/postfix
mail_owner = news
setgid_group = mail
myhostname = postfix.example
mydestination = {domains}
inet_interfaces = all
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
local_recipient_maps =
luser_relay =
alias_maps =
alias_database =
mailbox_transport = virtual
virtual_mailbox_domains = {domains}
virtual_transport = virtual
virtual_mailbox_base = {directory}/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:{nobody.pw_uid}
virtual_gid_maps = static:{nobody.pw_gid}
maillog_file = {directory}/queue/maillog
maillog_file_prefixes = {directory}
import_environment = MAIL_CONFIG={directory}/config LD_LIBRARY_PATH={self.libraries}
smtpd_recipient_restrictions = permit_mynetworks, reject
{main}
""".replace(f"mydestination = {domains}", "mydestination ="))
        with open(f"{directory}/config/master.cf", "w", encoding="utf-8") as out:
            out.write(f"""{address}:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
""")
        for name in ("active bounce corrupt defer deferred flush hold incoming private saved trace").split():
            os.makedirs(f"{directory}/queue/{name}", mode=0o700)
            os.chown(f"{directory}/queue/{name}", owner.pw_uid, -1)
        for name, mode in (("public", 0o710), ("maildrop", 0o730)):
            os.makedirs(f"{directory}/queue/{name}")
            os.chown(f"{directory}/queue/{name}", owner.pw_uid, grp.getgrnam("mail").gr_gid)
            os.chmod(f"{directory}/queue/{name}", mode)
        os.makedirs(f"{directory}/queue/pid")
        self.process = None

    def start(self):
        env = dict(os.environ, LD_LIBRARY_PATH=self.libraries, MAIL_CONFIG=f"{self.directory}/config")
        self.process = subprocess.Popen([f"{self.root}/usr/lib/postfix/sbin/master", "-c", f"{self.directory}/config",
                                         "-d"], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        wait.until(lambda: wait.listening(self.address, self.port), lambda: "Postfix to listen:\n" + self.log())
        return self

    def log(self):
        try:
            with open(f"{self.directory}/queue/maillog", encoding="utf-8") as text:
                return text.read()
        except FileNotFoundError:
            return "(no log)"

    def messages(self):
        where = f"{self.directory}/mail/all/new"
        names = sorted(os.listdir(where)) if os.path.isdir(where) else []
        return [open(os.path.join(where, name), encoding="utf-8", errors="backslashreplace").read() for name in names]

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)
