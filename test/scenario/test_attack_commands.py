"""Commands, lines, sizes and time (catalogue 3.4)."""
import time

import pytest

from harness import oracle
from harness.smtp_client import Smtp


@pytest.fixture
def server(tern):
    tern.configure(main=oracle.QUIET)
    tern.start()
    return tern


def test_cmd_01_talking_before_the_banner_is_a_synchronization_error(tern):
    tern.configure(main=oracle.QUIET, acl="acl_check_rcpt:\n  accept\nslow:\n  accept delay = 2s\n")
    tern.configure(main=oracle.QUIET + "acl_smtp_connect = slow\n", acl="acl_check_rcpt:\n  accept\nslow:\n"
                                                                       "  accept delay = 2s\n")
    tern.start()
    with tern.smtp(greet=False) as client:
        client.send("EHLO a.example\r\nNOOP\r\n")
        client.expect(554)
        assert client.closed()
    tern.wait_log("SMTP protocol synchronization error")
    oracle.log_is_well_formed(tern)


def test_cmd_01_commands_with_ehlo_in_one_packet(server):
    with server.smtp() as client:
        client.send("EHLO a.example\r\nMAIL FROM:<x@y.example>\r\nRCPT TO:<bob@tern.example>\r\n")
        assert client.reply().code == 554
        assert client.closed()
    server.wait_log("synchronization error")


@pytest.mark.parametrize("length", (512, 998, 999, 1000, 2048, 16000, 65536))
def test_cmd_02_long_lines_get_one_reply(server, length):
    with server.smtp() as client:
        client.helo()
        client.send(b"NOOP " + b"x" * (length - 7) + b"\r\n")
        assert client.reply().code in (250, 500, 554)
        if client.closed_or_alive():
            oracle.is_like_new(client)


def test_cmd_02_an_endless_line_ends_the_session(server):
    with server.smtp() as client:
        client.helo()
        try:
            for _ in range(2000):
                client.send(b"x" * 65536)
        except OSError:
            pass
        try:
            codes = []
            while True:
                reply = client.reply()
                if reply is None:
                    break
                codes.append(reply.code)
        except OSError:
            pass
        assert len(codes) <= 2 and set(codes) <= {500, 421, 554}, codes


@pytest.mark.parametrize("line", (b"NO\0OP", b"\x80\xff", b"\x1b[2J", b"NOOP\rQUIT", b"MAIL FROM:<a@b.example>\0evil",
                                  b"MAIL FROM:<a\rb@b.example>", b"RCPT TO:<a\0b@tern.example>"))
def test_cmd_03_odd_octets_are_refused_and_escaped_in_the_log(server, line):
    with server.smtp() as client:
        client.helo()
        reply = client.cmd(line)
        assert reply.code // 100 == 5 or line.startswith(b"NO"), reply
        client.cmd("RSET", 250)
        oracle.is_like_new(client)
        client.quit()
    log = server.log()
    assert not any(ord(c) < 32 and c != "\n" for c in log), repr(log)
    oracle.log_is_well_formed(server)


@pytest.mark.parametrize("command", ("NOOP", "VRFY ann", "HELP", "EHLO a.example", "XYZZY", "RCPT TO:<a@b.example>", "RSET"))
def test_cmd_04_idle_talk_ends_the_session(tern, command):
    tern.start()
    with tern.smtp() as client:
        client.helo()
        last = None
        for _ in range(200):
            try:
                client.send(command + "\r\n")
            except OSError:
                break
            reply = client.reply()
            if reply is None:
                break
            last = reply
        else:
            raise AssertionError(f"200 times {command} and still there: {last}")
        assert last.code in (421, 500, 503, 550, 554), last


@pytest.mark.parametrize("parameters", (
    "SIZE=99999999999999999999", "SIZE=", "SIZE=-1", "SIZE=1 SIZE=1", "BODY=9BIT", "BODY=8BITMIME BODY=8BITMIME",
    "ENVID=+0A", "=", "NOSUCH=1", "SIZE=1 =x", " ".join(f"X{i}=1" for i in range(100))))
def test_cmd_05_bad_parameters_are_refused(server, parameters):
    with server.smtp() as client:
        client.helo()
        reply = client.cmd(f"MAIL FROM:<ann@tern.example> {parameters}")
        assert reply.code in (501, 552, 555), reply
        oracle.is_like_new(client)
        client.quit()


