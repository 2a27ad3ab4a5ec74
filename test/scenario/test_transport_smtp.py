"""The smtp transport against a peer that answers as told: what is delivered, failed, deferred, and what the log says."""
import re

import pytest

from harness.smtp_peer import Drop, Stall

ROUTERS = """
mailbox:
  driver = accept
  domains = +local_domains
  transport = maildir
smart:
  driver = accept
  transport = smart
"""
TRANSPORTS = """
maildir:
  driver = appendfile
  maildir_format
  directory = DIR/mail/box
  user = RUN_USER
  group = RUN_GROUP
smart:
  driver = smtp
  hosts = 127.0.0.2
  port = PEER_PORT
  allow_localhost
  command_timeout = 2s
  final_timeout = 2s
  connect_timeout = 2s
"""
BODY = "From: ann@tern.example\nSubject: x\n\nbody\n.dot\n"


@pytest.fixture
def smart(tern, peer_at):
    """smart(options, keywords…): Tern with all but local mail going to one peer; the peer."""
    def make(options="", main="", **more):
        peer = peer_at("127.0.0.2", tern.peer_port, **more)
        tern.configure(main=main, routers=ROUTERS, transports=TRANSPORTS + options)
        return peer
    return make


PLAIN = ["8BITMIME"]
PIPE = ["SIZE 1000000", "PIPELINING"]
CHUNK = ["CHUNKING", "PIPELINING"]
# peer's rule, keywords, and the lines that Exim writes; H= and DT= come before the colon
REFUSALS = [
    ("CONNECT", "554 go away", PLAIN, "**", "SMTP error from remote mail server after initial connection: 554 go away", True),
    ("CONNECT", "421 busy", PLAIN, "defer (0)",
     "SMTP error from remote mail server after initial connection: 421 busy", True),
    ("CONNECT", Drop, PLAIN, "defer (-18)", "Remote host closed connection in response to initial connection", True),
    ("CONNECT", "garbage here", PLAIN, "defer (-19)",
     "Malformed SMTP reply in response to initial connection: garbage here", True),
    ("EHLO", Drop, PLAIN, "defer (-18)", "Remote host closed connection in response to EHLO mx.tern.example", True),
    ("MAIL", "550 bad sender", PLAIN, "**",
     "SMTP error from remote mail server after MAIL FROM:<ann@tern.example>: 550 bad sender", False),
    ("MAIL", "451 later", PIPE, "defer (-45)",
     r"SMTP error from remote mail server after pipelined MAIL FROM:<ann@tern.example> SIZE=\d+: 451 later", True),
    ("MAIL", "55x bad", PLAIN, "defer (-19)",
     "Malformed SMTP reply in response to MAIL FROM:<ann@tern.example>: 55x bad", True),
    ("RCPT", "550-multi\n550 5.1.1 no such", PIPE, "**",
     r"SMTP error from remote mail server after RCPT TO:<x@r.example>: 550-multi\\n550 5.1.1 no such", False),
    ("RCPT", "451 greylisted", PIPE, "defer (-44)",
     "SMTP error from remote mail server after RCPT TO:<x@r.example>: 451 greylisted", False),
    ("RCPT", Drop, PLAIN, "defer (-18)", "Remote host closed connection in response to RCPT TO:<x@r.example>", True),
    ("DATA", "451 later data", PIPE, "defer (-46)",
     "SMTP error from remote mail server after pipelined DATA: 451 later data", True),
    ("DATA", "554 no data", PLAIN, "**", "SMTP error from remote mail server after DATA: 554 no data", False),
    ("DATA", "250 huh", PLAIN, "defer (0)", "SMTP error from remote mail server after DATA: 250 huh", True),
    (".", "550 content", PIPE, "**", "SMTP error from remote mail server after end of data: 550 content", False),
    (".", "451 content later", PIPE, "defer (-46)",
     "SMTP error from remote mail server after end of data: 451 content later", True),
    (".", Drop, PIPE, "defer (-18)", "Remote host closed connection in response to end of data", True),
    (".", "550 refused", CHUNK, "**",
     "SMTP error from remote mail server after pipelined end of data: 550 refused", False),
]


@pytest.mark.parametrize("command, answer, keywords, mark, text, is_host_logged", REFUSALS,
                         ids=[f"{row[0]}-{row[3]}-{i}" for i, row in enumerate(REFUSALS)])
