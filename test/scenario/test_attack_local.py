"""Local users and files (catalogue 3.10): options, environment, limits, links, the spool."""
import os
import resource
import subprocess

import pytest

from harness import oracle
from harness.tern import DEFAULT_TRANSPORTS

root = pytest.mark.root
EVIL = "games"


def evil_config(tern):
    return tern.write("evil.conf", "spool_directory = DIR/spool\nlog_file_path = DIR/log/%slog\n".replace("DIR", tern.directory)
                      + "keep_environment =\n", user=EVIL, mode=0o644)


@root
def test_loc_01_another_configuration_gives_up_privilege(root_tern):
    result = root_tern.run("-C", evil_config(root_tern), "-be", "${run{/usr/bin/id -u}}", user=EVIL)
    assert "\n5\n" in "\n" + result.out or result.code != 0, result
    result = root_tern.run("-C", evil_config(root_tern), "-be", f"${{readfile{{{root_tern.path('spool/input/x')}}}}}", user=EVIL)
    assert "denied" in result.out + result.err or "No such file" in result.out + result.err, result


@root
@pytest.mark.parametrize("args", (("-be", "${run{/usr/bin/id -u}}"), ("-DX=1", "-be", "${run{/usr/bin/id -u}}")))
def test_loc_01_expansions_run_as_the_caller(root_tern, args):
    result = root_tern.run(*args, user=EVIL)
    assert result.out.strip().endswith("5") or result.code != 0, result


@root
@pytest.mark.parametrize("args", (
    ("-q",), ("-Mf", "1xUgQD-0000000003R-0D"), ("-Mrm", "1xUgQD-0000000003R-0D"), ("-bd",), ("-oX", "2525", "-bdf"),
    ("-Mvh", "1xUgQD-0000000003R-0D"), ("-Mvb", "../../../etc/passwd"), ("-Mrm", "../../etc/passwd"),
    ("-qG../../x",), ("-R", "x")))
def test_loc_01_the_queue_is_for_administrators(root_tern, args):
    root_tern.submit("ann@tern.example", "bob@tern.example", "Subject: x\n\nx\n", "-odq")
    before = sorted(os.listdir(root_tern.path("spool/input")))
    result = root_tern.run(*args, user=EVIL, deadline_s=20)
    assert result.code != 0, result
    assert sorted(os.listdir(root_tern.path("spool/input"))) == before
    assert not root_tern.mailbox("bob")


@root
@pytest.mark.parametrize("args,stdin", (
    (("-oP", "/tmp/tern-evil-pid", "-bdf"), b""), (("-d", "-be", "x"), b""), (("-d+all", "-bt", "bob@tern.example"), b"")))
def test_loc_01_files_outside_are_never_written(root_tern, args, stdin):
    root_tern.run(*args, user=EVIL, stdin=stdin, deadline_s=20)
    assert not os.path.exists("/tmp/tern-evil-pid")


def test_loc_01_a_very_long_argument_and_no_arguments_at_all(tern):
    long = subprocess.run([tern.program, "-C", tern.config_path, "-f", "a" * 100_000 + "@b.example", "bob@tern.example"],
                          input=b"Subject: x\n\nx\n", capture_output=True, check=False, timeout=30, **tern._as(None))
    assert long.returncode in (0, 1, 64, 65), long
    code = "import os, sys; os.execv(sys.argv[1], [''])"
    none = subprocess.run(["/usr/bin/python3", "-c", code, tern.program], input=b"", capture_output=True, check=False,
                          timeout=30, **tern._as(None))
    assert none.returncode >= 0, none


def test_loc_01_a_working_directory_that_is_gone(tern):
    where = tern.path("gone")
    os.mkdir(where)
    code = f"import os; os.chdir({where!r}); os.rmdir({where!r}); os.execv({tern.program!r}, " \
           f"['tern', '-C', {tern.config_path!r}, '-odi', 'bob@tern.example'])"
    done = subprocess.run(["/usr/bin/python3", "-c", code], input=b"Subject: x\n\nx\n", capture_output=True, check=False,
                          timeout=30)
    assert done.returncode in (0, 1), done


