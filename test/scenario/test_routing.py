"""-bt shows the same as the reference, address by address; --explain says why."""
import os
import subprocess

import pytest

from harness import compare
from harness.peers import exim_program

CONFIG = r"""
primary_hostname = tern.test
exim_user = EXIM_USER
qualify_domain = tern.test
allow_domain_literals
spool_directory = DIR/spool
log_file_path = DIR/log/%slog
keep_environment =
tls_advertise_hosts =
begin routers
nohost:
  driver = manualroute
  domains = nohost.test
  route_list = * nonexistent.invalid byname
  transport = smtp
selfhost:
  driver = manualroute
  domains = selfhost.test
  self = defer
  route_list = * 127.0.0.1
  transport = smtp
ports:
  driver = manualroute
  domains = ok.test
  route_list = * "10.1.1.1::26 : 10.1.1.2"
  transport = smtp
badword:
  driver = manualroute
  domains = bad.test
  route_list = * 10.1.1.1 nosuch
  transport = smtp
tolocal:
  driver = manualroute
  domains = local.test
  route_list = * "a b c" mailbox
nohosts:
  driver = manualroute
  domains = nohosts.test
  route_list = *
  transport = smtp
declines:
  driver = manualroute
  domains = dec.test
  route_list = * nonexistent.invalid byname
  host_find_failed = decline
  transport = smtp
ignores:
  driver = manualroute
  domains = ign.test
  route_list = * nonexistent.invalid byname
  host_find_failed = ignore
  transport = smtp
fails:
  driver = manualroute
  domains = fail.test
  route_list = * nonexistent.invalid byname
  host_find_failed = fail
  transport = smtp
selffail:
  driver = manualroute
  domains = sf.test
  self = fail
  route_list = * 127.0.0.1
  transport = smtp
selfsend:
  driver = manualroute
  domains = ss.test
  self = send
  route_list = * 127.0.0.1:10.2.2.2
  transport = smtp
selfreroute:
  driver = manualroute
  domains = srr.test
  self = reroute: ok.test
  route_list = * 127.0.0.1
  transport = smtp
forced:
  driver = manualroute
  domains = rf.test
  route_data = ${if eq{a}{b}{x}fail}
  transport = smtp
ignored:
  driver = manualroute
  domains = ali.test
  ignore_target_hosts = 10.0.0.0/8
  route_list = * 10.1.1.1
  transport = smtp
patterns:
  driver = manualroute
  domains = *.pat.test
  route_list = a.pat.test 10.3.3.3 ; ^([a-z]+)\.pat\.test\$ $1.10.in-addr.invalid byname ; *.pat.test 10.3.3.4 mailbox
  host_find_failed = pass
  transport = smtp
literals:
  driver = ipliteral
  self = defer
  transport = smtp
caught:
  driver = accept
  domains = notmore.test
  condition = no
  transport = mailbox
stops:
  driver = redirect
  domains = notmore.test
  data =
  cannot_route_message = nobody called $local_part here
  no_more
aliases:
  driver = redirect
  domains = tern.test
  allow_fail
  allow_defer
  data = ${lookup{$local_part}lsearch{DIR/etc/aliases}}
  pipe_transport = pipe
  file_transport = file
  directory_transport = file
strict:
  driver = redirect
  domains = strict.test
  forbid_blackhole
  forbid_include
  include_directory = /etc
  data = ${lookup{$local_part}lsearch{DIR/etc/aliases}}
affixes:
  driver = accept
  domains = tern.test
  local_part_prefix = real- : *--
  local_part_suffix = +* : -request
  local_part_suffix_optional
  local_parts = ann : bob
  transport = mailbox
plain:
  driver = accept
  domains = tern.test
  local_parts = self : carol
  transport = mailbox
  unseen = ${if eq{$local_part}{carol}{yes}{no}}
copied:
  driver = accept
  domains = tern.test
  local_parts = carol
  transport = file
begin transports
smtp:
  driver = smtp
mailbox:
  driver = appendfile
  file = /dev/null
file:
  driver = appendfile
pipe:
  driver = pipe
"""
ALIASES = """
two: foo@ok.test, bar@ok.test
fail: :fail: gone away
failcode: :fail:550 5.7.1 gone away
def: :defer: later
bh: :blackhole:
unk: :unknown:
pipe: |/bin/cat, /tmp/file, /tmp/dir/
syn: a@b@c
self: self, me@ok.test
inc: ":include:DIR/etc/list"
incmissing: :include:/etc/nowhere/list
increl: :include:list
bare: ok
null: <>
chain: chain2
chain2: two
tofail: fail
"""
ADDRESSES = [f"u@{name}.test" for name in (
    "nohost selfhost ok bad local nohosts dec ign fail sf ss srr rf ali nope a.pat b.pat notmore").split()]
ADDRESSES += [f"{name}@tern.test" for name in (
    "two fail failcode def bh unk pipe syn self inc chain tofail incmissing increl bare null real-ann real-ann+x x--bob "
    "x--bob-request ann real-dave carol").split()]
ADDRESSES += [f"{name}@strict.test" for name in "bh inc increl fail def".split()]
ADDRESSES += ["a@[10.1.1.1]", "a@[127.0.0.1]", "a@[IPv6:2001:db8::1]", "a@@b", "unq", "Fred <u@ok.test>"]


def shown(program, config, address):
    """What -bt shows, and the exit code.  The reference tells reasons to administrators only: to others neither has to."""
    done = subprocess.run([program, "-C", config, "-bt", address], capture_output=True, text=True, check=False, timeout=60)
    lines = done.stdout.splitlines()
    if os.getuid() != 0:
        lines = [line.split(": ")[0] for line in lines]
    return done.returncode, [compare.evened(line) for line in lines if line]


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_route_is_shown_as_the_reference_shows_it(tern, address):
    if not exim_program():
        pytest.skip("no Exim here (scripts/install-deps fetches it)")
    tern.write("etc/aliases", ALIASES.replace("DIR", tern.directory))
    tern.write("etc/list", "one@ok.test\n# note\ntwo@ok.test\n")
    config = tern.write("same.conf", CONFIG.replace("DIR", tern.directory).replace("EXIM_USER", tern.user.pw_name))
    if os.getuid() == 0:
        os.chown(config, 0, 0)
        os.chown(tern.directory, 0, 0)
    assert shown(tern.program, config, address) == shown(exim_program(), config, address)


def test_explain_tells_which_precondition_failed(tern):
    tern.configure(routers="""
odd:
  driver = accept
  domains = odd.example
  transport = maildir
even:
  driver = accept
  condition = ${if eq{$local_part}{bob}}
  transport = maildir
""")
    told = tern.run("-bt", "--explain", "ann@tern.example").out
    for text in ("routing ann@tern.example", "odd router skipped: domains mismatch", "even router skipped: condition"):
        assert text in told, told


def test_10000_recipients_cost_10000_times_one(tern):
    tern.configure(routers="""
void:
  driver = redirect
  data = :blackhole:
""")
    header = ",\n ".join(f"u{number}@tern.example" for number in range(10000))
    tern.run("-odf", "-t", stdin=f"To: {header}\nSubject: many\n\nx\n", deadline_s=60).ok()
    assert tern.log().count(":blackhole:") == 10000
    assert not tern.queue_ids()