def test_refusals_read_as_in_exim(tern, smart, command, answer, keywords, mark, text, is_host_logged):
    peer = smart(keywords=keywords)
    peer.on(command, answer)
    tern.submit("ann@tern.example", "x@r.example", BODY, "-odi")
    place = re.escape("H=127.0.0.2 [127.0.0.2]")
    quoted = text if "\\" in text else re.escape(text)
    if mark == "**":
        tern.wait_log(rf" \*\* x@r.example R=smart T=smart {place}: {quoted}$")
    else:
        tern.wait_log(rf" == x@r.example R=smart T=smart {re.escape(mark)} {place}: {quoted}$")
    host_lines = re.findall(rf"(?m)^\S+ \S+ \S+ {place}: {quoted}$", tern.log())
    assert len(host_lines) == (1 if is_host_logged else 0), tern.log()
    assert not peer.messages


def test_a_delivery_and_its_log_line(tern, smart):
    peer = smart(main="log_selector = +delivery_size +smtp_confirmation +pipelining +outgoing_port\n", keywords=PIPE)
    tern.submit("ann@tern.example", ["x@r.example", "y@r.example"], BODY, "-odi")
    line = tern.wait_log(r" => x@r.example ")[0]
    assert re.search(r'R=smart T=smart S=\d+ H=127.0.0.2 \[127.0.0.2\]:\d+ L C="250 2.0.0 ok 1"$', line), line
    tern.wait_log(r" -> y@r.example ")
    assert peer.messages[0].recipients == ["x@r.example", "y@r.example"]
    assert peer.messages[0].body == "body\r\n.dot\r\n"
    assert peer.sessions[0].commands[0] == "EHLO mx.tern.example"
    assert peer.sessions[0].commands[-1] == "QUIT"


def test_each_recipient_has_its_own_fate(tern, smart):
    peer = smart(keywords=PIPE)
    peer.on("RCPT TO:<x@", "550 no x")
    peer.on("RCPT TO:<y@", "450 y later")
    tern.submit("ann@tern.example", ["x@r.example", "y@r.example", "z@r.example"], BODY, "-odi")
    tern.wait_log(r" \*\* x@r.example .* RCPT TO:<x@r.example>: 550 no x$")
    tern.wait_log(r" == y@r.example .*defer \(-44\) .* RCPT TO:<y@r.example>: 450 y later$")
    tern.wait_log(r" => z@r.example ")
    assert peer.messages[0].recipients == ["z@r.example"]


def test_bdat_takes_one_round_trip(tern, smart):
    peer = smart(main="log_selector = +smtp_confirmation +pipelining\n", keywords=CHUNK)
    tern.submit("ann@tern.example", "x@r.example", BODY, "-odi")
    tern.wait_log(r' => x@r.example .* L K C="250 2.0.0 ok 1"$')
    assert peer.messages[0].text.endswith("\r\n\r\nbody\r\n.dot\r\n")
    assert [c.split()[0] for c in peer.sessions[0].commands] == ["EHLO", "MAIL", "RCPT", "BDAT", "QUIT"]


def test_more_recipients_than_max_rcpt_share_a_connection(tern, smart):
    peer = smart("  max_rcpt = 2\n", keywords=PIPE, main="remote_max_parallel = 1\n")
    tern.submit("ann@tern.example", [f"{c}@r.example" for c in "abcde"], BODY, "-odi")
    tern.wait_log(r" Completed$")
    assert [len(m.recipients) for m in peer.messages] == [2, 2, 1]
    assert len(peer.sessions) == 1


def test_a_refused_ehlo_is_followed_by_helo(tern, smart):
    peer = smart()
    peer.on("EHLO", "500 what")
    tern.submit("ann@tern.example", "x@r.example", BODY, "-odi")
    tern.wait_log(r" => x@r.example ")
    assert peer.sessions[0].commands[:2] == ["EHLO mx.tern.example", "HELO mx.tern.example"]


def test_lmtp_has_a_fate_for_each_recipient_after_the_data(tern, smart):
    peer = smart("  protocol = lmtp\n", keywords=PIPE, lmtp=True)
    peer.on(". y@", "452 full")
    tern.submit("ann@tern.example", ["x@r.example", "y@r.example"], BODY, "-odi")
    tern.wait_log(r" => x@r.example ")
    tern.wait_log(r" == y@r.example .*after end of data: 452 full$")
    assert peer.sessions[0].commands[0] == "LHLO mx.tern.example"