@root
def test_loc_02_the_environment_does_not_reach_commands(root_tern):
    root_tern.configure(routers="p:\n driver = accept\n transport = p\n", transports="""
p:
  driver = pipe
  command = /usr/bin/env
  user = nobody
  return_output
  log_output
""")
    env = {"PATH": "/tmp/evil", "LD_PRELOAD": "/tmp/evil.so", "TZ": ":/etc/shadow", "IFS": "x", "PERL5OPT": "x", "EVIL": "yes",
           "RES_OPTIONS": "x", "HOSTALIASES": "/etc/shadow", "LOCALDOMAIN": "evil", "OPENSSL_CONF": "/tmp/x"}
    root_tern.start()
    root_tern.run("-odi", "bob@tern.example", stdin="Subject: x\n\nx\n", user=EVIL, env=env).ok()
    lines = root_tern.wait_log("Completed|==|\\*\\*")
    for name in ("EVIL", "LD_PRELOAD", "/tmp/evil", "shadow", "PERL5OPT", "HOSTALIASES"):
        assert name not in root_tern.log(), (name, lines)


def limited(tern, limits, *args, closed=(), stdin=b"Subject: x\n\nx\n"):
    """Run with resource limits and closed standard descriptors."""
    def prepare():
        for name, value in limits.items():
            resource.setrlimit(getattr(resource, "RLIMIT_" + name), (value, value))
        for fd in closed:
            os.close(fd)
    return subprocess.run([tern.program, "-C", tern.config_path, *args], input=stdin, capture_output=True, check=False,
                          timeout=60, preexec_fn=prepare, **tern._as(None))


@pytest.mark.parametrize("closed", ((0,), (1,), (2,), (1, 2), (0, 1, 2)), ids=str)
def test_loc_03_closed_standard_descriptors_spoil_no_file(tern, closed):
    done = limited(tern, {}, "-odi", "bob@tern.example", closed=closed)
    for text in [body for _, body in oracle.held(tern).values()] + [box.encode() for box in tern.mailbox("bob")]:
        assert b"tern:" not in text and b"exim" not in text, text
    assert done.returncode >= 0


@pytest.mark.parametrize("limits", ({"NOFILE": 8}, {"FSIZE": 1}, {"FSIZE": 100}, {"NOFILE": 4}), ids=str)
def test_loc_03_small_limits_fail_safely(tern, limits):
    tern.is_panic_expected = True
    done = limited(tern, limits, "-odq", "bob@tern.example")
    assert done.returncode >= 0, done
    if done.returncode == 0:
        oracle.spool_is_clean(tern, 1)
    else:
        assert not tern.queue_ids()


def test_loc_03_the_umask_of_the_caller_does_not_matter(tern):
    done = subprocess.run([tern.program, "-C", tern.config_path, "-odq", "bob@tern.example"], input=b"Subject: x\n\nx\n",
                          capture_output=True, check=False, umask=0, **tern._as(None))
    assert done.returncode == 0, done
    for where, _, files in os.walk(tern.path("spool")):
        for name in files:
            assert os.stat(os.path.join(where, name)).st_mode & 0o007 == 0, name


@pytest.mark.parametrize("args", (
    ("-f", "ann@a.example\nX-Evil: yes"), ("-F", "Ann\nX-Evil: yes"), ("-F", "Ann\r\n\r\nevil body"), ("-F", '"' * 10000), ("-F", ""),
    ("-oMs", "host\nX-Evil: yes"), ("-oMr", "smtp\nX-Evil: yes"), ("-oMt", "me\n1 2 3"), ("-oMa", "1.2.3.4\nX-Evil: yes")))
