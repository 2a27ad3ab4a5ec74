"""Every option of the compatible surface (test/surface/options) is known, typed and shown by -bP."""
import os
import re

import pytest

from harness.tern import ROOT

# What a driver must have set to be accepted at all.
ROUTERS = {"accept": "transport = t", "dnslookup": "transport = t", "ipliteral": "transport = t",
           "manualroute": "transport = t\n route_list = * localhost", "redirect": "data = x"}
TRANSPORTS = {"appendfile": "file = /x", "autoreply": "to = a@b.example", "lmtp": "socket = /x", "pipe": "command = /x",
              "smtp": ""}
# Second spellings: taken in a configuration, shown under the other name.
ALIASES = {"daemon_smtp_port", "return_size_limit", "fail_verify", "verify"}


def surface(family):
    with open(os.path.join(ROOT, "test/surface/options"), encoding="utf-8") as rows:
        return {line.split()[1] for line in rows if line.split()[0] == family} - ALIASES


def shown(text):
    """The names in -bP's output; "no_x" stands for x."""
    names = set()
    for line in text.splitlines():
        match = re.match(r"(?:hide )?(\w+)(?: =|$)", line)
        if match:
            names.add(match.group(1))
            names.add(re.sub("^no_", "", match.group(1)))
    return names


def test_main_options_are_shown(tern):
    missing = surface("main") - shown(tern.run("-bP").ok().out)
    assert not missing, sorted(missing)


@pytest.mark.parametrize("driver", ROUTERS)
def test_router_options_are_shown(tern, driver):
    tern.configure(routers=f"r:\n driver = {driver}\n {ROUTERS[driver]}\n", transports="t:\n driver = smtp\n")
    missing = (surface("router_generic") | surface(f"router_{driver}")) - shown(tern.run("-bP", "router", "r").ok().out)
    assert not missing, sorted(missing)


@pytest.mark.parametrize("driver", TRANSPORTS)
def test_transport_options_are_shown(tern, driver):
    tern.configure(routers="", transports=f"t:\n driver = {driver}\n {TRANSPORTS[driver]}\n")
    missing = (surface("transport_generic") | surface(f"transport_{driver}")) - shown(
        tern.run("-bP", "transport", "t").ok().out)
    assert not missing, sorted(missing)


def test_second_spellings_are_taken(tern):
    tern.write_config("daemon_smtp_port = 2525\nreturn_size_limit = 10K\nbegin routers\nr:\n driver = accept\n"
                      " verify = false\n fail_verify\n transport = t\nbegin transports\nt:\n driver = smtp\n")
    assert "daemon_smtp_ports = 2525" in tern.run("-bP", "daemon_smtp_ports").ok().out
    out = tern.run("-bP", "router", "r").ok().out
    assert "no_verify_recipient" in out and "no_verify_sender" in out and "\nfail_verify_sender" in out
