"""The pipe, autoreply and lmtp transports, and transport filters."""
import os
import re

import pytest

ROUTERS = """
bounces:
  driver = redirect
  senders = :
  data = :blackhole:
programs:
  driver = accept
  transport = programs
"""
BODY = "From: ann@tern.example\nSubject: x\nMessage-ID: <m1@x>\nReferences: <r1@x>\n\nbody\n"


@pytest.fixture
def programs(tern):
    def make(options, driver="pipe", main="", routers=ROUTERS):
        tern.configure(main=main, routers=routers, transports=f"programs:\n  driver = {driver}\n  user = RUN_USER\n"
                       "  group = RUN_GROUP\n" + options.replace("DIR", tern.directory))
    return make


def submit(tern, text=BODY, recipient="bob@tern.example"):
    tern.submit("ann@tern.example", recipient, text, "-odi")


def read(path):
    with open(path, encoding="utf-8", newline="") as text:
        return text.read()


RESULTS = [
    ("fails", "command = /bin/false", r" \*\* bob@tern.example R=programs T=programs: "
     r"Child process of programs transport returned 1 from command: /bin/false$"),
    ("temporary", "command = /bin/sh -c 'exit 75'", r" == bob@tern.example R=programs T=programs defer \(0\): "
     r"Child process of programs transport returned 75 \(could mean temporary error\) from command: /bin/sh$"),
    ("no program", "command = /none/x", r"\*\* .*: Child process of programs transport returned 127 \(could mean "
     r"unable to exec or command does not exist\) from command: /none/x$"),
    ("not on the path", "command = nonesuch", r'\*\* .*: "nonesuch" command not found for programs transport$'),
    ("freeze_exec_fail", "command = /none/x\n  freeze_exec_fail",
     r'== .* defer \(0\): pipe process failed to exec "/none/x"$'),
    ("signal", "command = /bin/sh -c 'kill -9 \\$\\$'", r'\*\* .*: Child process of programs transport \(running command '
     r'"/bin/sh -c kill -9 \$\$"\) was terminated by signal 9 \(Killed\)$'),
    ("returned output", "command = /bin/sh -c 'echo out'\n  return_output", r"\*\* .*: return message generated$"),
    ("timeout", "command = /bin/sleep 20\n  timeout = 1s", r"\*\* .*: pipe delivery process timed out$"),
    ("timeout_defer", "command = /bin/sleep 20\n  timeout = 1s\n  timeout_defer",
     r"== .* defer \(0\): pipe delivery process timed out$"),
    ("max_output", "command = /usr/bin/yes\n  max_output = 1000",
     r'\*\* .*\(running command "/usr/bin/yes"\) was terminated by signal (9 \(Killed\)|13 \(Broken pipe\))$'),
    ("not allowed", "command = /bin/true\n  allow_commands = /bin/false",
     r'\*\* .*: "/bin/true" command not permitted by programs transport$'),
    ("slash", "command = /bin/true\n  restrict_to_path",
     r'\*\* .*: "/" found in "/bin/true" \(command for programs transport\) - failed for security reasons$'),
    ("on the path", "command = true\n  restrict_to_path", r" => bob <bob@tern.example> R=programs T=programs$"),
    ("tainted argument", "command = /bin/echo $local_part",
     r"\*\* .*: Tainted arg 1 for programs transport command: 'bob'$"),
    ("ignored status", "command = /bin/sh -c 'exit 3'\n  ignore_status", r" => bob "),
    ("shell's signal", "command = /bin/sh -c 'exit 139'",
     r"returned 139 \(could mean shell command ended by signal 11 \(Segmentation fault\)\) from command: /bin/sh$"),
    ("stops reading", "command = /bin/sh -c 'head -c 10 >/dev/null'", r" => bob "),
    ("filter fails", "command = /bin/true\n  transport_filter = /bin/false",
     r"== .* defer \(-24\): Transport filter process failed \(1\)$"),
    ("no filter", "command = /bin/true\n  transport_filter = /none/x",
     r"== .* defer \(-24\): Transport filter process failed \(127\): unable to execute command$"),
    ("bad headers_add", "command = /bin/true\n  headers_add = ${if",
     r"== .* defer \(-25\): Failed to expand headers_add or headers_remove: condition name expected"),
    ("bad return_path", "command = /bin/true\n  return_path = ${if",
     r'== .* defer \(-27\): Failed to expand return path "\$\{if" in programs transport: condition name expected'),
    ("no directory", "command = /bin/true\n  current_directory = /none/here",
     r"== .* defer \(2\): No such file or directory: failed to chdir to /none/here$"),
]


@pytest.mark.parametrize("options, pattern", [row[1:] for row in RESULTS], ids=[row[0] for row in RESULTS])
def test_the_end_of_a_program_reads_as_in_exim(tern, programs, options, pattern):
    programs("  " + options + "\n")
    submit(tern)
    tern.wait_log(pattern)


