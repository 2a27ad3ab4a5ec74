"""A message from the command line, and one by SMTP, reach a Maildir."""


def test_command_line_message_is_delivered(tern):
    tern.submit("ann@tern.example", "bob@tern.example", "Subject: hello\n\nHello.\n", "-odi")
    message = tern.wait_mail("bob")[0]
    assert "\nSubject: hello\n" in message and message.endswith("\n\nHello.\n")
    assert message.startswith("Return-path: <ann@tern.example>\nEnvelope-to: bob@tern.example\nDelivery-date: ")
    assert tern.wait_log(r" => bob <bob@tern.example> R=mailbox T=maildir")
    assert tern.wait_log(r" Completed$")
    assert tern.queue_ids() == []


def test_smtp_message_is_delivered(tern):
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.message("ann@other.example", "bob@tern.example", "From: ann@other.example\n\n.\n..\nHello.\n")
        client.quit()
    message = tern.wait_mail("bob")[0]
    assert message.endswith("\n\n.\n..\nHello.\n")
    assert tern.wait_log(r" <= ann@other.example H=\(client.example\) \[127.0.0.1\] P=esmtp S=\d+")
    tern.wait_queue_empty()


def test_unknown_user_is_refused_by_the_verifying_acl(tern):
    tern.configure(acl="acl_check_rcpt:\n  deny !verify = recipient\n  accept\n")
    tern.start()
    with tern.smtp() as client:
        client.helo()
        client.cmd("MAIL FROM:<ann@other.example>", 250)
        client.cmd("RCPT TO:<nobody-here@tern.example>", 550)
        client.cmd("RCPT TO:<bob@tern.example>", 250)
        client.quit()
