"""The appendfile transport: mailboxes, Maildir, mailstore, MBX, batch SMTP, locks, checks, quotas."""
import glob
import os
import re

import pytest

ROUTERS = """
files:
  driver = accept
  transport = files
"""
BODY = "From: ann@tern.example\nSubject: x\n\nbody\nFrom here\n"


@pytest.fixture
def files(tern):
    """files(options): Tern with all mail going through one appendfile transport; the directory it may write to."""
    def make(options, main=""):
        directory = tern.path("box")
        if not os.path.isdir(directory):
            os.mkdir(directory)
            os.chown(directory, tern.user.pw_uid, tern.user.pw_gid)
        tern.configure(main=main, routers=ROUTERS, transports="files:\n  driver = appendfile\n  user = RUN_USER\n"
                       "  group = RUN_GROUP\n" + options.replace("BOX", directory))
        return directory
    return make


def own(tern, path, mode=0o600, text=""):
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    os.chmod(path, mode)
    os.chown(path, tern.user.pw_uid, tern.user.pw_gid)
    return path


def submit(tern, text=BODY):
    tern.submit("ann@tern.example", "bob@tern.example", text, "-odi", "-oi")


def link(tern, target, path):
    os.symlink(target, path)
    os.chown(path, tern.user.pw_uid, tern.user.pw_gid, follow_symlinks=False)


def read(path):
    with open(path, encoding="utf-8", newline="") as text:
        return text.read()


def test_a_mailbox_gets_prefix_suffix_and_escaped_lines(tern, files):
    box = files("  file = BOX/mbox\n")
    submit(tern)
    submit(tern)
    text = read(box + "/mbox")
    assert re.match(r"From ann@tern.example \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\nReceived: ", text)
    assert text.count("\n\nbody\n>From here\n\n") == 2
    assert os.stat(box + "/mbox").st_mode & 0o777 == 0o600
    assert os.listdir(box) == ["mbox"]
    tern.wait_log(r" => bob <bob@tern.example> R=files T=files$", count=2)


def test_batch_smtp_is_what_would_go_down_a_connection(tern, files):
    box = files("  file = BOX/batch\n  use_bsmtp\n  use_crlf\n")
    submit(tern, "Subject: x\n\n.\n.dot\n")
    text = read(box + "/batch")
    assert text.startswith("MAIL FROM:<ann@tern.example>\r\nRCPT TO:<bob@tern.example>\r\nDATA\r\nReceived: ")
    assert text.endswith("\r\n\r\n..\r\n..dot\r\n.\r\n")


def test_maildir_with_tag_and_size_file(tern, files):
    box = files("  directory = BOX/md\n  maildir_format\n  maildir_tag = ,S=$message_size\n  maildir_use_size_file\n"
                "  quota = 10M\n")
    submit(tern)
    names = os.listdir(box + "/md/new")
    size = os.path.getsize(f"{box}/md/new/{names[0]}")
    assert re.fullmatch(rf"\d+\.M\d+P\d+\.mx\.tern\.example,S={size}", names[0])
    assert read(box + "/md/maildirsize") == f"10485760S,0C\n0 0\n{size} 1\n"
    submit(tern)
    assert read(box + "/md/maildirsize").count(f"\n{size} 1") == 2
    assert os.listdir(box + "/md/tmp") == []


def test_mailstore_has_an_envelope_beside_the_message(tern, files):
    box = files("  directory = BOX/ms\n  mailstore_format\n  mailstore_prefix = before\n  mailstore_suffix = after\n")
    submit(tern)
    envelope, message = sorted(glob.glob(box + "/ms/*"))
    assert envelope.endswith(".env") and message.endswith(".msg") and envelope[:-4] == message[:-4]
    assert read(envelope) == "before\nann@tern.example\nbob@tern.example\nafter\n"
    assert read(message).endswith("\n\nbody\nFrom here\n")


def test_mbx_has_the_header_of_c_client(tern, files):
    box = files("  file = BOX/mbx\n  mbx_format\n  message_prefix =\n  message_suffix =\n")
    submit(tern)
    submit(tern)
    with open(box + "/mbx", "rb") as data:
        octets = data.read()
    assert re.match(rb"\*mbx\*\r\n[0-9a-f]{8}00000000\r\n(\r\n){30}\0", octets) and octets[2047:2048] == b"\0"
    rest = octets[2048:]
    for _ in range(2):
        match = re.match(rb"[ \d]\d-\w{3}-\d{4} \d\d:\d\d:\d\d [+-]\d{4},(\d+);000000000000-00000000\r\n", rest)
        message, rest = rest[match.end():match.end() + int(match[1])], rest[match.end() + int(match[1]):]
        assert message.startswith(b"Received: ") and message.endswith(b"\r\nbody\r\n>From here\r\n")
    assert rest == b""


def test_a_new_file_is_named_by_directory_file(tern, files):
    box = files("  directory = BOX/plain\n  directory_file = msg-$inode\n")
    submit(tern)
    name = os.listdir(box + "/plain")[0]
    assert name == f"msg-{os.stat(box + '/plain/' + name).st_ino}"


