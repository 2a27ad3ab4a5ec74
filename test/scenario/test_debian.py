"""Debian's generated configuration, unmodified: a root daemon on port 25, real users, a real name server, Postfix as next hop."""
import glob
import os
import re
import shutil
import subprocess

import pytest

from harness import debian, peers, proc

pytestmark = [pytest.mark.root, pytest.mark.skipif(not debian.is_possible(), reason="needs root, namespaces and exim4-config")]
needs_postfix = pytest.mark.skipif(peers.postfix_root() is None, reason="needs Postfix")


def with_site(kind, body):
    def run():
        site = debian.Site(kind)
        try:
            body(site)
        finally:
            site.stop()
    debian.in_own_machine(run)


def test_local_user_alias_and_forward_pipe():
    def body(site):
        site.write_home("bob", ".forward", "|/home/bob/keep, \\bob\n")
        site.write_home("bob", "keep", "#!/bin/sh\nexec cat >>/home/bob/piped\n", 0o755)
        site.start()
        if shutil.which("swaks"):
            done = site.swaks("--from", "x@stranger.example", "--to", "ann@site.example", "--header", "Subject: by swaks")
            assert done.returncode == 0, done.stdout
            box = site.wait_mailbox("ann", "Subject: by swaks")
            assert box.startswith("From x@stranger.example ") and "\nEnvelope-to: ann@site.example\n" in box
        stat = os.stat("/var/mail/ann")
        assert (stat.st_uid, stat.st_mode & 0o777) == (debian.USERS["ann"], 0o660)
        with site.smtp() as client:
            client.helo()
            client.message("x@stranger.example", "sales@site.example", "Subject: to the alias\n\nHello.\n")
            client.quit()
        site.wait_mailbox("ann", "Subject: to the alias")
        site.wait_mailbox("bob", "Subject: to the alias")
        with open("/home/bob/piped", encoding="utf-8") as piped:
            assert "Subject: to the alias" in piped.read()
        assert site.tern.wait_log(r" => \|/home/bob/keep \(bob@site.example\) <sales@site.example> R=userforward T=address_pipe")
        assert site.tern.wait_log(r" => ann <sales@site.example> R=local_user T=mail_spool")
    with_site("internet", body)


def test_relaying_is_refused_to_strangers():
    def body(site):
        site.start()
        with site.smtp(source=debian.STRANGER) as client:
            client.helo()
            client.cmd("MAIL FROM:<x@stranger.example>", 250)
            reply = client.cmd("RCPT TO:<someone@remote.example>", 550)
            assert "relay not permitted" in reply.text
            client.quit()
        assert site.tern.wait_log(r"rejected RCPT <someone@remote.example>: relay not permitted", kind="reject")
        assert site.tern.wait_log(r"H=stranger.example \(client.example\) \[198.51.100.9\] F=<x@stranger.example> rejected RCPT")
    with_site("internet", body)


@needs_postfix
def test_remote_domain_by_mx():
    def body(site):
        peer = site.postfix(debian.MX_ADDRESS, 25, "remote.example")
        site.start()
        sent = subprocess.run([site.tern.program, "-odf", "someone@remote.example"], input=b"Subject: out\n\nHello.\n",
                              user="ann", group="ann", extra_groups=[], check=False, capture_output=True, cwd="/")
        assert sent.returncode == 0, sent.stderr
        line = site.tern.wait_log(r" => someone@remote.example R=dnslookup T=remote_smtp H=mx.remote.example \[198.51.100.2\]")[0]
        assert ' C="250 2.' in line
        debian.wait.until(peer.messages, "the message at the next hop")
        message = peer.messages()[0]
        assert "From: Ann Example <ann@site.example>" in message and "Subject: out" in message
    with_site("internet", body)


@needs_postfix
def test_smarthost_takes_what_is_not_local():
    def body(site):
        peer = site.postfix(debian.SMARTHOST_ADDRESS, 2525, "remote.example")
        site.start()
        with site.smtp(source="127.0.0.1") as client:
            client.helo()
            client.message("ann@site.example", "someone@remote.example", "Subject: by the smarthost\n\nHello.\n")
            client.quit()
        assert site.tern.wait_log(r" => someone@remote.example R=smarthost T=remote_smtp_smarthost H=smart.example \[198.51.100.3\]")
        debian.wait.until(peer.messages, "the message at the smarthost")
    with_site("smarthost", body)


