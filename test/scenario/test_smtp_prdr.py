"""A verdict for each recipient after the data (PRDR)."""
from harness import oracle


def test_each_recipient_gets_a_reply_and_the_refused_get_no_mail(tern):
    tern.configure(main="prdr_enable\nacl_smtp_data_prdr = each\n",
                   acl="acl_check_rcpt:\n  accept\neach:\n  deny local_parts = carol\n       message = not me\n  accept\n")
    tern.start()
    with tern.smtp() as client:
        assert "PRDR" in client.helo().lines
        assert client.cmd("MAIL FROM:<ann@tern.example> PRDR", 250).text == "OK, PRDR Requested"
        for name in ("bob", "carol", "dave"):
            client.cmd(f"RCPT TO:<{name}@tern.example>", 250)
        client.cmd("DATA", 354)
        client.send("Subject: x\r\n\r\nx\r\n.\r\n")
        client.expect(353)
        assert client.expect(250).text == "PRDR R=<bob@tern.example> acceptance"
        assert client.expect(550).text == "not me"
        client.expect(250)
        assert client.expect(250).text.endswith("message accepted for some recipients")
        oracle.is_like_new(client)
        client.quit()
    tern.wait_mail("bob"), tern.wait_mail("dave")
    tern.wait_queue_empty()
    assert not tern.mailbox("carol")
