"""End of data and line endings: only CR LF . CR LF ends DATA (catalogue 3.1)."""
import re

import pytest

from harness import oracle

BARE = {
    "EOD-01": b"\n.\n", "EOD-02": b"\n.\r\n", "EOD-03": b"\r\n.\n", "EOD-04": b"\r.\r", "EOD-05": b"\r.\n",
    "EOD-06": b"\n.\r", "EOD-07": b"\r.\r\n", "EOD-08": b"\r\n.\r", "EOD-11": b"\r\n.\r\r\n",
    "EOD-15a": b"\nX-Field: bare\n\nbody\r\n", "EOD-15b": b"\r\n\r\nbody\nmore\n",
}
NOT_BARE = {
    "EOD-09": b"\r\n\0.\r\n", "EOD-10": b"\r\n.\0\r\n",
    "EOD-16a": b"\r\n\x0b.\r\n", "EOD-16b": b"\x0c.\x0c", "EOD-16c": b"\x85.\x85", "EOD-16d": "\u2028.\u2028".encode(),
}
SMUGGLED = b"MAIL FROM:<evil@evil.example>\r\nRCPT TO:<bob@tern.example>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n"
SENDINGS = ("whole", "octets", "after a good message")


@pytest.fixture
def server(tern):
    tern.configure(main=oracle.QUIET)
    tern.start()
    return tern


def send_with(client, sending, attack):
    """DATA with the attack in it, then what would be commands if the attack were an end; one real end at the last line."""
    client.cmd("DATA", 354)
    text = b"Subject: first\r\n\r\nline" + attack + SMUGGLED
    (client.trickle if sending == "octets" else client.send)(text)


@pytest.mark.parametrize("sending", SENDINGS)
@pytest.mark.parametrize("name", BARE)
def test_bare_line_end_is_no_end_and_spoils_the_message(server, name, sending):
    good = 0
    with server.smtp() as client:
        client.helo()
        if sending == "after a good message":
            client.message("ann@tern.example", "bob@tern.example", "Subject: good\n\ngood\n")
            good = 1
        client.envelope("ann@tern.example", "bob@tern.example")
        send_with(client, sending, BARE[name])
        reply = client.expect(550)
        assert reply.text.startswith("5.6.0"), reply
        oracle.is_like_new(client)
        client.quit()
    oracle.spool_is_clean(server, good)
    oracle.log_is_well_formed(server)


@pytest.mark.parametrize("sending", SENDINGS)
@pytest.mark.parametrize("name", NOT_BARE)
def test_odd_octets_around_a_dot_are_ordinary(server, name, sending):
    good = 1
    with server.smtp() as client:
        client.helo()
        if sending == "after a good message":
            client.message("ann@tern.example", "bob@tern.example", "Subject: good\n\ngood\n")
            good = 2
        client.envelope("ann@tern.example", "bob@tern.example")
        send_with(client, sending, NOT_BARE[name])
        client.expect(250)
        oracle.is_like_new(client)
        client.quit()
    oracle.spool_is_clean(server, good)
    assert any(b"MAIL FROM:<evil@evil.example>" in body for body in oracle.bodies(server))


@pytest.mark.parametrize("name", BARE)
def test_normalised_bare_line_ends_are_line_ends_inside_one_message(tern, name):
    tern.configure(main=oracle.QUIET + "smtp_bare_newline = normalize\n")
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.envelope("ann@tern.example", "bob@tern.example")
        send_with(client, "whole", BARE[name])
        client.expect(250)
        oracle.is_like_new(client)
        client.quit()
    oracle.spool_is_clean(tern, 1)
    assert b"\r" not in oracle.bodies(tern)[0]


@pytest.mark.parametrize("cut", range(1, 5))
def test_eod_12_the_end_may_be_split_anywhere(server, cut):
    end = b"\r\n.\r\n"
    with server.smtp() as client:
        client.helo()
        client.envelope("ann@tern.example", "bob@tern.example")
        client.cmd("DATA", 354)
        client.send(b"Subject: split\r\n\r\nbody" + end[:cut])
        client.send(end[cut:] + b"NOOP\r\n")
        client.expect(250), client.expect(250)
        client.quit()
    oracle.spool_is_clean(server, 1)
    assert oracle.bodies(server) == [b"body\n"]


