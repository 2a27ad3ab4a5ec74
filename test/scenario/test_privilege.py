"""Who runs as whom: nothing that reads hostile bytes is root, and nothing installed is set-uid root."""
import os
import pwd
import stat

import pytest

from harness import proc
from harness.smtp_peer import Stall

pytestmark = pytest.mark.root


def others(tern):
    return [process for process in proc.family(tern.daemon.pid) if process.pid != tern.daemon.pid]


def test_nothing_installed_is_set_uid_root(root_tern):
    for where, _, files in os.walk(root_tern.directory):
        for name in files:
            info = os.lstat(os.path.join(where, name))
            assert not (info.st_mode & stat.S_ISUID and info.st_uid == 0), name
    info = os.stat(root_tern.program)
    assert info.st_mode & stat.S_ISUID and info.st_uid == root_tern.mail_user.pw_uid


def test_a_session_is_the_mail_user_from_its_first_octet_on(root_tern, until):
    root_tern.start()
    mail = root_tern.mail_user
    with root_tern.smtp(greet=False) as client:
        until(lambda: others(root_tern), "a session process")
        client.reply()
        for text in ("EHLO a.example", "MAIL FROM:<ann@other.example>", "RCPT TO:<bob@tern.example>", "DATA"):
            session = others(root_tern)
            assert session and all(set(each.uids) == {mail.pw_uid} and set(each.gids) == {mail.pw_gid}
                                   for each in session), session
            assert all(each.no_new_privs for each in session), session
            client.cmd(text)
        client.send("Subject: x\r\n\r\nx\r\n.\r\n")
        client.expect(250)
    root_tern.wait_mail("bob")


def test_no_process_but_the_launcher_is_ever_root(root_tern, dns, peer_at, uid_watcher):
    """A message to a local user and to a remote host whose peer stalls, under a watch of all processes."""
    dns.add("b.example MX 1 mx.b.example", "mx.b.example A 127.0.0.2").start()
    peer = peer_at("127.0.0.2", root_tern.peer_port)
    stall = peer.on("MAIL", Stall(then="250 ok"))
    root_tern.use_dns(dns).configure()
    root_tern.start()
    with uid_watcher(root_tern.daemon.pid) as watch:
        with root_tern.smtp() as client:
            client.helo()
            client.message("ann@tern.example", ["bob@tern.example", "carol@b.example"], "Subject: x\n\nx\n")
            client.quit()
        stall.wait_reached()
        delivering = others(root_tern)
        assert delivering and all(0 not in each.uids and 0 not in each.gids for each in delivering), delivering
        stall.release()
        peer.wait_messages()
        root_tern.wait_mail("bob")
        root_tern.wait_queue_empty()
    # A fork is root until it has changed its ids; it must not have read a thing by then, which C7's own test shows.
    nobody = pwd.getpwnam("nobody").pw_uid
    known = {0, root_tern.mail_user.pw_uid, nobody}
    assert {uid for _, uids in watch.seen for uid in uids} <= known


def test_a_mailbox_is_written_by_its_user(root_tern):
    root_tern.start()
    with root_tern.smtp() as client:
        client.helo()
        client.message("ann@tern.example", "bob@tern.example", "Subject: x\n\nx\n")
    root_tern.wait_mail("bob")
    nobody = pwd.getpwnam("nobody")
    box = root_tern.path("mail/bob/new")
    assert {os.stat(os.path.join(box, name)).st_uid for name in os.listdir(box)} == {nobody.pw_uid}


def test_root_is_never_delivered_as(root_tern):
    from harness import tern as defaults
    root_tern.configure(transports=defaults.DEFAULT_TRANSPORTS.replace("user = RUN_USER", "user = root"))
    root_tern.start()
    with root_tern.smtp() as client:
        client.helo()
        client.message("ann@tern.example", "bob@tern.example", "Subject: x\n\nx\n")
    assert root_tern.wait_log(r"== bob.*never_users|== bob.*root")
    assert not root_tern.mailbox("bob")


def test_any_user_submits_through_the_set_uid_program(root_tern):
    root_tern.start()
    root_tern.run("-odi", "bob@tern.example", stdin="Subject: from games\n\nx\n", user="games").ok()
    message = root_tern.wait_mail("bob")[0]
    assert "Return-path: <games@" in message
    assert root_tern.wait_log(r"<= games@tern.example U=games P=local")
    for name in root_tern.queue_ids():
        assert os.stat(root_tern.path(f"spool/input/{name}-H")).st_uid == root_tern.mail_user.pw_uid


def test_without_a_daemon_a_submission_waits_for_the_next_queue_run(root_tern):
    root_tern.run("bob@tern.example", stdin="Subject: x\n\nx\n", user="games").ok()
    assert len(root_tern.queue_ids()) == 1
    root_tern.run("-q").ok()
    root_tern.wait_mail("bob")


def test_descriptors_of_a_session_are_its_own(root_tern):
    """R14: a session holds its connection, the launcher's socket and logs; no other connection."""
    root_tern.start()
    with root_tern.smtp() as one, root_tern.smtp() as two:
        one.helo(), two.helo()
        for process in others(root_tern):
            sockets = [name for name in proc.open_files(process.pid).values() if name.startswith("socket:")]
            assert len(set(sockets)) <= 3, (process, proc.open_files(process.pid))
