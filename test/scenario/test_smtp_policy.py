"""Access control lists, verification and limits as a client meets them."""
import os
import re

import pytest

from harness import oracle, wait
from harness.smtp_peer import Drop
from harness.tern import BUILD

CALLOUT_ROUTERS = """
far:
  driver = manualroute
  domains = far.example
  route_list = * 127.0.0.2 byname
  self = send
  transport = remote
mailbox:
  driver = accept
  domains = +local_domains
  local_parts = USERS
  transport = maildir
"""


def acl(text):
    return "acl_check_rcpt:\n" + "".join(f"  {line}\n" for line in text.strip().splitlines())


@pytest.fixture
def far(tern, peer_at):
    return peer_at("127.0.0.2", tern.peer_port)


def test_a_sender_callout_tells_what_the_other_host_said_and_is_remembered(tern, far):
    far.on("RCPT TO:<gone@", "550 no such user")
    tern.configure(acl=acl("require verify = sender/callout=5s\naccept"), routers=CALLOUT_ROUTERS)
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.cmd("MAIL FROM:<gone@far.example>", 250)
        reply = client.cmd("RCPT TO:<bob@tern.example>", 550)
        assert reply.lines == ["Verification failed for <gone@far.example>", "Called:   127.0.0.2",
                               "Sent:     RCPT TO:<gone@far.example>", "Response: 550 no such user",
                               "Sender verify failed"]
        client.cmd("RSET", 250)
        client.envelope("ann@far.example", "bob@tern.example")
        client.cmd("RSET", 250)
        client.quit()
    asked = len(far.sessions)
    with tern.smtp() as client:
        client.helo()
        client.cmd("MAIL FROM:<gone@far.example>", 250)
        reply = client.cmd("RCPT TO:<bob@tern.example>", 550)
        assert reply.lines[1] == "Previous (cached) callout verification failure"
        client.quit()
    assert len(far.sessions) == asked
    tern.wait_log(r"sender verify fail for <gone@far.example>: 127.0.0.2 \[127.0.0.2\] : SMTP error from remote mail "
                  r"server after RCPT TO:<gone@far.example>: 550 no such user")


def test_a_host_that_cannot_be_asked_defers_unless_that_is_fine(tern, far):
    far.on("CONNECT", Drop)
    tern.configure(acl=acl("require verify = recipient/callout=2s\naccept"), routers=CALLOUT_ROUTERS)
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.cmd("MAIL FROM:<ann@tern.example>", 250)
        assert client.cmd("RCPT TO:<x@far.example>", 451).text == "Could not complete recipient verify callout"
        client.quit()
    tern.stop()
    tern.configure(acl=acl("require verify = recipient/callout=2s,defer_ok\naccept"), routers=CALLOUT_ROUTERS)
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.envelope("ann@tern.example", "x@far.example")
        client.quit()


def test_a_recipient_callout_vouches_for_both_parts(tern, far):
    tern.configure(acl=acl("accept verify = recipient/callout=5s\n       logwrite = data <$local_part_data> <$domain_data>"),
                   routers=CALLOUT_ROUTERS)
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.envelope("ann@tern.example", "x@far.example")
        client.quit()
    tern.wait_log("data <x> <far.example>")
    assert far.sessions[0].commands[1:3] == ["MAIL FROM:<>", "RCPT TO:<x@far.example>"]