NEEDS = [
    ("  hosts_require_tls = *\n", "defer (-38)", "a TLS session is required, but the server did not offer TLS support"),
    ("  hosts_require_auth = *\n", "defer (-42)", "authentication required but server did not advertise AUTH support"),
    ("  protocol = smtps\n", "defer (-38)", "protocol = smtps of smart transport needs TLS"),
    ("  helo_data = ${if\n", "defer (-27)", "failed to expand helo_data: condition name expected"),
    ("  interface = 10.255.3.4\n", "defer (99)", "Cannot assign requested address"),
    ("  message_linelength_limit = 3\n", "**", "message has lines too long for transport"),
    ("  message_size_limit = 10\n", "**", "message is too big (transport limit = 10)"),
    ("  hosts_require_dane = *\n", "defer (-38)", "DANE is required"),
]


@pytest.mark.parametrize("options, mark, text", NEEDS, ids=[row[0].split()[0] for row in NEEDS])
def test_what_cannot_be_done_is_said_clearly(tern, smart, options, mark, text):
    peer = smart(options, keywords=PLAIN)
    tern.submit("ann@tern.example", "x@r.example", BODY, "-odi")
    line = tern.wait_log(r" (\*\*|==) x@r.example ")[0]
    assert mark in line and text in line, line
    assert not peer.messages


def test_the_next_host_is_tried_and_the_dead_one_is_remembered(tern, peer_at):
    peer = peer_at("127.0.0.3", tern.peer_port)
    tern.configure(routers=ROUTERS, transports=TRANSPORTS.replace("127.0.0.2", "127.0.0.2 : 127.0.0.3"))
    tern.submit("ann@tern.example", "x@r.example", BODY, "-odi")
    tern.wait_log(r" H=127.0.0.2 \[127.0.0.2\] Connection refused$")
    tern.wait_log(r" => x@r.example .*H=127.0.0.3 ")
    tern.submit("ann@tern.example", "y@r.example", BODY, "-odi")
    tern.wait_log(r" => y@r.example .*H=127.0.0.3 ")
    assert tern.log().count("Connection refused") == 1
    assert len(peer.messages) == 2


def test_fallback_hosts_take_what_the_others_did_not(tern, peer_at):
    peer = peer_at("127.0.0.3", tern.peer_port)
    tern.configure(routers=ROUTERS, transports=TRANSPORTS + "  fallback_hosts = 127.0.0.3\n")
    tern.submit("ann@tern.example", "x@r.example", BODY, "-odi")
    tern.wait_log(r" => x@r.example .*H=127.0.0.3 ")
    assert peer.messages


def test_a_host_that_is_not_due_is_left_alone(tern):
    tern.configure(routers=ROUTERS, transports=TRANSPORTS)
    tern.submit("ann@tern.example", "x@r.example", BODY, "-odi")
    tern.wait_log(r" == x@r.example .*defer \(111\): Connection refused")
    tern.submit("ann@tern.example", "y@r.example", BODY, "-odi")
    tern.run_queue("-q")
    tern.wait_log(r" == y@r.example .*defer \(-54\).*: retry time not reached for any host for 'r.example'")


def test_waiting_messages_follow_over_the_same_connection(tern, peer_at):
    tern.configure(routers=ROUTERS, transports=TRANSPORTS)
    for name in ("a", "b", "c"):
        tern.submit("ann@tern.example", f"{name}@r.example", BODY, "-odi")
    peer = peer_at("127.0.0.2", tern.peer_port, keywords=PIPE)
    ids = tern.queue_ids()
    tern.run("-M", ids[0]).ok()
    peer.wait_messages(3)
    tern.wait_queue_empty()
    assert len(peer.sessions) == 1
    assert len(tern.wait_log(r" => .*\[127.0.0.2\]\*", count=2)) == 2


