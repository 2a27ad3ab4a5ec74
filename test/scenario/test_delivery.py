"""From plan to done, bounced or waiting: log lines, bounces, journal, frozen messages, connections used again."""
import glob
import re

from harness.wait import until

ALIASES = """
both: ann, bob
pipe: |/bin/cat, DIR/mail/file, /dev/null
self: self, ann
bad: nobody1@tern.example, nobody2@tern.example
gone: :fail: moved away
later: :defer: not today
void: :blackhole:
"""
ROUTERS = """
aliases:
  driver = redirect
  domains = +local_domains
  allow_fail
  allow_defer
  data = ${lookup{$local_part}lsearch{DIR/etc/aliases}}
  pipe_transport = pipe
  file_transport = file
list:
  driver = redirect
  domains = list.example
  errors_to = ann@tern.example
  data = nobody1@tern.example, bob@tern.example
quiet:
  driver = redirect
  domains = quiet.example
  errors_to = ""
  data = nobody1@tern.example
archive:
  driver = accept
  domains = +local_domains
  local_parts = carol
  transport = archive
  unseen
mailbox:
  driver = accept
  domains = +local_domains
  local_parts = USERS : self
  transport = maildir
out:
  driver = manualroute
  domains = ! +local_domains
  route_list = * 127.0.0.2
  transport = remote
"""
TRANSPORTS = """
maildir:
  driver = appendfile
  maildir_format
  directory = DIR/mail/$local_part_data
  user = RUN_USER
  group = RUN_GROUP
archive:
  driver = appendfile
  file = DIR/mail/archive
  user = RUN_USER
  group = RUN_GROUP
file:
  driver = appendfile
  user = RUN_USER
  group = RUN_GROUP
pipe:
  driver = pipe
  user = RUN_USER
  group = RUN_GROUP
remote:
  driver = smtp
  port = PEER_PORT
  hosts_try_fastopen =
"""


def made(tern, main=""):
    tern.write("etc/aliases", ALIASES.replace("DIR", tern.directory))
    tern.configure(main=main, routers=ROUTERS, transports=TRANSPORTS)
    return tern


def lines(tern):
    return [re.sub(r"^\S+ \S+ (\S+-\S+-\S+ )?", "", line) for line in tern.log().splitlines()]


def test_each_kind_of_delivery_has_its_line(tern):
    made(tern).submit("dave@tern.example", [f"{name}@tern.example" for name in
                                            ("both", "pipe", "self", "void", "carol")], "Subject: x\n\nx\n", "-odf")
    log = lines(tern)
    for line in ("=> ann <both@tern.example> R=mailbox T=maildir", "=> bob <both@tern.example> R=mailbox T=maildir",
                 "=> |/bin/cat <pipe@tern.example> R=aliases T=pipe",
                 f"=> {tern.directory}/mail/file <pipe@tern.example> R=aliases T=file",
                 "=> /dev/null <pipe@tern.example> R=aliases T=**bypassed**",
                 "=> self <self@tern.example> R=mailbox T=maildir", "=> :blackhole: <void@tern.example> R=aliases",
                 "=> carol <carol@tern.example> R=archive T=archive", "=> carol <carol@tern.example> R=mailbox T=maildir",
                 "Completed"):
        assert line in log, f"{line}\nnot in\n" + "\n".join(log)
    assert len([line for line in log if line.startswith("=> ann")]) == 1, "ann is there twice, and gets one copy"
    assert not tern.queue_ids()


def test_a_bounce_lists_what_failed_and_why(tern):
    made(tern).submit("dave@tern.example", ["bad@tern.example", "gone@tern.example"], "Subject: x\n\nbody\n", "-odf")
    bounce = tern.wait_mail("dave")[0]
    for text in ("Subject: Mail delivery failed: returning message to sender",
                 "X-Failed-Recipients: nobody1@tern.example,\n  nobody2@tern.example,\n  gone@tern.example\n",
                 "A message that you sent could not be delivered to one or more of its\nrecipients.",
                 "  nobody1@tern.example\n    (generated from bad@tern.example)\n    Unrouteable address\n",
                 "  gone@tern.example\n    moved away\n",
                 "Content-type: message/delivery-status\n\nReporting-MTA: dns; mx.tern.example\n\nAction: failed\n"
                 "Final-Recipient: rfc822;bad@tern.example\nStatus: 5.1.1\n",
                 "Content-type: message/rfc822\n\nReturn-path: <dave@tern.example>\n", "\nbody\n"):
        assert text in bounce, f"{text}\nnot in\n{bounce}"
    until(lambda: not tern.queue_ids(), "an empty queue")


