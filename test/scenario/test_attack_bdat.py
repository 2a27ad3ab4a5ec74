"""BDAT: sizes, order, refusals, ends (catalogue 3.2)."""
import pytest

from harness import oracle

HEAD = b"Subject: x\r\n\r\n"


@pytest.fixture
def server(tern):
    tern.configure(main=oracle.QUIET)
    tern.start()
    return tern


@pytest.fixture
def client(server):
    with server.smtp() as client:
        client.helo()
        yield client


def chunk(client, data, last=False, code=250):
    client.send(b"BDAT %d%s\r\n" % (len(data), b" LAST" if last else b"") + data)
    return client.expect(code)


def test_bdat_01_tiny_chunks_are_joined(server, client):
    client.envelope("ann@tern.example", "bob@tern.example")
    text = HEAD + b"0123456789\r\n" * 20
    for i in range(len(text)):
        chunk(client, text[i:i + 1])
    chunk(client, b"", last=True)
    oracle.is_like_new(client)
    assert oracle.bodies(server) == [b"0123456789\n" * 20]


@pytest.mark.parametrize("argument", ("-1", "+5", "5x", "0x10", str(2**63), str(2**64 + 1), "9" * 40, "", "5 LASTX", "5\tLAST",
                                      "5 LAST LAST", " "))
def test_bdat_02_bad_sizes_are_refused_and_nothing_is_guessed(server, argument):
    with server.smtp() as client:
        client.helo()
        client.envelope("ann@tern.example", "bob@tern.example")
        client.send(b"BDAT " + argument.encode() + b"\r\n")
        client.expect((501, 552, 554))
        if not client.closed_or_alive():
            return
        client.cmd("RSET", 250)
        oracle.is_like_new(client)


def test_bdat_02_a_size_beyond_the_limit_is_refused(server, client):
    client.envelope("ann@tern.example", "bob@tern.example")
    client.send(b"BDAT 2147483648\r\n")
    client.expect((552, 501, 421))


def test_bdat_03_payload_before_mail_is_consumed(server, client):
    chunk(client, b"MAIL FROM:<evil@evil.example>\r\n", code=503)
    oracle.is_like_new(client)
    client.cmd("MAIL FROM:<ann@tern.example>", 250)
    chunk(client, b"NOOP\r\nQUIT\r\n", last=True, code=503)
    client.cmd("NOOP", 250)
    oracle.spool_is_clean(server, 0)


def test_bdat_03_payload_after_refused_recipients_is_consumed(tern):
    tern.configure(main=oracle.QUIET, acl="acl_check_rcpt:\n  deny\n")
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.cmd("MAIL FROM:<ann@tern.example>", 250)
        client.send(b"RCPT TO:<bob@tern.example>\r\nBDAT 12 LAST\r\nNOOP\r\nQUIT\r\n")
        client.expect(550), client.expect((503, 554))
        client.cmd("NOOP", 250)
        client.quit()


@pytest.mark.parametrize("command,code", (("RSET", 250), ("NOOP", 250), ("DATA", 503), ("MAIL FROM:<x@y.example>", 503),
                                          ("RCPT TO:<carol@tern.example>", 503), ("EHLO other.example", 250)))
def test_bdat_03_commands_between_chunks(server, client, command, code):
    client.envelope("ann@tern.example", "bob@tern.example")
    chunk(client, HEAD)
    client.cmd(command, code)
    if command in ("RSET", "EHLO other.example"):
        oracle.is_like_new(client)
        oracle.spool_is_clean(server, 0)
        return
    chunk(client, b"end\r\n", last=True)
    oracle.is_like_new(client)
    assert oracle.bodies(server) == [b"end\n"]


def test_bdat_03_a_refused_chunk_leaves_the_rest_refused_and_consumed(tern):
    tern.configure(main=oracle.QUIET + "message_size_limit = 1K\n")
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.envelope("ann@tern.example", "bob@tern.example")
        chunk(client, HEAD)
        big = b"MAIL FROM:<x@y.example>\r\n" * 100
        client.send(b"BDAT %d\r\n" % len(big) + big)
        client.expect((250, 552))
        client.send(b"BDAT 6 LAST\r\nNOOP\r\n")
        client.expect((503, 552))
        client.cmd("RSET", 250)
        oracle.is_like_new(client)
        client.quit()
    oracle.spool_is_clean(tern, 0)


def test_bdat_04_dots_mean_nothing(server, client):
    for body in (b".\r\n", b".", b"..\r\n.\r\n..x\r\n", b"a\r\n.\r\nb\r\n"):
        client.envelope("ann@tern.example", "bob@tern.example")
        chunk(client, HEAD)
        chunk(client, body, last=True)
    found = oracle.bodies(server)
    assert sorted(found) == sorted([b".\n", b".\n", b"..\n.\n..x\n", b"a\n.\nb\n"])


def test_bdat_05_borders_may_fall_anywhere(server, client):
    text = b"Subject: one\r\n two\r\nX: y\r\n\r\nbody\r\n"
    for cut in range(len(text) + 1):
        client.envelope("ann@tern.example", "bob@tern.example")
        chunk(client, text[:cut])
        chunk(client, text[cut:], last=True)
    found = oracle.held(server)
    assert len(found) == len(text) + 1
    assert {body for _, body in found.values()} == {b"body\n"}
    assert all(b"Subject: one\n two\n" in head for head, _ in found.values())


def test_bdat_05_a_message_may_end_in_its_header_section(server, client):
    client.envelope("ann@tern.example", "bob@tern.example")
    chunk(client, b"Subject: only", last=True)
    oracle.is_like_new(client)
    (head, body), = oracle.held(server).values()
    assert b"Subject: only\n" in head and body == b""


def test_bdat_06_a_chunk_over_the_limit_is_read_and_refused(tern):
    tern.configure(main=oracle.QUIET + "message_size_limit = 1K\n")
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.envelope("ann@tern.example", "bob@tern.example")
        client.send(b"BDAT 3000 LAST\r\n" + b"NOOP\r\n" * 500)
        client.expect(552)
        oracle.is_like_new(client)
        client.envelope("ann@tern.example", "bob@tern.example")
        chunk(client, b"Subject: sum\r\n\r\n" + b"x" * 700 + b"\r\n")
        chunk(client, b"x" * 700 + b"\r\n", last=True, code=552)
        oracle.is_like_new(client)
        client.quit()
    oracle.spool_is_clean(tern, 0)


@pytest.mark.parametrize("half", (True, False), ids=("half-close", "close"))
def test_bdat_07_a_connection_lost_in_a_chunk_leaves_nothing(server, half, until):
    with server.smtp() as client:
        client.helo()
        client.envelope("ann@tern.example", "bob@tern.example")
        client.send(b"BDAT 100 LAST\r\n" + HEAD)
        if half:
            client.shutdown_write()
            while client.reply() is not None:
                pass
    server.wait_log(r"lost|unexpected disconnection|closed")
    until(lambda: not server.queue_ids(), "nothing on the spool")
    oracle.spool_is_clean(server, 0)


def test_bdat_08_commands_after_the_last_chunk_are_commands(server, client):
    client.envelope("ann@tern.example", "bob@tern.example")
    text = HEAD + b"x\r\n"
    client.send(b"BDAT %d LAST\r\n" % len(text) + text + b"QUIT\r\nMAIL FROM:<x@y.example>\r\n")
    client.expect(250), client.expect(221)
    assert client.closed()
    oracle.spool_is_clean(server, 1)
