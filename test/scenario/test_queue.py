"""Listing and acting on held messages: what -bp and the -M options print and do."""
import re

from harness.tern import DEFAULT_TRANSPORTS


def held(tern, *recipients):
    tern.submit("ann@tern.example", list(recipients or ["bob@tern.example"]), "Subject: held\n\nBody.\n", "-odq")
    return tern.queue_ids()[-1]


def test_listing_shows_age_size_sender_and_recipients(tern):
    message = held(tern, "bob@tern.example", "carol@tern.example")
    listing = tern.run("-bp").ok().out
    assert re.fullmatch(rf" 0m +\d+ {message} <ann@tern.example>\n {{10}}bob@tern.example\n {{10}}carol@tern.example\n\n", listing)
    assert tern.run("-bpc").ok().out == "1\n"
    assert tern.run("-bpi").ok().out == message + "\n"


def test_delivered_recipients_are_marked(tern):
    message = held(tern, "bob@tern.example", "carol@tern.example")
    assert tern.run("-Mmd", message, "bob@tern.example").ok().out == f"Message {message} has been modified\n"
    assert "        D bob@tern.example\n" in tern.run("-bp").ok().out
    assert "bob@tern.example" not in tern.run("-bpu").ok().out
    done = tern.run("-Mmd", message, "nosuch@tern.example")
    assert done.code == 1 and "nosuch@tern.example is not a recipient: message not updated" in done.out
    tern.run("-M", message).ok()
    assert tern.mailbox("bob") == [] and len(tern.mailbox("carol")) == 1


def test_freezing_and_thawing(tern):
    message = held(tern)
    assert tern.run("-Mf", message).ok().out == f"Message {message} is now frozen\n"
    assert tern.run("-Mf", message).ok().out == f"Message {message} is already frozen\n"
    assert "*** frozen ***" in tern.run("-bp").ok().out
    tern.run("-q").ok()
    assert tern.queue_ids() == [message]
    assert tern.run("-Mt", message).ok().out == f"Message {message} is no longer frozen\n"
    tern.run("-q").ok()
    assert len(tern.mailbox("bob")) == 1
    assert tern.wait_log(rf"{message} frozen by ") and tern.wait_log(rf"{message} unfrozen by ")


def test_forced_runs_take_frozen_messages(tern):
    message = held(tern)
    tern.run("-Mf", message).ok()
    tern.run("-qff").ok()
    assert len(tern.mailbox("bob")) == 1 and tern.queue_ids() == []


def test_removing_makes_no_bounce(tern):
    message = held(tern)
    assert tern.run("-Mrm", message).ok().out == f"Message {message} has been removed\n"
    assert tern.queue_ids() == [] and tern.mailbox("bob") == [] and tern.mailbox("ann") == []
    assert tern.wait_log(rf"{message} removed by ") and tern.wait_log(rf"{message} Completed")
    assert tern.run("-Mrm", message).code == 1


def test_giving_up_bounces(tern):
    message = held(tern)
    tern.run("-Mg", message).ok()
    bounce = tern.wait_mail("ann")[0]
    assert "The following address(es) failed:\n\n  bob@tern.example\n" in bounce
    assert tern.wait_log(rf"{message} cancelled by ")
    assert tern.mailbox("bob") == []


def test_sender_and_recipients_can_be_edited(tern):
    message = held(tern)
    tern.run("-Mes", message, "dave@tern.example").ok()
    tern.run("-Mar", message, "carol@tern.example").ok()
    assert "<dave@tern.example>" in tern.run("-bp").ok().out
    tern.run("-M", message).ok()
    assert tern.wait_mail("carol")[0].startswith("Return-path: <dave@tern.example>")
    assert len(tern.mailbox("bob")) == 1


def test_views_show_the_files(tern):
    message = held(tern)
    assert tern.run("-Mvb", message).ok().out == f"{message}-D\nBody.\n"
    assert tern.run("-Mvh", message).ok().out.startswith(f"{message}-H\n")
    whole = tern.run("-Mvc", message).ok().out
    assert "\nSubject: held\n" in whole and whole.endswith("\n\nBody.\n")
    done = tern.run("-Mvh", "1abcde-000000-00")
    assert done.code == 1 and "No such file or directory" in done.err
    assert "malformed message id" in tern.run("-Mvh", "../../etc/passwd").err


def test_runs_can_be_for_some_recipients_or_senders(tern):
    held(tern, "bob@tern.example")
    held(tern, "carol@tern.example")
    tern.run("-R", "carol").ok()
    assert len(tern.mailbox("carol")) == 1 and tern.mailbox("bob") == []
    tern.run("-Rr", "^b.b@").ok()
    assert len(tern.mailbox("bob")) == 1
    held(tern, "dave@tern.example")
    tern.run("-S", "nobody-there").ok()
    assert tern.mailbox("dave") == []
    tern.run("-Sf", "ann@").ok()
    assert len(tern.mailbox("dave")) == 1


def test_order_and_range_of_a_run(tern):
    tern.configure(main="queue_run_in_order = true\n")
    ids = [held(tern) for _ in range(3)]
    assert sorted(ids) == sorted(tern.queue_ids())
    tern.run("-q", sorted(ids)[1], sorted(ids)[1]).ok()
    assert sorted(tern.queue_ids()) == [sorted(ids)[0], sorted(ids)[2]]
    tern.run("-q").ok()
    assert tern.queue_ids() == []


def test_two_stage_run_delivers(tern):
    held(tern)
    tern.run("-qq").ok()
    assert len(tern.mailbox("bob")) == 1


def test_a_transport_knows_the_size_of_the_body(tern):
    tern.configure(transports=DEFAULT_TRANSPORTS.replace("maildir_format", "maildir_format\n  message_size_limit = 10K"))
    tern.submit("ann@other.example", "bob@tern.example", "Subject: big\n\n" + "x\n" * 20000, "-odi")
    assert tern.wait_log(r"\*\* bob@tern.example R=mailbox T=maildir: message is too big \(transport limit = 10240\)")
    assert tern.mailbox("bob") == []
