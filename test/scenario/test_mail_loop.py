"""MSG-04: a message with more Received: fields than received_headers_max is on a loop and goes back."""


def test_too_many_received_fields_end_the_delivery(tern):
    tern.configure(main="received_headers_max = 3\n")
    tern.submit("ann@tern.example", ["bob@tern.example"], "Received: from x\n" * 3 + "Subject: round and round\n\nHello.\n")
    assert tern.wait_log(r'\*\* bob@tern.example: Too many "Received" headers - suspected mail loop')
    tern.submit("ann@tern.example", ["bob@tern.example"], "Received: from x\n" * 2 + "Subject: nearly there\n\nHello.\n")
    assert "nearly there" in tern.wait_mail("bob")[0]
