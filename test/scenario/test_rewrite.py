"""Address rewriting where mail comes in: at SMTP time, in the envelope, in header fields, by a transport."""
import os

RULES = r"""
\N^<?([^!]+)!([^>]*)>?$\N  $2@$1.tern.example  S
*@old.example       $1@new.example
*@new.example       "${lookup{$local_part}lsearch{DIR/names}{$value}fail}@new.example"  Ffrs
"*@${if eq{a}{a}{expanded.example}}"  $1@tern.example  T
"""
ROUTERS = """
all:
  driver = accept
  transport = maildir
"""
TRANSPORTS = """
maildir:
  driver = appendfile
  maildir_format
  directory = DIR/mail/bob
  create_directory
  envelope_to_add
  return_path_add
  headers_rewrite = *@inner.example $1@outer.example f : *@* * t
  user = RUN_USER
  group = RUN_GROUP
"""
TEXT = """From: Ann <ann@old.example>
To: bob@expanded.example, local, Carol <carol@old.example>
Cc: x@inner.example
Subject: ann@old.example

Hello.
"""


def configured(tern, main=""):
    tern.write("names", "ann: Ann.Example\n")
    return tern.configure(main=main, routers=ROUTERS, transports=TRANSPORTS, rewrite=RULES)


def test_a_local_message_is_rewritten_everywhere(tern):
    configured(tern)
    tern.submit("ann@old.example", "bob@expanded.example", TEXT, "-odi")
    message = tern.wait_mail("bob")[0]
    assert "Return-path: <Ann.Example@new.example>\n" in message
    assert "Envelope-to: bob@tern.example\n" in message
    assert "From: Ann <Ann.Example@new.example>\n" in message
    assert "Subject: ann@old.example\n" in message
    assert "local@tern.example" in message and "Carol <carol@new.example>" in message
    assert "Cc: x@inner.example\n" in message


def test_a_transport_rewrites_what_it_sends(tern):
    configured(tern)
    tern.submit("ann@tern.example", "bob@tern.example", "From: me@inner.example\nTo: me@inner.example\n\nHello.\n", "-odi")
    message = tern.wait_mail("bob")[0]
    assert "From: me@outer.example\n" in message and "To: me@inner.example\n" in message


def test_smtp_arguments_are_rewritten_before_anything_else(tern):
    configured(tern)
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.cmd("MAIL FROM:<away!ann>", 250)
        client.cmd("RCPT TO:<home!bob>", 250)
        client.data(TEXT)
        client.quit()
    message = tern.wait_mail("bob")[0]
    assert "Return-path: <ann@away.tern.example>\n" in message
    assert "Envelope-to: bob@home.tern.example\n" in message
    # Others may not leave the domain out: nothing is added.
    assert "expanded.example, local," in message


def test_a_lookup_that_cannot_be_done_leaves_the_address_and_says_so(tern):
    configured(tern)
    tern.is_panic_expected = True
    os.remove(tern.path("names"))
    tern.submit("ann@old.example", "bob@tern.example", TEXT, "-odi")
    assert "Return-path: <ann@new.example>\n" in tern.wait_mail("bob")[0]
    assert "failed while rewriting" in tern.log("panic")