@needs_postfix
def test_down_host_is_tried_again():
    def body(site):
        tern = site.tern
        site.start()
        with site.smtp(source="127.0.0.1") as client:
            client.helo()
            client.message("ann@site.example", "someone@remote.example", "Subject: later\n\nHello.\n")
            client.quit()
        assert tern.wait_log(r" == someone@remote.example R=dnslookup T=remote_smtp defer \(111\): Connection refused")
        listing = tern.run("-bp").ok().out
        assert "<ann@site.example>" in listing and "someone@remote.example" in listing

        def is_left_alone():
            """A run passes over the message while its first delivery has not quite ended."""
            tern.run("-q").ok()
            return "retry time not reached for any host" in tern.log()
        debian.wait.until(is_left_alone, "a queue run that respects the retry time")
        assert tern.wait_log(r" == someone@remote.example R=dnslookup T=remote_smtp defer \(-54\): retry time not reached for any host")
        peer = site.postfix(debian.MX_ADDRESS, 25, "remote.example")
        tern.run("-qf").ok()
        assert tern.wait_log(r" => someone@remote.example R=dnslookup T=remote_smtp")
        debian.wait.until(peer.messages, "the message at the next hop")
        assert tern.run("-bp").ok().out == ""
    with_site("internet", body)


def test_a_bounce_ends_the_tries():
    def body(site):
        tern = site.tern
        site.start()
        with site.smtp(source="127.0.0.1") as client:
            client.helo()
            client.message("ann@site.example", "someone@down.example", "Subject: never\n\nHello.\n")
            client.quit()
        assert tern.wait_log(r" == someone@down.example R=dnslookup T=remote_smtp defer \(111\): Connection refused")
        header_file = glob.glob("/var/spool/exim4/input/*-H")[0]
        debian.wait.until(lambda: "-deliver_firsttime" not in contents(header_file), "the end of the first delivery")
        made_older(header_file, days=5)
        tern.run("-qf").ok()
        assert tern.wait_log(r" \*\* someone@down.example: retry timeout exceeded")
        bounce = site.wait_mailbox("ann", "Subject: Mail delivery failed: returning message to sender")
        assert "someone@down.example\n" in bounce and "Action: failed" in bounce and "Subject: never" in bounce
        assert tern.run("-bp").ok().out == ""
    with_site("internet", body)


def contents(path):
    with open(path, encoding="utf-8") as text:
        return text.read()


def made_older(header_file, days):
    """As if the message had come so many days ago: the time in its -H file."""
    lines = contents(header_file).split("\n")
    seconds, warnings = lines[3].split()
    lines[3] = f"{int(seconds) - days * 86400} {warnings}"
    with open(header_file, "w", encoding="utf-8") as text:
        text.write("\n".join(lines))


def root_readers(trace, daemon):
    """Processes that read from a socket, or open a file of the spool, before they have given up root."""
    unprivileged, guilty = {daemon}, set()
    for line in trace.splitlines():
        pid, _, call = line.partition(" ")
        pid, call = int(pid), call.strip()
        if call.startswith("setresuid(") and not call.startswith("setresuid(0"):
            unprivileged.add(pid)
        elif pid not in unprivileged and (re.match(r"(read|recvfrom|sendto)\(\d+<(socket|TCP|UDP)", call)
                                          or (call.startswith("connect(") and "AF_INET" in call)
                                          or "/spool/exim4/input" in call):
            guilty.add((pid, call))
    return guilty


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_no_process_that_reads_mail_is_root():
    def body(site):
        site.start("-q30m")
        site.tern.wait_log("daemon started")
        daemon = site.tern.daemon.pid
        report = site.tern.path("strace.out")
        tracer = subprocess.Popen(["strace", "-f", "-q", "-y", "-o", report, "-p", str(daemon), "-e",
                                   "trace=setresuid,read,recvfrom,sendto,connect,openat,clone"], stderr=subprocess.DEVNULL)
        debian.wait.until(lambda: os.path.exists(report) and tracer_is_attached(daemon, tracer.pid), "strace to attach")
        with proc.UidWatcher(daemon) as watcher:
            with site.smtp() as client:
                client.helo()
                client.message("x@stranger.example", "ann@site.example", "Subject: watched\n\nHello.\n")
                site.wait_mailbox("ann", "Subject: watched")
                client.quit()
        assert watcher.seen
        site.tern.wait_queue_empty()
        site.tern.daemon.terminate()
        tracer.wait(debian.wait.DEADLINE_S)
        with open(report, encoding="utf-8", errors="replace") as text:
            trace = text.read()
        assert "setresuid(" in trace, "strace saw nothing"
        assert not root_readers(trace, daemon)
        for folder, _, names in os.walk(site.tern.path("bin")):
            for name in names:
                stat = os.stat(os.path.join(folder, name))
                assert not (stat.st_mode & 0o4000 and stat.st_uid == 0), f"{name} is set-uid root"
    with_site("internet", body)


def tracer_is_attached(pid, tracer):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return any(line.split() == ["TracerPid:", str(tracer)] for line in status)