def test_loc_04_arguments_cannot_add_lines(tern, args):
    tern.configure(main=f"trusted_users = {tern.user.pw_name}\n")
    tern.run(*args, "-odq", "bob@tern.example", stdin="Subject: x\n\nx\n")
    for head, body in oracle.held(tern).values():
        assert not any(line.startswith(b"X-Evil") for line in head.splitlines()), head
        assert body == b"x\n"
    oracle.log_is_well_formed(tern)


def test_loc_04_a_message_of_headers_only_and_one_of_nothing(tern):
    tern.run("-odq", "-t", stdin="To: bob@tern.example\nSubject: only\n").ok()
    tern.run("-odq", "bob@tern.example", stdin="").ok()
    oracle.spool_is_clean(tern, 2)


def test_loc_04_blind_copies_are_taken_out(tern):
    tern.run("-odq", "-t", stdin="To: bob@tern.example\nBcc: carol@tern.example\nSubject: x\n\nx\n").ok()
    (head, _), = oracle.held(tern).values()
    assert b"\ncarol@tern.example\n" in head
    assert not [line for line in head.splitlines() if b"Bcc:" in line and line[3:4] != b"*"], head


MBOX = """
box:
  driver = appendfile
  file = DIR/mail/$local_part_data
  user = RUN_USER
  group = RUN_GROUP
  mode = 0600
"""


@pytest.fixture
def mbox(tern):
    from harness.tern import DEFAULT_ROUTERS
    tern.configure(routers=DEFAULT_ROUTERS.replace("transport = maildir", "transport = box"),
                   transports=MBOX + DEFAULT_TRANSPORTS, main="log_selector = +all\n")
    return tern


@pytest.mark.parametrize("kind", ("link", "dangling link", "hard link", "fifo", "directory", "device", "other owner"))
def test_loc_05_odd_mailboxes_are_not_written_to(mbox, kind):
    path, aim = mbox.path("mail/bob"), mbox.write("aim", "untouched\n", mode=0o600)
    if kind == "link":
        os.symlink(aim, path)
    elif kind == "dangling link":
        os.symlink(mbox.path("nowhere"), path)
    elif kind == "hard link":
        os.link(aim, path)
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        os.mkdir(path)
    elif kind == "device":
        os.symlink("/dev/null", path)
    else:
        if os.getuid() != 0:
            pytest.skip("needs root")
        mbox.write("mail/bob", "theirs\n", user="games", mode=0o666)
    mbox.submit("ann@tern.example", "bob@tern.example", "Subject: x\n\nx\n", "-odf")
    mbox.wait_log("== bob")
    with open(aim, encoding="utf-8") as text:
        assert text.read() == "untouched\n"
    assert not os.path.exists(mbox.path("nowhere"))


def test_loc_05_a_lock_file_that_is_a_link_or_held_defers(mbox):
    aim = mbox.write("aim", "untouched\n", mode=0o600)
    os.symlink(aim, mbox.path("mail/bob.lock"))
    mbox.configure(routers="b:\n driver = accept\n local_parts = bob\n transport = box\n",
                   transports=MBOX + "  lock_retries = 2\n  lock_interval = 1s\n")
    mbox.submit("ann@tern.example", "bob@tern.example", "Subject: x\n\nx\n", "-odf")
    mbox.wait_log("== bob.*lock")
    with open(aim, encoding="utf-8") as text:
        assert text.read() == "untouched\n"