def test_dns_lists_match_by_value_key_and_text(tern, dns):
    dns.add("1.0.0.127.bl.example A 127.0.0.2", "1.0.0.127.bl.example A 127.0.0.9", '1.0.0.127.bl.example TXT "seen \\"there\\""',
            "bad.example.names.example A 127.0.0.4", "1.0.0.127.far.example A 10.0.0.1")
    dns.broken("broken.example")
    dns.start()
    tern.use_dns(dns)
    tern.configure(acl=acl("""
        warn dnslists = bl.example
             logwrite = any $dnslist_domain $dnslist_matched <$dnslist_value> $dnslist_text
        warn dnslists = bl.example=127.0.0.9
             logwrite = equal
        warn dnslists = bl.example==127.0.0.9
             logwrite = wrong-every
        warn dnslists = bl.example!=127.0.0.2,127.0.0.9
             logwrite = wrong-none
        warn dnslists = bl.example&0.0.0.8
             logwrite = mask
        warn dnslists = names.example/good.example::bad.example
             logwrite = key $dnslist_matched
        warn dnslists = far.example
             logwrite = wrong-outside
        warn dnslists = none.example : broken.example
             logwrite = wrong-unknown
        warn dnslists = +include_unknown : broken.example
             logwrite = included
        deny dnslists = text.example,bl.example=127.0.0.2
             message = wrong
        deny dnslists = bl.example
             message = listed at $dnslist_domain"""))
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.cmd("MAIL FROM:<ann@tern.example>", 250)
        assert client.cmd("RCPT TO:<bob@tern.example>", 550).text == "listed at bl.example"
        client.quit()
    log = tern.log()
    assert re.search(r'any bl.example 127.0.0.1 <(127.0.0.2, 127.0.0.9|127.0.0.9, 127.0.0.2)> seen "there"', log), log
    for word in ("equal", "mask", "key bad.example", "included"):
        assert re.search(rf" {word}$", log, re.M), (word, log)
    assert "wrong" not in log, log
    assert "returned 10.0.0.1; not in 127.0/8 and discarded" in log


def test_rates_are_counted_over_connections(tern):
    tern.configure(acl=acl("""
        deny ratelimit = 2 / 1h / per_rcpt / strict
             message = $sender_rate over $sender_rate_limit in $sender_rate_period
        accept"""))
    tern.start()
    for number in (1, 2):
        with tern.smtp() as client:
            client.helo()
            client.envelope("ann@tern.example", "bob@tern.example")
            client.quit()
    with tern.smtp() as client:
        client.helo()
        client.cmd("MAIL FROM:<ann@tern.example>", 250)
        assert client.cmd("RCPT TO:<bob@tern.example>", 550).text == "3.0 over 2 in 1h"
        client.quit()


def test_seen_defers_a_stranger_once(tern):
    tern.configure(acl=acl("defer !seen = -0s / key=$sender_host_address:$local_part\n      message = come back\naccept"))
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.cmd("MAIL FROM:<ann@tern.example>", 250)
        assert client.cmd("RCPT TO:<bob@tern.example>", 451).text == "come back"
        client.cmd("RCPT TO:<bob@tern.example>", 250)
        client.cmd("RCPT TO:<carol@tern.example>", 451)
        client.quit()


def test_a_delay_sends_what_is_said_already(tern):
    tern.configure(acl=acl("accept local_parts = carol\n       delay = 1s\naccept"))
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.send("MAIL FROM:<ann@tern.example>\r\nRCPT TO:<bob@tern.example>\r\nRCPT TO:<carol@tern.example>\r\n")
        client.socket.settimeout(0.7)
        client.expect(250), client.expect(250)
        client.socket.settimeout(wait.DEADLINE_S)
        client.expect(250)
        client.quit()


def test_variables_live_as_long_as_their_kind(tern):
    tern.configure(acl=acl("""
        warn set acl_c_count = ${eval:0$acl_c_count + 1}
             set acl_m_count = ${eval:0$acl_m_count + 1}
        accept logwrite = counts $acl_c_count $acl_m_count"""))
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.message("ann@tern.example", ["bob@tern.example", "carol@tern.example"], "Subject: x\n\nx\n")
        client.envelope("ann@tern.example", "bob@tern.example")
        client.quit()
    counts = re.findall(r"counts (\d+ \d+)", tern.log())
    assert counts == ["1 1", "2 2", "3 1"], counts


def test_fields_are_added_in_their_places_and_removed(tern):
    tern.configure(acl=acl("""
        accept add_header = :at_start:X-First: 1
               add_header = :after_received:X-Second: 2
               add_header = X-Last: 3\\nnot a field
               remove_header = x-gone"""))
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.message("ann@tern.example", "bob@tern.example", "X-Gone: away\nSubject: x\n\nx\n")
        client.quit()
    mail = tern.wait_mail("bob")[0]
    names = re.findall(r"(?m)^([\w-]+):", mail.split("\n\n")[0])
    assert names.index("X-First") < names.index("Received") < names.index("X-Second") < names.index("Subject")
    assert names.index("X-Last") > names.index("Subject") and "X-Gone" not in names
    assert "X-ACL-Warn: not a field" in mail