def test_cmd_06_recipients_beyond_the_limit_wait(tern):
    tern.configure(main=oracle.QUIET + "recipients_max = 5\n")
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.cmd("MAIL FROM:<ann@tern.example>", 250)
        for i in range(5):
            client.cmd(f"RCPT TO:<u{i}@b.example>", 250)
        client.cmd("RCPT TO:<one.more@b.example>", 452)
        client.data("Subject: x\n\nx\n")
        client.quit()
    (head, _), = oracle.held(tern).values()
    assert b"one.more" not in head and head.count(b"@b.example\n") == 5


def test_cmd_06_the_same_recipient_many_times_is_one_delivery(tern):
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.send("MAIL FROM:<ann@tern.example>\r\n" + "RCPT TO:<bob@tern.example>\r\n" * 3000)
        for _ in range(3001):
            client.expect(250)
        client.data("Subject: x\n\nx\n")
        client.quit()
    tern.wait_queue_empty()
    assert len(tern.mailbox("bob")) == 1


@pytest.mark.parametrize("phase", ("command", "data", "chunk"))
def test_cmd_07_one_octet_at_a_time_meets_the_deadline_of_its_phase(tern, phase):
    tern.configure(main=oracle.QUIET + "smtp_receive_timeout = 2s\n")
    tern.start()
    with tern.smtp() as client:
        client.helo()
        if phase != "command":
            client.envelope("ann@tern.example", "bob@tern.example")
        if phase == "data":
            client.cmd("DATA", 354)
        elif phase == "chunk":
            client.send("BDAT 100000\r\n")
        began = time.monotonic()
        client.socket.settimeout(0.4)
        while time.monotonic() - began < 30:
            try:
                client.send(b"x")
                more = client.socket.recv(4096)
                if not more or b"421" in more:
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        assert time.monotonic() - began < 20, "the deadline never came"
    oracle.spool_is_clean(tern, 0)


def test_cmd_07_a_client_that_never_reads_does_not_keep_its_session(tern):
    import socket
    tern.configure(main=oracle.QUIET + "smtp_receive_timeout = 2s\n")
    tern.start()
    with Smtp(("127.0.0.1", tern.port)) as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.socket.settimeout(0.5)
        ended = False
        began = time.monotonic()
        while time.monotonic() - began < 60:
            try:
                client.send("HELP\r\n" * 2000)
            except TimeoutError:
                continue
            except OSError:
                ended = True
                break
        assert ended


def test_cmd_08_connections_beyond_the_limit_are_turned_away_and_the_rest_served(tern):
    tern.configure(main=oracle.QUIET + "smtp_accept_max = 3\n")
    tern.start()
    clients = [tern.smtp() for _ in range(3)]
    with tern.smtp(greet=False) as late:
        late.expect(421)
        assert late.closed()
    for client in clients:
        client.helo()
        client.quit()


def test_cmd_08_connections_of_one_host_are_limited(tern):
    tern.configure(main=oracle.QUIET + "smtp_accept_max_per_host = 2\n")
    tern.start()
    clients = [tern.smtp() for _ in range(2)]
    with tern.smtp(greet=False) as late:
        late.expect(421)
    for client in clients:
        client.helo()
        client.quit()


@pytest.mark.parametrize("name,code", (
    ("a" * 10000, (501, 500, 554)), ("[IPv6:1:2:3]", (501, 250)), ("a_b.example", (501, 250)), ("${run{/bin/true}}", 501),
    ("a b", (501, 250)), ("[127.0.0.1]", 250), ("\u00fc.example", (501, 250)), ("", 501)))
def test_cmd_09_odd_names_in_ehlo(server, name, code):
    with server.smtp() as client:
        reply = client.cmd(f"EHLO {name}")
        assert reply.code in (code if isinstance(code, tuple) else (code,)), reply
        if client.closed_or_alive():
            client.helo()
            oracle.is_like_new(client)
    oracle.log_is_well_formed(server)


def test_cmd_09_ehlo_in_a_transaction_ends_it(server):
    with server.smtp() as client:
        client.helo()
        client.envelope("ann@tern.example", "bob@tern.example")
        client.helo("other.example")
        oracle.is_like_new(client)
        client.quit()


@pytest.mark.parametrize("command", ("VRFY", "EXPN", "ETRN"))
@pytest.mark.parametrize("argument", ("'; drop", "../../etc/passwd", "a;b|c", "\u00fc", "#x", "${run{/bin/true}}"))
def test_cmd_12_questions_change_no_state(server, command, argument):
    with server.smtp() as client:
        client.helo()
        client.envelope("ann@tern.example", "bob@tern.example")
        assert client.cmd(f"{command} {argument}").code // 100 in (2, 5)
        client.data("Subject: x\n\nx\n")
        client.quit()
    oracle.spool_is_clean(server, 1)
    oracle.log_is_well_formed(server)
