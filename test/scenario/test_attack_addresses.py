"""Addresses and paths: no local part is a path, a command or an expansion (catalogue 3.6)."""
import os

import pytest

from harness import oracle

LITERAL = "mailbox:\n  driver = accept\n  transport = maildir\n"


@pytest.fixture
def server(tern):
    tern.configure(main=oracle.QUIET)
    tern.start()
    return tern


@pytest.mark.parametrize("address,codes", (
    ("<@a.example,@b.example:user@c.example>", (250, 501)), ('<"a b"@c.example>', (250,)), ('<"\\"@c.example>', (501, 553)),
    ("<a@b@c.example>", (501,)), ("<a@[1.2.3.4]>", (250, 501)), ("<a@[IPv6:::1]>", (250, 501)), ("<a@b.>", (250, 501)),
    ("<a@.b>", (501,)), ("<a@>", (501,)), ("<>", (501, 503)), ("<" + "a" * 65 + "@b.example>", (250, 501)),
    ("<a@" + "b." * 127 + "example>", (250, 501)), ("<a@" + "c" * 300 + ">", (501,)), ("<" + "(" * 10000 + "a@b.example>", (501, 500)),
    ("a b@c.example", (501,)), ("<a@b..c>", (501,)), ("<.a@b.example>", (250, 501)), ("<a@-b.example>", (250, 501)),
    ("<a@b_c.example>", (250, 501)), ("", (501,)), ("<a@b.example", (501,)), ("a@b.example>", (501,)),
))
def test_adr_01_the_grammar_of_recipients(server, address, codes):
    with server.smtp() as client:
        client.helo()
        client.cmd("MAIL FROM:<>", 250)
        reply = client.cmd(f"RCPT TO:{address}")
        assert reply.code in codes, reply
        client.cmd("RSET", 250)
        oracle.is_like_new(client)
        client.quit()
    oracle.log_is_well_formed(server)


HOSTILE = ("../../etc/passwd", "/etc/x", "a/../b", "..", "-oX", "|cmd", ":fail:", '"|sh"', "$(id)", "`id`", '"a;b"', "%s%n",
           "$h_subject:", "${run{/bin/touch\t/tmp/x}}", '"${readfile{/etc/passwd}}"', ":include:/etc/passwd", '":blackhole:"')


@pytest.mark.parametrize("local_part", HOSTILE)
def test_adr_02_a_local_part_is_never_a_path_or_command(tern, local_part):
    """A configuration that puts the local part into a path defers: tainted; the message stays, nothing is written."""
    tern.configure(routers=LITERAL, main="log_selector = +all\n", transports="""
maildir:
  driver = appendfile
  file = DIR/mail/$local_part
  create_directory
  user = RUN_USER
""")
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.cmd("MAIL FROM:<ann@other.example>", 250)
        reply = client.cmd(f"RCPT TO:<{local_part}@tern.example>")
        if reply.code == 250:
            client.data("Subject: x\n\nx\n")
            tern.wait_log(r"== .*[Tt]ainted")
        else:
            assert reply.code == 501, reply
        client.quit()
    assert os.listdir(tern.path("mail")) == []
    oracle.log_is_well_formed(tern)


def test_adr_02_a_local_part_is_no_argument_of_a_command(tern):
    tern.write("show", "#!/bin/sh\nfor a do echo \"[$a]\"; done >DIR/mail/arguments\n".replace("DIR", tern.directory), mode=0o755)
    tern.configure(routers="p:\n driver = accept\n transport = p\n", transports="""
p:
  driver = pipe
  command = DIR/show -- $local_part end
  user = RUN_USER
  path = /bin:/usr/bin
""")
    tern.submit("", '"a b;$(id)|`id`"@tern.example', "Subject: x\n\nx\n", "-odf")
    assert tern.wait_log(r"Tainted arg 2 for p transport command")
    assert not os.path.exists(tern.path("mail/arguments"))