def test_errors_to_receives_bounces_and_an_empty_one_ends_them(tern):
    made(tern).submit("dave@tern.example", "all@list.example", "Subject: x\n\nx\n", "-odf")
    bounce = tern.wait_mail("ann")[0]
    assert "A message sent by\n\n  <dave@tern.example>\n\ncould not be delivered" in bounce
    tern.submit("dave@tern.example", "all@quiet.example", "Subject: x\n\nx\n", "-odf")
    tern.wait_log("nobody1@tern.example <all@quiet.example>: error ignored")
    assert not tern.mailbox("dave")


def test_an_undeliverable_bounce_is_frozen_and_later_dropped(tern):
    made(tern).submit("", "gone@tern.example", "Subject: x\n\nx\n", "-odf")
    tern.wait_log(r"Frozen \(delivery error message\)")
    assert len(tern.queue_ids()) == 1
    made(tern, "ignore_bounce_errors_after = 0s\n").run_queue()
    tern.wait_log("gone@tern.example: error ignored")
    assert not tern.queue_ids()


def test_what_is_done_is_not_done_again(tern):
    made(tern).submit("dave@tern.example", ["ann@tern.example", "later@tern.example"], "Subject: x\n\nx\n", "-odf")
    assert "== later@tern.example R=aliases defer (-1): not today" in lines(tern)
    tern.run_queue("-qf")
    tern.run_queue("-qf")
    assert len(tern.mailbox("ann")) == 1
    assert len(tern.queue_ids()) == 1
    tern.run("-Mg", tern.queue_ids()[0]).ok()
    assert "later@tern.example" in tern.wait_mail("dave")[0]
    assert len(tern.mailbox("ann")) == 1


def test_a_message_in_wait_for_a_host_goes_over_the_connection_that_is_open(tern, peer_at):
    made(tern)
    for name in "abc":
        tern.submit("ann@tern.example", f"{name}@far.example", f"Subject: {name}\n\nx\n", "-odf")
    tern.wait_log("== .@far.example", count=3)
    peer = peer_at("127.0.0.2", tern.peer_port)
    tern.run("-M", tern.queue_ids()[0]).ok()
    tern.wait_log("Completed", count=3)
    assert len(peer.messages) == 3
    assert len(re.findall(r"=> \S+@far.example .* H=127.0.0.2 \[127.0.0.2\]\*", tern.log())) == 2


def test_a_delay_is_told_once(tern):
    made(tern, "delay_warning = 1s : 1d\n")
    tern.submit("dave@tern.example", "later@tern.example", "Subject: slow\n\nx\n", "-odf")
    until(lambda: tern.run_queue("-qf") and tern.mailbox("dave"), "a warning")
    tern.run_queue("-qf")
    assert len(tern.mailbox("dave")) == 1
    warning = tern.mailbox("dave")[0]
    for text in ("has not yet been delivered to one or more of its\nrecipients after more than 0 minutes on the queue on "
                 "mx.tern.example.", "The subject of the message is: slow", "  later@tern.example\n    Delay reason: not today",
                 "Action: delayed\n", "Content-type: text/rfc822-headers"):
        assert text in warning, f"{text}\nnot in\n{warning}"


def test_nothing_stays_behind(tern):
    made(tern).submit("dave@tern.example", "both@tern.example", "Subject: x\n\nx\n", "-odf")
    assert not glob.glob(tern.path("spool/input/*")) and not glob.glob(tern.path("spool/msglog/*"))


def test_a_two_stage_queue_run_routes_first_and_uses_one_connection(tern, peer_at):
    made(tern)
    for name in "abc":
        tern.submit("ann@tern.example", f"{name}@far.example", f"Subject: {name}\n\nx\n", "-odq")
    peer = peer_at("127.0.0.2", tern.peer_port)
    tern.run_queue("-qq")
    tern.wait_log("Completed", count=3)
    assert len(peer.messages) == 3
    assert len(re.findall(r"=> \S+@far.example .* H=127.0.0.2 \[127.0.0.2\]\*", tern.log())) == 2


def test_a_pipe_that_may_not_be_is_deferred_with_its_reason(tern):
    tern.configure(routers="""
forward:
  driver = redirect
  forbid_pipe
  data = |/bin/cat
""")
    tern.submit("", "ann@tern.example", "Subject: x\n\nx\n", "-odf")
    assert "== |/bin/cat <ann@tern.example> R=forward defer (-1): delivery to pipe forbidden" in lines(tern)


def test_a_wrapped_mua_hears_at_once_and_nothing_is_queued(tern, peer_at):
    made(tern, "mua_wrapper\n")
    text = "Subject: x\n\nx\n"
    assert tern.run("-f", "ann@tern.example", "x@far.example", stdin=text).code == 1
    assert tern.run("-f", "ann@tern.example", "x@far.example", "bob@tern.example", stdin=text).code == 1
    peer = peer_at("127.0.0.2", tern.peer_port)
    assert tern.run("-f", "ann@tern.example", "x@far.example", "y@far.example", stdin=text).code == 0
    assert len(peer.messages) == 1
    assert not tern.queue_ids() and not tern.mailbox("ann") and not tern.mailbox("bob")
