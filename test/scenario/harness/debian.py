"""A Debian site: the configuration that Debian's exim4-config package generates, unmodified, in a machine of its own.

A child process gets mount and network namespaces: its own /etc/passwd, aliases, resolv.conf, spool, mailboxes, home
directories, and its own loopback interface with port 25 and further addresses for the rest of the Internet."""
import ctypes
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import traceback

from . import dns_server, peers, wait
from .smtp_client import Smtp
from .tern import Tern

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
OUR_ADDRESS, MX_ADDRESS, SMARTHOST_ADDRESS, STRANGER = "198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.9"
USERS = {"ann": 2001, "bob": 2002}

SETTINGS = """dc_eximconfig_configtype='{kind}'
dc_other_hostnames='site.example'
dc_local_interfaces='127.0.0.1 ; 198.51.100.1'
dc_readhost=''
dc_relay_domains=''
dc_minimaldns='false'
dc_relay_nets=''
dc_smarthost='smart.example::2525'
CFILEMODE='644'
dc_use_split_config='false'
dc_hide_mailname=''
dc_mailname_in_oh='true'
dc_localdelivery='mail_spool'
"""


def config_package():
    """The root below which exim4-config's files are, or None."""
    for root in ("", f"{peers.PEERS}/exim4-config"):
        if os.path.exists(f"{root}/usr/sbin/update-exim4.conf") and os.path.exists(f"{root}/etc/exim4/exim4.conf.template"):
            return root
    return None


def is_possible():
    if os.getuid() != 0 or config_package() is None:
        return False
    return subprocess.run(["unshare", "-mn", "true"], capture_output=True, check=False).returncode == 0


def generate(kind, directory):
    """Run update-exim4.conf on Debian's files; the path of the result."""
    root = config_package()
    # passwd.client is for the mail user's eyes only, and no part of the configuration's text.
    shutil.copytree(f"{root}/etc/exim4", f"{directory}/exim4", ignore=shutil.ignore_patterns("passwd.client"))
    with open(f"{directory}/exim4/update-exim4.conf.conf", "w", encoding="ascii") as out:
        out.write(SETTINGS.format(kind=kind))
    subprocess.run([f"{root}/usr/sbin/update-exim4.conf", "-d", f"{directory}/exim4", "-o", f"{directory}/generated.conf"],
                   check=True, capture_output=True)
    return f"{directory}/generated.conf"


def in_own_machine(body, *args):
    """Run body(*args) in a child with namespaces of its own; its failure is ours."""
    read_fd, write_fd = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.setsid()
            if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS | CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "unshare")
            subprocess.run(["mount", "--make-rprivate", "/"], check=True)
            body(*args)
            status = 0
        except BaseException:
            os.write(write_fd, traceback.format_exc().encode()[-60000:])
        finally:
            sys.stdout.flush()
            os._exit(status)
    os.close(write_fd)
    with os.fdopen(read_fd, "rb") as report:
        text = report.read().decode("utf-8", "backslashreplace")
    _, status = os.waitpid(pid, 0)
    assert status == 0, "in the site's own machine:\n" + text


