"""The configuration: error texts, -bP, and the same answers as the reference gives on the same file."""
import os
import re

import pytest

from harness import debian, peers
from harness.compare import both

# Values that differ on purpose (the program's own name, places, newer defaults) or show the build or the libraries.
DIFFERENT = {"exim_path", "exim_version", "log_file_path", "openssl_options", "pid_file_path", "process_log_path",
             "queue_fast_ramp", "received_header_text", "remote_max_parallel", "smtp_banner", "spool_directory",
             "sqlite_lock_timeout", "exim_user", "exim_group"}
MINIMAL = "log_file_path = DIR/log/%slog\nspool_directory = DIR/spool\n"


def write(tern, text, name="tern.conf"):
    tern.write(name, MINIMAL.replace("DIR", tern.directory) + text)


ERRORS = [
    ("accept_8bitmim = 3\n", 'line 3 of {}:\n  main option "accept_8bitmim" unknown\n  (did you mean "accept_8bitmime"?)\n'),
    ("\nqualify_domain\n", "line 4 of {}:\n  unexpected end of line (data missing) after qualify_domain\n"),
    ("queue_only = maybe\n", 'line 3 of {}:\n  "maybe" is not a valid value for the "queue_only" option\n  (expected: yes, no, true or false)\n'),
    ("begin router\n", 'line 3 of {}:\n  "router" is not a known configuration section name\n  (did you mean "routers"?)\n'),
    ("begin routers\nx:\n driver = acept\n",
     'line 5 of {}:\n  router x: cannot find router driver "acept"\n  (did you mean "accept"?)\n'),
    ("begin routers\nx:\n driver = accept\n transport = t\n verfy\n",
     'line 7 of {}:\n  option "verfy" unknown\n  (did you mean "verify"?)\n'),
    ("begin authenticators\nx:\n driver = spa\n",
     'line 5 of {}:\n  authenticator x: cannot find authenticator driver "spa"\n  (built without AUTH_SPA)\n'),
    (".ifdef X\n", "line 3 of {}:\n  Unexpected end of configuration file: .endif missing (for line 3 of {})\n"),
    ("NAME = value\nqualify_domian = NAME\n",
     'line 4 of {0}:\n  main option "qualify_domian" unknown\n  (did you mean "qualify_domain"?)\n'
     '  (macro NAME, set in line 3 of {0}, stands for "value")\n'),
    ("log_selector = +smtp_conection\n",
     'error:\n  unknown log_selector setting: +smtp_conection\n  (did you mean "smtp_connection"?)\n'),
]


@pytest.mark.parametrize("text, expected", ERRORS)
def test_errors_say_where_what_and_what_was_meant(tern, text, expected):
    write(tern, text)
    result = tern.run("-bP", "spool_directory")
    assert result.code == 1
    assert "Exim configuration error" in result.err
    assert result.err.endswith(expected.replace("{0}", "{}").replace("{}", tern.config_path)), result.err


def test_errors_in_included_files_show_the_way_there(tern):
    tern.write("inner.conf", "# comment\nhosts_require_helo = \\\n  *\nsmtp_bannner = x\n")
    write(tern, ".include inner.conf\n")
    result = tern.run("-bV")
    assert result.code == 1
    assert f"line 4 of {tern.directory}/inner.conf:\n" in result.err
    assert f"  (included in line 3 of {tern.config_path})" in result.err


def test_broken_configuration_starts_no_daemon(tern):
    write(tern, "begin routers\nx:\n data = y\n")
    result = tern.run("-bdf")
    assert result.code == 1 and 'no driver defined for router "x"' in result.err


def test_options_not_acted_on_are_told_by_version(tern):
    tern.configure(main="dkim_verify_signers = *\n")
    assert "dkim_verify_signers" in tern.run("-bV").ok().out + tern.run("-bV").err


def test_macros_of_the_command_line_win(tern):
    tern.configure(main="ANSWER = file\nqualify_domain = ANSWER.example\n")
    assert tern.run("-DANSWER=line", "-bP", "qualify_domain").ok().out == "qualify_domain = line.example\n"
    assert tern.run("-bP", "qualify_domain").ok().out == "qualify_domain = file.example\n"


def options_by_name(text):
    """Each block ("r router:"; the first is the main section) as a map from option name to its line."""
    blocks, current = {}, {}
    blocks[""] = current
    for line in text.splitlines():
        if re.fullmatch(r"\w+ (router|transport|authenticator):", line):
            current = blocks.setdefault(line, {})
        elif line:
            name = line.split(" ")[0]
            current[name[3:] if name.startswith("no_") and "=" not in line else name] = line
    return blocks


def check_same_options(tern, config):
    for words in ([], ["routers"], ["transports"], ["authenticators"]):
        reference, ours = [options_by_name(result[1]) for result in both(tern, ["-bP", *words], config)]
        assert set(reference) == set(ours)
        for block, options in reference.items():
            for name, line in options.items():
                if name not in DIFFERENT and not name.startswith("*"):
                    assert ours[block].get(name) == line, f"{words} {block} {name}"
    for words in (["router_list"], ["transport_list"], ["authenticator_list"], ["+local_domains"],
                  ["qualify_domain", "queue_only", "never_users"], ["nonsense"], ["router", "nonsense"], ["+nonsense"]):
        reference, ours = both(tern, ["-bP", *words], config)
        assert ours[:2] == reference[:2], words
    reference, ours = [result[1].splitlines() for result in both(tern, ["-bP", "config"], config)]
    assert len(ours) == len(reference)
    for line, expected in list(zip(ours, reference))[1:]:
        assert line == expected or expected.endswith("<value not displayable>")


needs_reference = pytest.mark.skipif(peers.exim_program() is None, reason="no Exim to compare with")


@needs_reference
@pytest.mark.parametrize("kind", ["internet", "smarthost", "local"])
def test_debian_configuration_is_read_and_shown_alike(tern, kind, tmp_path):
    if debian.config_package() is None:
        pytest.skip("no exim4-config here")
    with open(debian.generate(kind, str(tmp_path)), encoding="utf-8") as generated:
        text = generated.read()
    check_same_options(tern, text)


@needs_reference
def test_default_configuration_is_read_and_shown_alike(tern):
    path = "/usr/share/doc/exim4-base/examples/example.conf"
    if not os.path.exists(path):
        pytest.skip("no example configuration here")
    with open(path, encoding="utf-8") as example:
        # What depends on TLS and PRDR being built is left out on both sides.
        text = re.sub(r"_HAVE_\w+|_OPT_\w*TLS\w*", "NEVER_SET", example.read())
    check_same_options(tern, text)


@pytest.mark.root
def test_unprivileged_users_see_no_hidden_values(root_tern):
    root_tern.configure(main="hide mysql_servers = secret\nbi_command = open\n")
    assert root_tern.run("-bP", "mysql_servers").ok().out == "mysql_servers = secret\n"
    assert root_tern.run("-bP", "mysql_servers", user="nobody").ok().out == "mysql_servers = <value not displayable>\n"
    assert root_tern.run("-bP", "bi_command", user="nobody").ok().out == "bi_command = open\n"
    assert "secret" not in root_tern.run("-bP", "config", user="nobody").out
    denied = root_tern.run("-bP", "macros", user="nobody")
    assert denied.code == 1 and "permission denied" in denied.err
