"""How many connections the daemon takes: in all, of one host, for others than the reserved hosts; and how it begins."""
import socket


def connect(tern, source):
    client = socket.create_connection(("127.0.0.1", tern.port), 10, source_address=(source, 0))
    return client, client.recv(512).decode()


def test_limits_are_kept_and_refusals_logged(tern):
    tern.configure(main="smtp_accept_max = 3\nsmtp_accept_max_per_host = ${if eq{$sender_host_address}{127.0.0.9}{9}{1}}\n"
                        "smtp_accept_reserve = 1\nsmtp_reserve_hosts = 127.0.0.2\nlog_selector = +smtp_connection\n")
    tern.start()
    one, first = connect(tern, "127.0.0.3")
    assert first.startswith("220 ")
    _, again = connect(tern, "127.0.0.3")
    assert again == "421 Too many concurrent SMTP connections from this IP address; please try again later.\r\n"
    two, second = connect(tern, "127.0.0.4")
    assert second.startswith("220 ")
    _, third = connect(tern, "127.0.0.5")
    assert third == "421 mx.tern.example: Too many concurrent SMTP connections; please try again later\r\n"
    three, reserved = connect(tern, "127.0.0.2")
    assert reserved.startswith("220 ")
    _, full = connect(tern, "127.0.0.2")
    assert full == "421 Too many concurrent SMTP connections; please try again later.\r\n"
    assert tern.wait_log(r"SMTP connection from \[127.0.0.3\] \(TCP/IP connection count = 1\)")
    assert tern.wait_log(r"Connection from \[127.0.0.3\] refused: too many connections from that IP address")
    assert tern.wait_log(r"temporarily refused connection from \[127.0.0.5\]: not in reserve list: connected=2 max=3 reserve=1")
    assert tern.wait_log(r"Connection from \[127.0.0.2\] refused: too many connections$")
    for client in (one, two, three):
        client.close()


def test_a_port_in_use_is_tried_again(tern):
    tern.is_panic_expected = True
    tern.configure(main="daemon_startup_retries = 1\ndaemon_startup_sleep = 1s\n")
    with socket.create_server(("127.0.0.1", tern.port)):
        result = tern.run("-bdf")
    assert result.code == 1
    assert f"socket bind() to port {tern.port} for address 127.0.0.1 failed: Address already in use: daemon abandoned" in result.err
    assert "waiting 1s before trying again (1 more try)" in tern.log()