def test_eod_13_dots_are_taken_off_once_and_put_back_on_the_way_out(tern, dns, peer_at):
    dns.add("b.example MX 1 mx.b.example", "mx.b.example A 127.0.0.2").start()
    peer = peer_at("127.0.0.2", tern.peer_port)
    tern.use_dns(dns).configure()
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.envelope("ann@tern.example", "bob@b.example")
        client.cmd("DATA", 354)
        client.send(b"Subject: dots\r\n\r\n..\r\n..x\r\n.x\r\n...\r\n.\r\n")
        client.expect(250)
        client.quit()
    assert peer.wait_messages()[0].body == ".\r\n.x\r\nx\r\n..\r\n"


def test_eod_14_empty_messages_are_messages(server):
    with server.smtp() as client:
        client.helo()
        client.envelope("ann@tern.example", "bob@tern.example")
        client.cmd("DATA", 354)
        client.send(b".\r\n")
        client.expect(250)
        client.envelope("ann@tern.example", "bob@tern.example")
        client.send(b"BDAT 0 LAST\r\n")
        client.expect(250)
        client.envelope("ann@tern.example", "bob@tern.example")
        client.send(b"BDAT 25 LAST\r\nSubject: x\r\n\r\nno line end")
        client.expect(250)
        oracle.is_like_new(client)
        client.quit()
    oracle.spool_is_clean(server, 3)


def test_eod_20_what_is_sent_has_no_bare_line_ends(tern, dns, peer_at):
    dns.add("b.example MX 1 mx.b.example", "mx.b.example A 127.0.0.2").start()
    peer = peer_at("127.0.0.2", tern.peer_port)
    tern.use_dns(dns).configure()
    tern.submit("ann@tern.example", "bob@b.example", b"Subject: x\n\none\n.\r\ntwo\r.\rthree\r\n.\rfour\n.\n", "-i", "-odf")
    data = peer.wait_messages()[0].data
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", data), data
    assert len(peer.messages) == 1 and b"four" in data


def test_eod_21_header_fields_of_an_acl_cannot_end_lines(tern):
    tern.configure(main=oracle.QUIET, acl="acl_check_rcpt:\n  warn add_header = X-One: a\\rc\\nX-Two: d\n"
                                          "  accept\n")
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.message("ann@tern.example", "bob@tern.example", "Subject: x\n\nx\n")
        client.quit()
    oracle.spool_is_clean(tern, 1)
    (head, _), = oracle.held(tern).values()
    assert b"\r" not in head, head


@pytest.mark.parametrize("early", (True, False), ids=("pipelined", "later"))
def test_eod_30_a_message_refused_in_its_middle_is_read_to_its_real_end(tern, early):
    tern.configure(main=oracle.QUIET + "message_size_limit = 2K\n")
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.envelope("ann@tern.example", "bob@tern.example")
        client.cmd("DATA", 354)
        tail = b"\r\n.\r\nMAIL FROM:<x@y.example>\r\n"
        client.send(b"Subject: big\r\n\r\n" + 600 * b"0123456789abcdef\r\n" + (tail if early else b""))
        if not early:
            client.send(tail)
        client.expect(552)
        client.expect(250)
        client.cmd("RSET", 250)
        oracle.is_like_new(client)
        client.quit()
    oracle.spool_is_clean(tern, 0)


def test_eod_31_after_a_refused_message_there_is_no_envelope(tern):
    tern.configure(main=oracle.QUIET + "acl_smtp_data = acl_data\n",
                   acl="acl_check_rcpt:\n  accept\nacl_data:\n  deny message = not this\n")
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.message("ann@tern.example", "bob@tern.example", "Subject: x\n\nx\n", code=550)
        client.cmd("RCPT TO:<bob@tern.example>", 503)
        client.cmd("DATA", 503)
        oracle.is_like_new(client)
        client.quit()
    oracle.spool_is_clean(tern, 0)
    oracle.log_is_well_formed(tern)


def test_eod_32_commands_sent_before_354_are_never_commands(server):
    with server.smtp() as client:
        client.helo()
        client.envelope("ann@tern.example", "bob@tern.example")
        client.send(b"DATA\r\nMAIL FROM:<evil@evil.example>\r\nNOOP\r\n")
        reply = client.reply()
        assert reply.code in (354, 554), reply
        if reply.code == 554:
            assert client.closed()
        else:
            client.send(b"\r\n.\r\n")
            client.expect(250)
            client.quit()
    oracle.spool_is_clean(server, 0 if reply.code == 554 else 1)
