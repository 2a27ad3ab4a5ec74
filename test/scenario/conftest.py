"""Fixtures of the scenarios.  See README in this folder's parent and the docstrings below harness/."""
import os
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, os.path.dirname(__file__))

from harness import dns_server, peers, proc, smtp_peer, wait  # noqa: E402
from harness.scn import Scenario  # noqa: E402
from harness.tern import BUILD, Tern  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "root: needs root (a root daemon, other users)")
    if not os.access(os.path.join(BUILD, "tern"), os.X_OK):
        pytest.exit(f"{BUILD}/tern is not there: run make first", returncode=2)


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("root") and os.getuid() != 0:
            item.add_marker(pytest.mark.skip(reason="needs root"))


def fresh(mode):
    tern = Tern(mode)
    yield tern
    panics = tern.log("panic")
    is_panic_expected = getattr(tern, "is_panic_expected", False)
    output = tern.daemon_output() if os.path.exists(tern.path("daemon.out")) else ""
    if os.environ.get("TERN_KEEP"):
        print("kept:", tern.directory)
        tern.stop()
    else:
        tern.destroy()
    assert "Sanitizer" not in output and "runtime error" not in output, output
    assert is_panic_expected or not panics, "panic log:\n" + panics


@pytest.fixture
def tern():
    """A private Tern that runs as the ordinary user; not started."""
    yield from fresh("one")


@pytest.fixture
def root_tern():
    """A private Tern with a root daemon and an installed set-uid program; mark the test with pytest.mark.root."""
    yield from fresh("root")


@pytest.fixture
def dns(tmp_path):
    """A name server, not started: dns.add("a.example A 127.0.0.2"); dns.start(); tern.use_dns(dns)."""
    server = dns_server.DnsServer(str(tmp_path / "dns"))
    yield server
    server.stop()


@pytest.fixture
def peer_at(request):
    """peer_at("127.0.0.2", port, keywords=[...]): a scriptable SMTP peer, stopped after the test."""
    def make(address="127.0.0.2", port=0, **more):
        peer = smtp_peer.Peer(address, port, **more)
        request.addfinalizer(peer.stop)
        return peer
    return make


@pytest.fixture
def exim_peer(tmp_path, request):
    """exim_peer(address, port, domains): a real Exim."""
    def make(address, port, domains, **more):
        if os.getuid() != 0:
            pytest.skip("Exim as a peer needs root")
        if not peers.exim_program():
            pytest.skip("no Exim here (scripts/install-deps fetches it)")
        where = tempfile.mkdtemp(prefix="exim-")
        peer = peers.Exim(where, address, port, domains, **more)
        request.addfinalizer(peer.stop)
        return peer.start()
    return make


@pytest.fixture
def postfix_peer(request):
    """postfix_peer(address, port, domains): a real Postfix; needs root."""
    def make(address, port, domains, **more):
        if os.getuid() != 0:
            pytest.skip("Postfix as a peer needs root")
        if peers.postfix_root() is None:
            pytest.skip("no Postfix here (scripts/install-deps fetches it)")
        where = tempfile.mkdtemp(prefix="postfix-")
        peer = peers.Postfix(where, address, port, domains, **more)
        request.addfinalizer(peer.stop)
        return peer.start()
    return make


@pytest.fixture
def uid_watcher():
    return proc.UidWatcher


@pytest.fixture
def until():
    return wait.until


class ScenarioFile(pytest.File):
    def collect(self):
        yield ScenarioItem.from_parent(self, name=self.path.stem)


class ScenarioItem(pytest.Item):
    def runtest(self):
        where = tempfile.mkdtemp(prefix="tern-dns-")
        server, tern = dns_server.DnsServer(where), Tern("one")
        try:
            Scenario(str(self.path)).play(tern, server)
            assert not tern.log("panic"), "panic log:\n" + tern.log("panic")
        finally:
            server.stop()
            shutil.rmtree(where, ignore_errors=True)
            if not os.environ.get("TERN_KEEP"):
                tern.destroy()

    def repr_failure(self, excinfo, style=None):
        return str(excinfo.value)

    def reportinfo(self):
        return self.path, 0, f"{self.name}: {Scenario(str(self.path)).title}"


def pytest_collect_file(parent, file_path):
    if file_path.suffix == ".scn":
        return ScenarioFile.from_parent(parent, path=file_path)
    return None