@pytest.mark.parametrize("where", ("helo", "sender", "recipient", "subject", "from"))
def test_adr_03_nothing_from_outside_is_expanded(tern, where):
    mark = tern.path("mail/touched")
    bomb = f"${{run{{/usr/bin/touch\t{mark}}}}}"
    parts = {"helo": "client.example", "sender": "ann@other.example", "recipient": "bob@tern.example", "subject": "x",
             "from": "ann@other.example"}
    parts[where] = {"helo": bomb, "sender": f'"{bomb}"@other.example', "recipient": f'"{bomb}"@tern.example'}.get(where, bomb)
    tern.configure(main="helo_allow_chars = ${}/_\nreturn_size_limit = 10K\nlog_selector = +all\n"
                        "received_header_text = Received: from $sender_helo_name $sender_address $h_subject:\n")
    tern.start()
    with tern.smtp() as client:
        client.cmd(f"EHLO {parts['helo']}")
        client.cmd("HELO client.example")
        if client.cmd(f"MAIL FROM:<{parts['sender']}>").code == 250 and \
           client.cmd(f"RCPT TO:<{parts['recipient']}>").code == 250:
            client.data(f"From: {parts['from']}\nSubject: {parts['subject']}\n\nx\n", code=(250, 550))
        client.quit()
    tern.run("-bp")
    assert not os.path.exists(mark)
    oracle.log_is_well_formed(tern)


REDIRECT = """
aliases:
  driver = redirect
  data = ${lookup{$local_part}lsearch{DIR/aliases}}
  user = RUN_USER
  file_transport = file
  pipe_transport = pipe
forward:
  driver = redirect
  local_parts = USERS
  file = DIR/home/.forward
  user = RUN_USER
  forbid_include = false
  file_transport = file
  pipe_transport = pipe
mailbox:
  driver = accept
  local_parts = USERS
  transport = maildir
"""
TRANSPORTS = """
maildir:
  driver = appendfile
  maildir_format
  directory = DIR/mail/$local_part_data
  create_directory
  user = RUN_USER
file:
  driver = appendfile
  user = RUN_USER
pipe:
  driver = pipe
  user = RUN_USER
"""


def test_adr_05_alias_loops_end(tern):
    tern.write("aliases", "one: two\ntwo: one, bob\nself: self, carol\n")
    tern.write("home/empty", "")
    tern.configure(routers=REDIRECT, transports=TRANSPORTS)
    tern.submit("ann@tern.example", ["one@tern.example", "self@tern.example"], "Subject: x\n\nx\n", "-odf")
    tern.wait_mail("bob"), tern.wait_mail("carol")
    assert len(tern.mailbox("bob")) == len(tern.mailbox("carol")) == 1


def test_adr_05_include_recursion_ends(tern):
    tern.write("loop", f"bob, :include:{tern.path('loop')}\n")
    tern.write("aliases", f"loop: :include:{tern.path('loop')}\n")
    tern.configure(routers=REDIRECT, transports=TRANSPORTS)
    tern.submit("ann@tern.example", "loop@tern.example", "Subject: x\n\nx\n", "-odf")
    assert tern.wait_log(r"(==|\*\*) .*loop@tern.example")


@pytest.mark.parametrize("kind", ("fifo", "directory", "huge", "world writable"))
def test_adr_05_odd_forward_files_defer(tern, kind):
    tern.configure(routers=REDIRECT, transports=TRANSPORTS)
    tern.write("aliases", "none: none\n")
    path = tern.path("home/.forward")
    tern.write("home/x", "")
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        os.mkdir(path)
    elif kind == "huge":
        tern.write("home/.forward", "a" * 5_000_000)
    else:
        tern.write("home/.forward", "carol@tern.example\n", mode=0o666)
    if os.getuid() == 0:
        os.chown(path, tern.user.pw_uid, tern.user.pw_gid)
    tern.submit("ann@tern.example", "bob@tern.example", "Subject: x\n\nx\n", "-odf")
    assert tern.wait_log(r"(==|\*\*) bob@tern.example")
    assert not tern.mailbox("carol")