def test_the_program_gets_message_arguments_and_environment(tern, programs):
    programs("  command = /bin/sh -c 'echo \"\\$@\" >DIR/mail/args; env >DIR/mail/env; cat >DIR/mail/text; umask >DIR/mail/mask' "
             "sh $pipe_addresses 'a b' \"c\\td\"\n  environment = EXTRA=1:MORE=2\n  umask = 027\n  home_directory = /tmp\n")
    submit(tern)
    tern.wait_log(r" => bob ")
    assert read(tern.path("mail/args")) == "bob@tern.example a b c\td\n"
    environment = dict(line.split("=", 1) for line in read(tern.path("mail/env")).splitlines())
    for name, value in {"LOCAL_PART": "bob", "DOMAIN": "tern.example", "HOME": "/tmp", "LOGNAME": "bob", "USER": "bob",
                        "RECIPIENT": "bob@tern.example", "SENDER": "ann@tern.example", "SHELL": "/bin/sh",
                        "PATH": "/bin:/usr/bin", "QUALIFY_DOMAIN": "tern.example", "EXTRA": "1", "MORE": "2"}.items():
        assert environment[name] == value, name
    assert set(environment) <= {"LOCAL_PART", "LOGNAME", "USER", "LOCAL_PART_PREFIX", "LOCAL_PART_SUFFIX", "DOMAIN", "HOME",
                                "MESSAGE_ID", "PATH", "RECIPIENT", "QUALIFY_DOMAIN", "SENDER", "SHELL", "EXTRA", "MORE",
                                "PWD", "SHLVL", "_", "OLDPWD"}
    text = read(tern.path("mail/text"))
    assert text.startswith("From ann@tern.example ") and text.endswith("\n\nbody\n\n")
    assert read(tern.path("mail/mask")).strip() == "0027"


def test_output_is_logged_and_returned(tern, programs):
    programs("  command = /bin/sh -c 'echo first; echo second; exit 3'\n  log_output\n  return_fail_output\n",
             routers=ROUTERS.replace("  data = :blackhole:", "  data = DIR/mail/bounce\n  file_transport = saved")
             .replace("DIR", tern.directory))
    tern.write_config(read(tern.config_path).replace(
        "begin transports", "begin transports\nsaved:\n  driver = appendfile\n  user = RUN_USER\n  group = RUN_GROUP\n"))
    submit(tern)
    tern.wait_log(r" <bob@tern.example>: programs transport output: first$")
    tern.wait_log(r"\*\* bob@tern.example .*returned 3 from command: /bin/sh$")
    tern.wait_queue_empty()
    bounce = read(tern.path("mail/bounce"))
    assert "first\n" in bounce and "second\n" in bounce


def test_header_edits_and_filter_apply_to_the_copy(tern, programs):
    programs("  command = /bin/sh -c 'cat >DIR/mail/text'\n  message_prefix =\n  message_suffix =\n  return_path_add\n"
             "  envelope_to_add\n  delivery_date_add\n  headers_add = X-A: 1\\nX-B: ${lc:TWO}\n"
             "  headers_remove = subject : refer*\n  transport_filter = /usr/bin/tr a-z A-Z\n")
    submit(tern)
    tern.wait_log(r" => bob ")
    text = read(tern.path("mail/text"))
    assert text.startswith("RETURN-PATH: <ANN@TERN.EXAMPLE>\nENVELOPE-TO: BOB@TERN.EXAMPLE\nDELIVERY-DATE: ")
    assert "\nX-A: 1\nX-B: TWO\n\nBODY\n" in text and "SUBJECT" not in text and "REFERENCES" not in text


def test_a_batch_reaches_one_program(tern, programs):
    programs("  command = /bin/sh -c 'echo \"\\$@\" >>DIR/mail/args' sh $pipe_addresses\n  batch_max = 5\n")
    tern.submit("ann@tern.example", ["bob@tern.example", "carol@tern.example"], BODY, "-odi")
    tern.wait_log(r" Completed$")
    assert sorted(read(tern.path("mail/args")).split()) == ["bob@tern.example", "carol@tern.example"]
    assert read(tern.path("mail/args")).count("\n") == 1


REPLY = """  to = $sender_address
  bcc = never@tern.example
  from = auto@tern.example
  subject = Re: $h_subject:
  headers = X-One: 1
  text = Hello.
  log = DIR/mail/replies
  once = DIR/mail/once
  never_mail = never@*
  return_message
"""
REPLY_ROUTERS = """
answers:
  driver = accept
  local_parts = ann
  transport = box
programs:
  driver = accept
  transport = programs
"""
BOX = "box:\n  driver = appendfile\n  file = DIR/mail/answers\n  user = RUN_USER\n  group = RUN_GROUP\n"


