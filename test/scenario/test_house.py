"""make install and make run do what the README says."""
import os
import shutil
import stat
import subprocess
import tempfile

import pytest

from harness import wait
from harness.tern import BUILD, ROOT

NAMES = ("exim", "sendmail", "mailq", "newaliases", "rmail", "rsmtp", "runq")


def test_install_puts_program_names_page_configuration_and_directories_below_destdir(tmp_path):
    done = subprocess.run([f"{ROOT}/scripts/install_program", f"{BUILD}/tern", str(tmp_path), f"{BUILD}/settings", *NAMES],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    program = tmp_path / "usr/sbin/tern"
    assert os.access(program, os.X_OK)
    info = program.stat()
    assert not (info.st_mode & stat.S_ISUID and info.st_uid == 0), "set-uid root"
    for name in NAMES:
        assert os.readlink(tmp_path / "usr/sbin" / name) == "tern"
    for name in ("etc/tern/tern.conf", "usr/share/man/man8/tern.8", "var/spool/tern/input", "var/spool/tern/db", "var/log/tern"):
        assert (tmp_path / name).exists(), name
    if not info.st_mode & stat.S_ISUID:
        assert "chmod 4755" in done.stderr
    again = subprocess.run([f"{ROOT}/scripts/install_program", f"{BUILD}/tern", str(tmp_path), f"{BUILD}/settings", *NAMES],
                           capture_output=True, text=True, check=False)
    assert again.returncode == 0 and "tern.conf is there and stays" in again.stdout


def test_installed_first_configuration_is_sound(tern):
    with open(f"{ROOT}/src/tern.conf", encoding="utf-8") as text:
        tern.write_config(text.read())
    assert "Configuration file" in tern.run("-bV").ok().out


def test_the_trial_run_shows_a_delivered_message():
    base = f"/tmp/tern-trial-{os.getpid()}"
    env = dict(os.environ, TERN_NO_INSTALL="1", TERN_TRIAL_STOP="1", TERN_TRIAL_DIR=base, TERN_TRIAL_PORT=str(wait.free_port()))
    done = subprocess.run([f"{ROOT}/scripts/run_trial"], capture_output=True, text=True, check=False, env=env)
    subprocess.run(["rm", "-rf", base], check=True)
    assert done.returncode == 0, done.stdout + done.stderr
    for part in ("S: 250 OK id=", " => bob <bob@quickstart.tern.example> R=mailbox T=maildir", "Subject: the first message",
                 "how to stop"):
        assert part in done.stdout, done.stdout


@pytest.mark.root
def test_an_installation_for_good_serves_local_users():
    if subprocess.run(["unshare", "-mn", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system gives no namespaces")
    script = os.path.join(os.path.dirname(__file__), "harness/installed.sh")
    work = tempfile.mkdtemp(prefix="tern-installed-")
    done = subprocess.run(["unshare", "-mn", "sh", script, ROOT, BUILD, work], capture_output=True, text=True, check=False)
    shutil.rmtree(work)
    assert done.returncode == 0 and "installed, used and stopped" in done.stdout, done.stdout + done.stderr