def test_a_list_may_freeze_queue_or_pretend_to_refuse(tern):
    tern.configure(acl=acl("""
        accept local_parts = carol
               control = freeze
        accept local_parts = dave
               control = fakereject/no, thanks
        accept control = queue"""))
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.message("ann@tern.example", "carol@tern.example", "Subject: x\n\nx\n")
        client.message("ann@tern.example", "dave@tern.example", "Subject: x\n\nx\n", code=550)
        client.message("ann@tern.example", "bob@tern.example", "Subject: x\n\nx\n")
        client.quit()
    tern.wait_mail("dave")
    tern.wait_log(" frozen by ACL")
    wait.until(lambda: len(tern.queue_ids()) == 2, "two messages to stay")
    assert not tern.mailbox("bob") and not tern.mailbox("carol")


def test_deliveries_wait_after_many_messages_of_one_connection(tern):
    tern.configure(main="smtp_accept_queue_per_connection = 2\n")
    tern.start()
    with tern.smtp() as client:
        client.helo()
        for _ in range(3):
            client.message("ann@tern.example", "bob@tern.example", "Subject: x\n\nx\n")
        client.quit()
    tern.wait_mail("bob", 2)
    tern.wait_log("no immediate delivery: more than 2 messages received in one connection")
    wait.until(lambda: len(tern.queue_ids()) == 1, "one message to stay")


def test_too_many_messages_of_one_connection_are_refused(tern):
    tern.configure(main=oracle.QUIET + "smtp_accept_max_per_connection = 2\n")
    tern.start()
    with tern.smtp() as client:
        client.helo()
        for _ in range(2):
            client.message("ann@tern.example", "bob@tern.example", "Subject: x\n\nx\n")
        client.cmd("MAIL FROM:<ann@tern.example>", 421)
        client.quit()


def test_not_quit_lists_know_why_the_session_ended(tern):
    tern.configure(main="acl_smtp_notquit = bye\nsmtp_receive_timeout = 1s\n",
                   acl="acl_check_rcpt:\n  drop local_parts = drop\n  accept\nbye:\n  warn logwrite = because $smtp_notquit_reason\n")
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.envelope("ann@tern.example", "bob@tern.example")
    tern.wait_log("because connection-lost")
    with tern.smtp() as client:
        client.helo()
        client.expect(421)
    tern.wait_log("because command-timeout")
    with tern.smtp() as client:
        client.helo()
        client.cmd("MAIL FROM:<ann@tern.example>", 250)
        client.cmd("RCPT TO:<drop@tern.example>", 550)
        assert client.closed()
    tern.wait_log("because acl-drop")


def test_a_chunk_that_pauses_after_a_carriage_return_goes_on(tern):
    tern.configure(main=oracle.QUIET)
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.envelope("ann@tern.example", "bob@tern.example")
        client.send(b"BDAT 15 LAST\r\nSubject: x\r")
        wait.until(lambda: client.socket.send(b"") == 0, "the first part to be on its way")
        client.send(b"\n\r\nx")
        client.expect(250)
        client.quit()
    assert oracle.bodies(tern) == [b"x\n"]


def private_kb(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as text:
        return sum(int(line.split()[1]) for line in text if line.startswith("Private_"))


@pytest.mark.skipif("address" in BUILD, reason="the sanitizers need memory of their own")
def test_an_idle_session_stays_small_over_many_messages(tern):
    tern.configure(main=oracle.QUIET)
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.message("ann@tern.example", "bob@tern.example", "Subject: x\n\nx\n")
        children = open(f"/proc/{tern.daemon.pid}/task/{tern.daemon.pid}/children", encoding="ascii").read().split()
        sessions = [pid for pid in children if os.path.exists(f"/proc/{pid}/smaps_rollup")]
        first = max(private_kb(pid) for pid in sessions)
        for _ in range(60):
            client.message("ann@tern.example", ["bob@tern.example"] * 5, "Subject: x\n\n" + "x" * 60 + "\n" * 100)
        last = max(private_kb(pid) for pid in sessions)
        client.quit()
    assert first < 500 and last < first + 200, (first, last)