class Site:
    """Tern on Debian's configuration; make it inside in_own_machine()."""

    def __init__(self, kind):
        self.tern = Tern("root")
        self.directory = self.tern.directory
        self._files()
        self.config = generate(kind, self.directory)
        shutil.copy(self.config, self.tern.config_path)
        self._network()
        self.peers = []

    def _bind(self, name, target, text=None, directory=False, owner=None, mode=0o755):
        """Put a file or directory of ours over one of the machine's."""
        source = self.tern.path("root", name)
        os.makedirs(os.path.dirname(source), exist_ok=True)
        if directory:
            os.makedirs(source, exist_ok=True)
            os.makedirs(target, exist_ok=True)
        else:
            with open(source, "w", encoding="utf-8") as out:
                out.write(text)
            if not os.path.exists(target):
                open(target, "w", encoding="ascii").close()
        os.chmod(source, mode)
        if owner:
            os.chown(source, owner[0], owner[1])
        subprocess.run(["mount", "--bind", source, os.path.realpath(target)], check=True)
        return source

    def _files(self):
        mail = self.tern.mail_user
        with open("/etc/passwd", encoding="utf-8") as text:
            users = text.read()
        with open("/etc/group", encoding="utf-8") as text:
            groups = text.read()
        for name, uid in USERS.items():
            users += f"{name}:x:{uid}:{uid}:{name.title()} Example,,,:/home/{name}:/bin/sh\n"
            groups += f"{name}:x:{uid}:\n"
        self._bind("passwd", "/etc/passwd", users, mode=0o644)
        self._bind("group", "/etc/group", groups, mode=0o644)
        self._bind("aliases", "/etc/aliases", "postmaster: root\nroot: ann\nsales: bob, ann\n", mode=0o644)
        self._bind("mailname", "/etc/mailname", "site.example\n", mode=0o644)
        self._bind("resolv.conf", "/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n", mode=0o644)
        self._bind("hosts", "/etc/hosts", "127.0.0.1 localhost\n198.51.100.1 mx.site.example mx\n", mode=0o644)
        self._bind("spool", "/var/spool/exim4", directory=True, owner=(mail.pw_uid, mail.pw_gid), mode=0o750)
        self._bind("mailboxes", "/var/mail", directory=True, owner=(0, pwd.getpwnam("mail").pw_gid), mode=0o2775)
        self._bind("home", "/home", directory=True)
        for name, uid in USERS.items():
            os.makedirs(f"/home/{name}", exist_ok=True)
            os.chown(f"/home/{name}", uid, uid)

    def _network(self):
        for command in (["ip", "link", "set", "lo", "up"],
                        *(["ip", "addr", "add", f"{address}/32", "dev", "lo"]
                          for address in (OUR_ADDRESS, MX_ADDRESS, SMARTHOST_ADDRESS, STRANGER))):
            subprocess.run(command, check=False, capture_output=True)
        self.dns = dns_server.DnsServer(self.tern.path("dns"))
        self.dns.port = 53
        self.dns.add("""mx.site.example. A 198.51.100.1
            remote.example. MX 10 mx.remote.example.
            mx.remote.example. A 198.51.100.2
            down.example. MX 10 mx.down.example.
            mx.down.example. A 198.51.100.2
            smart.example. A 198.51.100.3
            stranger.example. A 198.51.100.9
            1.100.51.198.in-addr.arpa. PTR mx.site.example.
            9.100.51.198.in-addr.arpa. PTR stranger.example.""")
        self.dns.start()

    def postfix(self, address, port, domains):
        peer = peers.Postfix(tempfile.mkdtemp(prefix="postfix-"), address, port, domains,
                             main="mynetworks = 0.0.0.0/0\nsmtp_host_lookup = native")
        self.peers.append(peer)
        return peer.start()

    def start(self, *args):
        self.tern.start(*args, ports=[25])

    def smtp(self, source=None):
        return Smtp((OUR_ADDRESS, 25), source=source)

    def swaks(self, *args):
        return subprocess.run(["swaks", "--server", OUR_ADDRESS, *args], capture_output=True, text=True, check=False)

    def mailbox(self, user):
        try:
            with open(f"/var/mail/{user}", encoding="utf-8") as text:
                return text.read()
        except FileNotFoundError:
            return ""

    def wait_mailbox(self, user, text):
        wait.until(lambda: text in self.mailbox(user), lambda: f"{text!r} for {user}:\n{self.tern.log()}{self.tern.log('panic')}")
        return self.mailbox(user)

    def write_home(self, user, name, text, mode=0o644):
        path = f"/home/{user}/{name}"
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(path, mode)
        os.chown(path, USERS[user], USERS[user])

    def stop(self):
        self.tern.stop()
        self.dns.stop()
        for peer in self.peers:
            peer.stop()
        for target in ("/home", "/var/mail", "/var/spool/exim4", "/etc/hosts", "/etc/resolv.conf", "/etc/mailname", "/etc/aliases",
                       "/etc/group", "/etc/passwd"):
            subprocess.run(["umount", target], check=False)
        self.tern.destroy()
