"""SIGHUP: the new configuration and logs are taken up; a broken one is refused and the one in force serves on."""
import os
import signal


def test_a_reload_takes_options_and_logs(tern):
    tern.configure(main="smtp_banner = first\n")
    daemon = tern.start()
    tern.configure(main="smtp_banner = second\nlog_file_path = DIR/log/new-%slog\nlog_selector = +smtp_connection\n")
    os.kill(daemon.pid, signal.SIGHUP)
    assert tern.wait_log("daemon started", kind="new-main")
    with tern.smtp() as client:
        assert "second" in str(client.banner)
    assert tern.wait_log(r"SMTP connection from \[127.0.0.1\]", kind="new-main")


def test_a_broken_configuration_is_refused(tern):
    tern.is_panic_expected = True
    tern.configure(main="smtp_banner = first\n")
    daemon = tern.start()
    tern.write_config("no_such_option = 1\n")
    os.kill(daemon.pid, signal.SIGHUP)
    assert tern.wait_log('main option "no_such_option" unknown', kind="panic")
    with tern.smtp() as client:
        assert "first" in str(client.banner)
    assert daemon.poll() is None
