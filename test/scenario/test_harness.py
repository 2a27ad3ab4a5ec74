"""The harness keeps its own promises."""
import dns.message
import dns.query
import dns.rcode

from harness.smtp_client import Smtp
from harness.smtp_peer import Drop


def ask(server, name, kind):
    return dns.query.udp(dns.message.make_query(name, kind), "127.0.0.1", port=server.port, timeout=5)


def test_name_server_answers_what_it_was_told(dns):
    dns.add("a.example MX 10 mx.a.example", "mx.a.example A 127.0.0.2", "null.example MX 0 .")
    dns.broken("broken.example").start()
    assert "10 mx.a.example." in ask(dns, "a.example", "MX").answer[0].to_text()
    assert ask(dns, "none.example", "A").rcode() == dns_rcode("NXDOMAIN")
    assert ask(dns, "x.broken.example", "A").rcode() == dns_rcode("SERVFAIL")
    dns.add("later.example A 127.0.0.3")
    assert "127.0.0.3" in ask(dns, "later.example", "A").answer[0].to_text()


def dns_rcode(name):
    return dns.rcode.from_text(name)


def test_peer_records_messages_and_follows_rules(peer_at):
    peer = peer_at(keywords=["CHUNKING", "PIPELINING"])
    peer.on("RCPT TO:<bad@", "550 5.1.1 no")
    peer.on("RCPT TO:<busy@", "450 4.2.1 later", times=1)
    with Smtp((peer.address, peer.port)) as client:
        assert client.helo().lines[1:] == ["CHUNKING", "PIPELINING"]
        client.cmd("MAIL FROM:<ann@a.example> SIZE=10", 250)
        client.cmd("RCPT TO:<bad@b.example>", 550)
        client.cmd("RCPT TO:<busy@b.example>", 450)
        client.cmd("RCPT TO:<busy@b.example>", 250)
        client.data("Subject: one\n\n.dot\n")
        client.envelope("", "bob@b.example")
        client.send("BDAT 6\r\nSubjecBDAT 8 LAST\r\nt: 2\r\n\r\n")
        client.expect(250), client.expect(250)
        client.quit()
    one, two = peer.wait_messages(2)
    assert (one.sender, one.sender_parameters, one.recipients) == ("ann@a.example", "SIZE=10", ["busy@b.example"])
    assert (one.header("subject"), one.body) == ("one", ".dot\r\n")
    assert (two.sender, two.header("Subject")) == ("", "2")


def test_peer_drops_and_stalls(peer_at):
    from harness.smtp_peer import Stall
    peer = peer_at()
    stall = peer.on("MAIL", Stall(then="451 4.3.0 slow"))
    peer.on("NOOP", Drop)
    with Smtp((peer.address, peer.port)) as client:
        client.helo()
        client.send("MAIL FROM:<>\r\n")
        stall.wait_reached()
        stall.release()
        client.expect(451)
        client.send("NOOP\r\n")
        assert client.closed()


def test_exim_peer_takes_mail(exim_peer, until):
    from harness import wait
    peer = exim_peer("127.0.0.2", wait.free_port("127.0.0.2"), "b.example")
    with Smtp((peer.address, peer.port)) as client:
        client.helo()
        client.message("ann@a.example", "bob@b.example", "Subject: hello\n\nHello.\n")
        client.quit()
    assert "Subject: hello" in until(peer.messages, "the message")[0]


def test_postfix_peer_takes_mail(postfix_peer, until):
    from harness import wait
    peer = postfix_peer("127.0.0.2", wait.free_port("127.0.0.2"), "b.example")
    with Smtp((peer.address, peer.port)) as client:
        client.helo()
        client.message("ann@a.example", "bob@b.example", "Subject: hello\n\nHello.\n")
        client.quit()
    assert "Subject: hello" in until(peer.messages, lambda: "the message:\n" + peer.log())[0]
