"""Hosts found by a real name server: MX order, self, null MX, SRV, temporary trouble; names of clients in host lists."""
import re

import pytest

ZONE = """
mx.tern.example A 127.0.0.1
a.example A 192.0.2.1
a.example AAAA 2001:db8::1
b.example A 192.0.2.2
b.example A 192.0.2.3
two.example MX 20 b.example.
two.example MX 10 a.example.
onlya.example A 192.0.2.9
alias.example CNAME two.example.
null.example MX 0 .
self.example MX 5 mx.tern.example.
self.example MX 10 b.example.
second.example MX 5 b.example.
second.example MX 10 mx.tern.example.
second.example MX 20 a.example.
gone.example MX 5 nothere.example.
literal.example MX 5 192.0.2.1.
rogue.example MX 5 localhost.example.
localhost.example A 127.0.0.9
loop1.example CNAME loop2.example.
loop2.example CNAME loop1.example.
srv.example A 192.0.2.50
_smtp._tcp.srv.example SRV 10 5 2525 a.example.
_smtp._tcp.srv.example SRV 20 0 25 b.example.
_smtp._tcp.nosrv.example SRV 0 0 0 .
nosrv.example MX 5 b.example.
client.example A 192.0.2.5
other.example A 192.0.2.5
liar.example A 192.0.2.99
5.2.0.192.in-addr.arpa PTR client.example.
5.2.0.192.in-addr.arpa PTR other.example.
6.2.0.192.in-addr.arpa PTR liar.example.
"""
ROUTERS = """
srv:
  driver = dnslookup
  domains = srv.example : nosrv.example
  check_srv = smtp
  transport = remote
  no_more
secondary:
  driver = dnslookup
  domains = @mx_secondary
  transport = remote
remote:
  driver = dnslookup
  ignore_target_hosts = 127.0.0.9
  self = fail
  transport = remote
  no_more
"""


@pytest.fixture
def named(tern, dns):
    dns.add(ZONE).broken("broken.example").start()
    tern.use_dns(dns)
    return tern


def hosts_of(result):
    """"a.example [192.0.2.1] MX=10" lines of -bt, in order."""
    return re.findall(r"host (\S+)\s+\[(\S+)\](?:.*?MX=(\d+))?", result.out)


def test_mx_hosts_come_in_order_of_preference(named):
    named.configure(routers=ROUTERS)
    hosts = hosts_of(named.run("-bt", "x@two.example"))
    assert [h[2] for h in hosts] == ["10", "10", "20", "20"]
    assert [h[1] for h in hosts[:2]] == ["2001:db8::1", "192.0.2.1"]
    assert {h[1] for h in hosts[2:]} == {"192.0.2.2", "192.0.2.3"}
    assert hosts_of(named.run("-bt", "x@alias.example"))[:2] == hosts[:2]


def test_without_mx_the_address_records_count(named):
    named.configure(routers=ROUTERS)
    assert [h[1] for h in hosts_of(named.run("-bt", "x@onlya.example"))] == ["192.0.2.9"]


def test_equal_preferences_are_shuffled(named):
    named.configure(routers=ROUTERS)
    firsts = {hosts_of(named.run("-bt", "x@two.example"))[2][1] for _ in range(40)}
    assert firsts == {"192.0.2.2", "192.0.2.3"}


@pytest.mark.parametrize("domain, text", [
    ("null.example", "unrouteable|Unrouteable|no SMTP service"), ("nothing.example", "nrouteable"), ("gone.example", "non-existent hosts"),
    ("literal.example", "nrouteable|IP address"), ("rogue.example", "non-existent hosts"), ("nosrv.example", "nrouteable|SMTP service"),
])
def test_a_domain_without_hosts_is_undeliverable(named, domain, text):
    named.configure(routers=ROUTERS)
    result = named.run("-bt", f"x@{domain}")
    assert result.code == 2 and re.search(text, result.out), result


@pytest.mark.parametrize("domain", ["broken.example", "x.broken.example", "loop1.example"])
def test_trouble_that_may_pass_defers(named, domain):
    named.configure(main="dns_retry = 1\ndns_retrans = 1s\n", routers=ROUTERS)
    result = named.run("-bt", f"x@{domain}")
    assert result.code == 1 and "host lookup did not complete" in result.out, result


def test_dns_again_means_nonexist(named):
    named.configure(main="dns_retry = 1\ndns_retrans = 1s\ndns_again_means_nonexist = *.broken.example\n", routers=ROUTERS)
    assert named.run("-bt", "x@x.broken.example").code == 2


def test_this_host_and_what_comes_after_it_is_left_out(named):
    named.configure(routers=ROUTERS)
    result = named.run("-bt", "x@second.example")
    assert "router = secondary" in result.out
    assert {h[1] for h in hosts_of(result)} == {"192.0.2.2", "192.0.2.3"}
    assert named.run("-bt", "x@self.example").code == 2


def test_srv_records_give_hosts_and_ports(named):
    named.configure(routers=ROUTERS)
    result = named.run("-bt", "x@srv.example")
    assert [h[1] for h in hosts_of(result)][:2] == ["2001:db8::1", "192.0.2.1"]
    assert "port=2525" in result.out or ":2525" in result.out or "2525" in result.out, result


HOST_ACL = """
acl_check_rcpt:
  accept
check:
  warn hosts = HOSTS
       logwrite = MATCHED
  accept logwrite = NAME <$sender_host_name> FULL <$sender_fullhost>
"""


def connect(tern, address, hosts, main=""):
    tern.configure(main=f"acl_smtp_connect = check\nHOSTS = {hosts}\n{main}", acl=HOST_ACL)
    result = tern.run("-bh", address, stdin="EHLO x.example\r\nQUIT\r\n")
    return result.out + result.err


@pytest.mark.parametrize("address, hosts, matches", [
    ("192.0.2.5", "*.example", True), ("192.0.2.5", "other.example", True), ("192.0.2.5", r"\N^other\.\N", True),
    ("192.0.2.6", "*.example", False), ("192.0.2.6", "+ignore_unknown : *.example : 192.0.2.6", True),
    ("192.0.2.6", "*.example : 192.0.2.6", False), ("192.0.2.6", "+include_unknown : *.example", True),
    ("192.0.2.7", "nothere.example : 192.0.2.7", False), ("192.0.2.7", "<; 192.0.2.0/29 ; ::1", True),
])
def test_clients_are_matched_by_name(named, address, hosts, matches):
    text = connect(named, address, hosts)
    assert ("LOG: MATCHED" in text) == matches, text


def test_a_name_counts_only_if_its_address_is_the_clients(named):
    assert "NAME <client.example> FULL <" in connect(named, "192.0.2.5", "192.0.2.5")
    text = connect(named, "192.0.2.6", "192.0.2.6")
    assert "NAME <> FULL <[192.0.2.6]>" in text, text
    assert "192.0.2.6 does not match any IP address for liar.example" in text


def test_a_name_server_that_does_not_answer_defers_what_needs_it(tern):
    tern.use_dns(9)
    tern.configure(main="dns_retry = 1\ndns_retrans = 1s\n", routers=ROUTERS)
    result = tern.run("-bt", "x@two.example")
    assert result.code == 1, result