CHECKS = [
    ("wrong mode", "file = BOX/f", lambda t, b: own(t, b + "/f", 0o400), r"defer \(-7\): mailbox BOX/f has the wrong mode 400 "
     r"\(600 expected\)$"),
    ("symlink", "file = BOX/f", lambda t, b: link(t, own(t, b + "/g"), b + "/f"),
     r"defer \(-4\): mailbox BOX/f is not a regular file$"),
    ("hard link", "file = BOX/f", lambda t, b: os.link(own(t, b + "/g"), b + "/f"),
     r"defer \(-4\): mailbox BOX/f has too many links \(2\)$"),
    ("fifo", "file = BOX/f\n  allow_fifo", lambda t, b: (os.mkfifo(b + "/f", 0o600), os.chown(b + "/f", t.user.pw_uid, -1),
                                                        os.chmod(b + "/f", 0o600)),
     r"defer \(6\): No such device or address: while opening named pipe BOX/f \(could mean no process is reading it\)$"),
    ("must exist", "file = BOX/f\n  file_must_exist", None,
     r"defer \(2\): No such file or directory: mailbox BOX/f does not exist, but file_must_exist is set$"),
    ("relative", "file = rel/x", None, r'defer \(-21\): appendfile: file or directory name "rel/x" is not absolute$'),
    ("tainted", "file = BOX/$local_part", None,
     r"defer \(-1\): Tainted 'BOX/bob' \(file or directory name for files transport\) not permitted$"),
    ("quota", "file = BOX/f\n  quota = 100", None,
     r"defer \(-22\): mailbox is full \(MTA-imposed quota exceeded while writing to BOX/f\)$"),
    ("maildir quota", "directory = BOX/md\n  maildir_format\n  quota = 10", None,
     r"defer \(-22\): mailbox is full \(MTA-imposed quota exceeded while writing to tmp/\d+\.M\d+P\d+\.mx\.tern\.example\)$"),
    ("bad quota", "file = BOX/f\n  quota = abc", None,
     r'defer \(-1\): Malformed value "abc" \(expansion of "abc"\) in files transport$'),
    ("lock file", "file = BOX/f\n  lock_retries = 2\n  lock_interval = 0s", lambda t, b: own(t, b + "/f.lock"),
     r"defer \(-9\): failed to lock mailbox BOX/f \(lock file\)$"),
    ("format", "file = BOX/f\n  file_format = X : files", lambda t, b: own(t, b + "/f", text="From a\n"),
     r"defer \(-33\): mailbox file format unrecognized$"),
    ("other format", "file = BOX/f\n  file_format = From : none", lambda t, b: own(t, b + "/f", text="From a\n"),
     r"defer \(-30\): none transport \(for From format\) not found$"),
    ("outside home", "file = BOX/f\n  create_file = belowhome\n  home_directory = /usr", None,
     r"defer \(.*file or directory creation is not allowed outside"),
    ("no directory", "file = BOX/sub/f\n  create_directory = false", None, r"defer \(2\): No such file or directory: "),
]


@pytest.mark.parametrize("options, prepare, pattern", [row[1:] for row in CHECKS], ids=[row[0] for row in CHECKS])
def test_a_mailbox_that_is_not_what_it_should_be_defers(tern, files, options, prepare, pattern):
    box = files("  " + options + "\n")
    if prepare:
        prepare(tern, box)
    submit(tern)
    tern.wait_log(r" == bob@tern.example R=files T=files " + pattern.replace("BOX", re.escape(box)))
    assert not glob.glob(box + "/md/*/*")


@pytest.mark.root
def test_a_mailbox_of_another_owner_is_refused(tern, files):
    box = files("  file = BOX/f\n")
    open(box + "/f", "w", encoding="utf-8").close()
    submit(tern)
    tern.wait_log(r"defer \(-6\): mailbox \S+ has wrong uid \(0 != \d+\)$")


def test_wide_permissions_are_narrowed(tern, files):
    box = files("  file = BOX/f\n")
    own(tern, box + "/f", 0o666)
    submit(tern)
    tern.wait_log(r" => bob ")
    assert os.stat(box + "/f").st_mode & 0o777 == 0o600


def test_over_quota_leaves_the_mailbox_as_it_was(tern, files):
    box = files("  file = BOX/f\n  quota = 500\n")
    submit(tern)
    tern.wait_log(r" => bob ")
    before = read(box + "/f")
    submit(tern)
    tern.wait_log(r" == bob@tern.example .*mailbox is full")
    assert read(box + "/f") == before


def test_concurrent_deliveries_do_not_mix(tern, files):
    box = files("  file = BOX/f\n  lock_interval = 0s\n  lock_retries = 1000\n  lock_fcntl_timeout = 5s\n")
    for i in range(6):
        tern.submit("ann@tern.example", "bob@tern.example", f"Subject: {i}\n\n" + f"line {i}\n" * 3000, "-odb")
    tern.wait_log(r" => bob ", count=6)
    for message in read(box + "/f").split("\nFrom ann@")[:6]:
        numbers = set(re.findall(r"(?m)^line (\d)$", message))
        assert len(numbers) == 1 and message.count("\nline ") == 3000


def test_a_quota_warning_is_sent_once_the_threshold_is_crossed(tern, files):
    box = files("  file = BOX/x\n")
    tern.configure(routers="files:\n  driver = accept\n  domains = +local_domains\n  transport = files\n",
                   transports=f"files:\n  driver = appendfile\n  user = RUN_USER\n  group = RUN_GROUP\n  file = {box}/$domain_data"
                   "${if eq{$sender_address}{}{-warnings}}\n  quota_warn_threshold = "
                   "${if eq{$sender_address}{}{0}{400}}\n")
    submit(tern)
    submit(tern)
    submit(tern)
    tern.wait_queue_empty()
    warnings = read(box + "/tern.example-warnings")
    assert warnings.count("\nSubject: Your mailbox\n") == 1
    assert "\nTo: bob@tern.example\n" in warnings and "\nFrom: Mail Delivery System <mailer-daemon@tern.example>" in warnings