def test_nothing_of_the_body_can_end_the_data_early(tern, smart):
    peer = smart(keywords=PIPE)
    text = b"Subject: x\n\na\r.\r\nMAIL FROM:<evil@x>\n.\nb\n"
    tern.run("-odi", "-i", "-f", "ann@tern.example", "x@r.example", stdin=text).ok()
    tern.wait_log(r" => x@r.example ")
    body = peer.messages[0].data.split(b"\r\n\r\n", 1)[1]
    assert b"\r" not in body.replace(b"\r\n", b"") and b"\n" not in body.replace(b"\r\n", b"")
    assert len(peer.messages) == 1 and peer.sessions[0].commands[-1] == "QUIT"


def test_the_host_is_known_while_its_options_are_expanded(tern, smart):
    peer = smart("  helo_data = ${lc:H-$host-$host_address-$host_port-${if def:sending_ip_address{$sending_ip_address}}}\n")
    tern.submit("ann@tern.example", "x@r.example", BODY, "-odi")
    tern.wait_log(r" => x@r.example ")
    assert peer.sessions[0].helo == f"h-127.0.0.2-127.0.0.2-{tern.peer_port}-127.0.0.1"


def test_dsn_parameters_are_handed_on(tern, smart):
    peer = smart(main="dsn_advertise_hosts = *\n", keywords=["DSN", "PIPELINING"])
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.cmd("MAIL FROM:<ann@tern.example> RET=HDRS ENVID=e+2Bv", 250)
        client.cmd("RCPT TO:<x@r.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;o@r.example", 250)
        client.cmd("RCPT TO:<y@r.example> NOTIFY=NEVER", 250)
        client.cmd("DATA", 354)
        client.cmd("Subject: x\r\n\r\nbody\r\n.", 250)
        client.quit()
    peer.wait_messages()
    commands = peer.sessions[0].commands
    assert "MAIL FROM:<ann@tern.example> RET=HDRS ENVID=e+2Bv" in commands
    assert "RCPT TO:<x@r.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;o@r.example" in commands
    assert any(c.startswith("RCPT TO:<y@r.example> NOTIFY=NEVER") for c in commands)


def test_a_serialized_host_has_one_connection_at_a_time(tern, smart):
    peer = smart("  serialize_hosts = *\n", keywords=PIPE)
    stall = peer.on("MAIL", Stall(), times=1)
    tern.submit("ann@tern.example", "x@r.example", BODY, "-odb")
    stall.wait_reached()
    tern.submit("ann@tern.example", "y@r.example", BODY, "-odi")
    tern.wait_log(r" == y@r.example .*: connection limit reached for all hosts$")
    stall.release()
    tern.wait_log(r" => x@r.example ")
    tern.run_queue("-qf")
    tern.wait_log(r" => y@r.example ")


def test_a_connection_ends_after_connection_max_messages(tern, smart):
    peer = smart("  connection_max_messages = 2\n  max_rcpt = 1\n", main="remote_max_parallel = 1\n", keywords=PIPE)
    tern.submit("ann@tern.example", [f"{c}@r.example" for c in "abcd"], BODY, "-odi")
    tern.wait_log(r" Completed$")
    assert len(peer.messages) == 4 and len(peer.sessions) == 2


def test_a_deferred_recipient_is_remembered_with_its_sender_until_it_is_taken(tern, smart):
    peer = smart(keywords=PIPE)
    peer.on("RCPT", "451 greylisted", times=1)
    tern.submit("ann@tern.example", "x@r.example", BODY, "-odi")
    tern.wait_log(r" == x@r.example .*451 greylisted$")
    tern.run_queue("-q")
    tern.wait_log(r" == x@r.example .*retry time not reached")
    tern.run_queue("-qf")
    tern.wait_log(r" => x@r.example ")
    tern.submit("ann@tern.example", "x@r.example", BODY, "-odq")
    tern.run_queue("-q")
    tern.wait_log(r" => x@r.example ", count=2)


def test_hosts_max_try_ends_the_search(tern):
    tern.configure(routers=ROUTERS, transports=TRANSPORTS.replace("hosts = 127.0.0.2", "hosts = 127.0.0.2 : 127.0.0.3 : 127.0.0.4")
                   + "  hosts_max_try = 2\n")
    tern.submit("ann@tern.example", "x@r.example", BODY, "-odi")
    tern.wait_log(r" == x@r.example ")
    assert len(tern.wait_log(r"Connection refused$", count=3)) == 3
    assert "127.0.0.4" not in tern.log()