def test_loc_06_crafted_spool_files_are_not_believed(tern):
    tern.submit("ann@tern.example", "bob@tern.example", "Subject: x\n\nx\n", "-odq")
    name, = tern.queue_ids()
    path = tern.path(f"spool/input/{name}-H")
    with open(path, "rb") as text:
        good = text.read()
    other = name[:-4] + ("a" if name[-4] != "a" else "b") + name[-3:]
    os.rename(path, path + ".kept")
    os.rename(path[:-1] + "D", path[:-1] + "D.kept")
    cases = {
        "empty": b"", "half": good[:len(good) // 2], "other id": good.replace(name.encode(), other.encode()),
        "uid 0": good.replace(good.split(b"\n")[1], b"root 0 0"), "huge count": good.replace(b"\n1\nbob", b"\n999999999\nbob"),
        "negative": good.replace(b"\n1\nbob", b"\n-1\nbob"), "NULs": good.replace(b"bob", b"b\0b"), "noise": os.urandom(2000),
    }
    for case, text in cases.items():
        with open(path, "wb") as out:
            out.write(text)
        with open(path[:-1] + "D", "wb") as out:
            out.write(f"{name}-D\nx\n".encode())
        if os.getuid() == 0:
            for each in (path, path[:-1] + "D"):
                os.chown(each, tern.user.pw_uid, tern.user.pw_gid)
        os.chmod(path, 0o640)
        for args in (("-bp",), ("-Mvh", name), ("-q",)):
            assert tern.run(*args).code >= 0, (case, args)
        for each in (path, path[:-1] + "D"):
            if os.path.exists(each):
                os.remove(each)
        tern.is_panic_expected = True
    assert len(tern.mailbox("bob")) <= 2


def test_loc_06_junk_in_the_spool_is_ignored_and_listing_changes_nothing(tern):
    tern.submit("ann@tern.example", "bob@tern.example", "Subject: x\n\nx\n", "-odq")
    for name in ("junk", ".hidden", "x-H", "1xUgQD-0003vR-0D-H.tmp", "hdr.123", "1xUgQD-0000000003vR-0000-X", "a" * 200):
        tern.write(f"spool/input/{name}", "junk\n")

    def state():
        return sorted((name, os.stat(tern.path("spool/input", name)).st_mtime_ns) for name in
                      os.listdir(tern.path("spool/input")))
    before = state()
    out = tern.run("-bp").ok().out
    assert out.count("bob@tern.example") == 1
    assert tern.run("-bpc").ok().out.strip() == "1"
    assert state() == before


@root
def test_loc_06_a_foreign_spool_file_is_not_delivered(root_tern):
    root_tern.submit("ann@tern.example", "bob@tern.example", "Subject: x\n\nx\n", "-odq")
    name, = root_tern.queue_ids()
    where = root_tern.path("spool/input")
    for kind in "DH":
        os.rename(f"{where}/{name}-{kind}", root_tern.path(f"aim-{kind}"))
        os.symlink(root_tern.path(f"aim-{kind}"), f"{where}/{name}-{kind}")
    root_tern.run("-q")
    root_tern.is_panic_expected = True
    assert not root_tern.mailbox("bob")


@root
@pytest.mark.parametrize("name", ("log/mainlog", "tern.pid", "spool/db/retry"))
def test_loc_07_links_put_by_the_mail_user_lead_nowhere(root_tern, name):
    aim = root_tern.write("aim", "untouched\n", mode=0o600)
    path = root_tern.path(name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.symlink(aim, path)
    root_tern.popen("-bdf", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    root_tern.run("-odi", "bob@tern.example", stdin="Subject: x\n\nx\n", user=EVIL)
    root_tern.run("-q")
    root_tern.is_panic_expected = True
    with open(aim, encoding="utf-8") as text:
        assert text.read() == "untouched\n"


@root
def test_loc_08_noise_on_the_control_socket_changes_nothing(root_tern):
    import glob
    import socket
    root_tern.start()
    for path in glob.glob(root_tern.path("spool/*")):
        if not os.path.exists(path) or not (os.stat(path).st_mode & 0o170000) == 0o140000:
            continue
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
            for noise in (b"", b"\xff" * 8, os.urandom(3000), b"\0\0\0\0", b"deliver ../../etc/passwd\n"):
                with socket.socket(socket.AF_UNIX, kind) as client:
                    try:
                        client.settimeout(2)
                        client.connect(path)
                        client.send(noise)
                    except OSError:
                        pass
    with root_tern.smtp() as client:
        client.helo()
        client.message("ann@tern.example", "bob@tern.example", "Subject: x\n\nx\n")
        client.quit()
    root_tern.wait_mail("bob")