@pytest.mark.parametrize("more", ["", "  once_file_size = 1000\n"], ids=["database", "file"])
def test_an_autoreply_is_sent_once(tern, programs, more):
    programs(REPLY + more, "autoreply", routers=REPLY_ROUTERS)
    tern.write_config(read(tern.config_path).replace("begin transports\n", "begin transports\n" + BOX))
    submit(tern)
    submit(tern)
    tern.wait_log(r" => bob <bob@tern.example> R=programs T=programs$", count=2)
    tern.wait_queue_empty()
    answers = read(tern.path("mail/answers"))
    assert answers.count("\nSubject: Re: x\n") == 1
    assert "\nTo: ann@tern.example\nSubject: Re: x\nIn-Reply-To: <m1@x>\nReferences: <r1@x> <m1@x>\n" \
           "Auto-Submitted: auto-replied\nX-One: 1\n" in answers
    assert "\n\nHello.\n\n------ This is a copy of the message, including all the headers.\n\n" in answers
    assert answers.startswith("From MAILER-DAEMON ")
    log = read(tern.path("mail/replies"))
    assert re.search(r"^\S+ \S+\n  From: auto@tern.example\n  To: ann@tern.example\n", log)
    assert "\n  previously sent to ann@tern.example\n" in log


def test_a_bounce_is_never_answered(tern, programs):
    programs(REPLY, "autoreply", routers=REPLY_ROUTERS)
    tern.write_config(read(tern.config_path).replace("begin transports\n", "begin transports\n" + BOX))
    tern.submit("", "bob@tern.example", BODY, "-odi")
    tern.wait_log(r" => bob <bob@tern.example> R=programs T=programs$")
    assert not os.path.exists(tern.path("mail/answers"))


LMTP_SERVER = """#!/usr/bin/python3
import sys
def say(text):
    sys.stdout.write(text + "\\r\\n"); sys.stdout.flush()
say("220 lmtp")
names, data = [], False
for line in sys.stdin:
    line = line.rstrip("\\r\\n")
    if data:
        if line == ".":
            data = False
            for name in names:
                say("452 full" if name.startswith("carol") else "250 ok " + name)
        else:
            open("DIR/mail/lmtp", "a").write(line + "\\n")
    elif line.startswith("LHLO"):
        say("250-x\\r\\n250 PIPELINING")
    elif line.startswith("RCPT"):
        if "dave" in line:
            say("550 no dave")
        else:
            names.append(line[9:-1]); say("250 ok")
    elif line == "DATA":
        data = True; say("354 go")
    elif line == "QUIT":
        say("221 bye"); break
    else:
        say("250 ok")
"""


def test_lmtp_to_a_program_has_a_result_for_each(tern, programs):
    tern.write("lmtpd", LMTP_SERVER.replace("DIR", tern.directory), 0o755)
    programs("  command = DIR/lmtpd\n  batch_max = 10\n", "lmtp")
    tern.submit("ann@tern.example", ["bob@tern.example", "carol@tern.example", "dave@tern.example"], BODY, "-odi")
    tern.wait_log(r" => bob <bob@tern.example> R=programs T=programs")
    tern.wait_log(r" == carol@tern.example .*452 full$")
    tern.wait_log(r" \*\* dave@tern.example .*550 no dave$")
    assert read(tern.path("mail/lmtp")).endswith("\nbody\n")


@pytest.mark.parametrize("options, pattern", [
    ("  command = /bin/false\n", r"defer \(-1\): LMTP connection closed after initial connection$"),
    ("  socket = /none/here\n",
     r"defer \(-1\): Failed to connect to socket /none/here for programs transport: No such file or directory$"),
], ids=["command", "socket"])
def test_lmtp_without_a_server_defers(tern, programs, options, pattern):
    programs(options, "lmtp")
    submit(tern)
    tern.wait_log(pattern)


def test_max_parallel_counts_runs_of_all_processes(tern, programs):
    programs("  command = /bin/sh -c 'echo start >>DIR/mail/runs; sleep 1'\n  max_parallel = 1\n")
    for _ in range(2):
        tern.submit("ann@tern.example", "bob@tern.example", BODY, "-odb")
    tern.wait_log(r" == bob@tern.example .*defer \(-57\): concurrency limit reached for transport$")
    tern.wait_log(r" => bob ")
    tern.run_queue("-q")
    tern.wait_log(r" => bob ", count=2)


def test_addresses_in_header_fields_are_rewritten_on_the_way_out(tern, programs):
    programs("  command = /bin/sh -c 'cat >DIR/mail/text'\n  headers_rewrite = ann@tern.example eve@r.example f\n")
    submit(tern, "From: Ann <ann@tern.example>\nTo: ann@tern.example\nSubject: x\n\nann@tern.example\n")
    tern.wait_log(r" => bob ")
    text = read(tern.path("mail/text"))
    assert "\nFrom: Ann <eve@r.example>\n" in text and "\nTo: ann@tern.example\n" in text
    assert text.endswith("\n\nann@tern.example\n\n")


def test_force_command_wraps_what_a_redirection_named(tern, programs):
    routers = """
list:
  driver = redirect
  data = "|/bin/echo one 'two three'"
  pipe_transport = programs
"""
    programs("  command = /bin/sh -c 'for a; do echo \"[\\$a]\" >>DIR/mail/args; done' sh -- $address_pipe end\n"
             "  force_command\n", routers=routers)
    submit(tern)
    tern.wait_log(r" => \|/bin/echo one 'two three' <bob@tern.example> R=list T=programs$")
    assert read(tern.path("mail/args")) == "[--]\n[/bin/echo]\n[one]\n[two three]\n[end]\n"
