"""The daemon: starting, reloading, ending, limits, queue runs in time, notes of local submissions."""
import os
import signal
import socket

from harness import wait


def daemon_log(tern, pattern, count=1):
    return tern.wait_log(pattern, count=count)


def test_start_and_end_are_clean(tern):
    tern.start("-q30m")
    daemon_log(tern, r"tern 5\.0 daemon started: pid=\d+, -q30m, listening for SMTP on \[127\.0\.0\.1\]:\d+")
    with open(tern.path("tern.pid"), encoding="ascii") as text:
        assert int(text.read()) == tern.daemon.pid
    tern.daemon.send_signal(signal.SIGTERM)
    assert tern.daemon.wait(wait.DEADLINE_S) == 0
    assert not os.path.exists(tern.path("tern.pid"))
    assert not os.path.exists(tern.path("spool/exim_daemon_notify"))


def test_reload_takes_a_good_configuration_and_refuses_a_broken_one(tern):
    tern.start()
    tern.is_panic_expected = True
    tern.configure(main="smtp_banner = changed banner\n")
    tern.daemon.send_signal(signal.SIGHUP)
    daemon_log(tern, "daemon started", count=2)
    with tern.smtp() as client:
        assert "changed banner" in client.banner.text
        client.quit()
    tern.configure(main="smtp_banner = broken\nno_such_option = 1\n")
    tern.daemon.send_signal(signal.SIGHUP)
    daemon_log(tern, "new configuration is refused, the old one stays in force.*")
    with tern.smtp() as client:
        assert "changed banner" in client.banner.text
        client.helo()
        client.message("x@other.example", "ann@tern.example", "Subject: still here\n\nx\n")
        client.quit()
    tern.wait_mail("ann")


def test_many_reloads_serve_on_and_do_not_grow(tern):
    tern.start()

    def rss_kb():
        with open(f"/proc/{tern.daemon.pid}/status", encoding="ascii") as status:
            return int(next(line.split()[1] for line in status if line.startswith("VmRSS")))
    first = None
    for number in range(2, 12):
        tern.daemon.send_signal(signal.SIGHUP)
        daemon_log(tern, "daemon started", count=number)
        first = first or rss_kb()
    assert rss_kb() < first + 400
    with tern.smtp() as client:
        client.helo()
        client.message("x@other.example", "ann@tern.example", "Subject: after\n\nx\n")
        client.quit()
    tern.wait_mail("ann")


def test_no_more_sessions_than_smtp_accept_max(tern):
    tern.configure(main="smtp_accept_max = 2\n")
    tern.start()
    first, second = tern.smtp(), tern.smtp()
    third = tern.smtp()
    assert third.banner.code == 421 and "Too many concurrent SMTP connections" in third.banner.text
    daemon_log(tern, r"Connection from \[127\.0\.0\.1\].* refused: too many connections")
    first.cmd("QUIT", 221)
    second.cmd("QUIT", 221)
    for client in (first, second, third):
        client.close()


def test_a_local_submission_is_delivered_by_the_daemon(tern):
    tern.start()
    tern.submit("ann@tern.example", "bob@tern.example")
    tern.wait_mail("bob")
    tern.wait_queue_empty()


def test_queue_runs_come_in_time(tern):
    tern.submit("ann@tern.example", "bob@tern.example", "Subject: held\n\nx\n", "-odq")
    tern.start("-q1h")
    tern.wait_mail("bob")
    daemon_log(tern, r"End queue run: pid=\d+")


def test_noise_on_the_notifier_socket_is_dropped(tern):
    tern.start()
    daemon_log(tern, "daemon started")
    path = tern.path("spool/exim_daemon_notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as noise:
        for octets in (b"", b"x", b"\0" * 4096, os.urandom(10000), b"../../etc/passwd"):
            noise.sendto(octets, path)
    tern.submit("ann@tern.example", "bob@tern.example")
    tern.wait_mail("bob")
    assert tern.daemon.poll() is None


def test_an_address_in_use_is_told_at_once(tern):
    tern.configure(main="daemon_startup_retries = 0\n")
    tern.start()
    tern.is_panic_expected = True
    done = tern.run("-bd")
    assert done.code == 1
    assert f"socket bind() to port {tern.port} for address 127.0.0.1 failed: Address already in use" in done.err
