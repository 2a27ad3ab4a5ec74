"""-be and -bem, and what expansions ask of the world outside: DNS, sockets, programs."""
import os
import socket
import threading

ZONE = """
one.example A 127.0.0.2
one.example A 127.0.0.3
one.example AAAA ::2
mail.example MX 10 one.example.
mail.example MX 20 two.example.
text.example TXT "first part" "second part"
_smtp._tcp.srv.example SRV 1 2 25 one.example.
alias.example CNAME one.example.
2.0.0.127.in-addr.arpa PTR one.example.
_25._tcp.one.example TLSA 3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
"""


def ask(tern, *expressions):
    return tern.run("-be", *expressions).ok().out.rstrip("\n").split("\n")


def test_lines_of_standard_input_are_expanded(tern):
    tern.configure()
    result = tern.run("-be", stdin="${lc:ABC}\na\\\n   b\n${if\n$1\n").ok()
    assert result.out == '> abc\n> ab\n> Failed: condition name expected, but found ""\n> \n> \n'


def test_arguments_are_expanded_and_macros_are_not(tern):
    tern.configure(main="MACRO = value\n")
    assert ask(tern, "${uc:a}", "MACRO", "$primary_hostname") == ["A", "MACRO", "mx.tern.example"]


def test_a_message_can_be_looked_into(tern):
    tern.configure()
    tern.write("message",
               "From: ann@tern.example\nSubject: =?iso-8859-1?Q?caf=E9?=\nX: a\n  b\n\nThe body.\nTwo lines.\n")
    result = tern.run("-bem", tern.path("message"), "$h_subject:", "$rh_x:", "$message_body", "$body_linecount").ok()
    assert result.out == "café\n a\n  b\n\nThe body. Two lines. \n2\n"


def test_what_comes_from_a_message_is_not_expanded(tern):
    tern.configure()
    touched = tern.path("touched")
    tern.write("message", "Subject: ${run{/bin/touch " + touched + "}}$primary_hostname\n\n")
    result = tern.run("-bem", tern.path("message"), "$h_subject:", "${expand:$h_subject:}", "${run{$h_subject:}}").ok()
    first, second, third = result.out.splitlines()
    assert first == "${run{/bin/touch " + touched + "}}$primary_hostname"
    assert "attempt to expand tainted string" in second
    assert "Attempt to exec tainted path" in third
    assert not tern.run("-be", "${if exists{" + touched + "}{there}{no}}").ok().out.startswith("there")


def test_an_error_is_one_line_and_the_rest_goes_on(tern):
    tern.configure()
    assert ask(tern, "${nosuch:x}", "ok") == ['Failed: unknown expansion operator "nosuch"', "ok"]


def test_explain_shows_each_part_with_its_value(tern):
    tern.configure()
    out = tern.run("-be", "--explain", "${lc:A${uc:b}}").ok().out
    assert "${uc:b}" in out and '=> "B"' in out and "result: ab" in out


def test_dns_records_of_every_type(tern, dns):
    dns.add(ZONE).broken("broken.example").start()
    tern.use_dns(dns).configure()
    facts = {
        "a=one.example": "127.0.0.2|127.0.0.3", "aaaa=one.example": "::2",
            "mx=mail.example": "10 one.example|20 two.example",
        "mxh=mail.example": "one.example|two.example", "txt=text.example": "first part", "srv=_smtp._tcp.srv.example":
        "1 2 25 one.example", "cname=alias.example": "one.example", "a=alias.example": "127.0.0.2|127.0.0.3",
        "ptr=127.0.0.2": "one.example", "a+=one.example": "127.0.0.2|127.0.0.3|::2",
        "a=one.example:nosuch.example": "127.0.0.2|127.0.0.3", "a=nosuch.example": "none",
        "defer_never,a=x.broken.example": "none", "a=x.broken.example:one.example": "127.0.0.2|127.0.0.3",
        "tlsa=_25._tcp.one.example": "3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    }
    answers = ask(tern,
                  *("${sg{${sort{<\\n ${lookup dnsdb{" + query + "}{$value}{none}}}{lt}{$item}}}{\\n}{|}}" for query in facts))
    assert dict(zip(facts, answers)) == facts
    separated = ask(tern, "${lookup dnsdb{>:,; mx=mail.example}}", "${lookup dnsdb{>\\; txt=text.example}}",
                    "${lookup dnsdb{>:,/ txt=text.example}}")
    assert sorted(separated[0].split(":")) == ["10;one.example", "20;two.example"]
    assert separated[2] == "first part/second part"
    deferred = ask(tern, "${lookup dnsdb{a=x.broken.example}}",
                   "${lookup dnsdb{defer_strict,a=x.broken.example:one.example}}")
    assert all("gave DEFER" in line for line in deferred)


def serve_once(server, answer, seen):
    client, _ = server.accept()
    with client:
        request = b""
        while part := client.recv(4096):
            request += part
        seen.append(request)
        client.sendall(answer)


def test_sockets_are_asked(tern):
    tern.configure()
    seen = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        thread = threading.Thread(target=serve_once, args=(server, b"one\ntwo\n", seen))
        thread.start()
        assert ask(tern, "${readsocket{inet:127.0.0.1:%d}{hello}{5s}{|}}" % port) == ["one|two|"]
        thread.join()
    assert seen == [b"hello"]
    path = tern.path("socket")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(1)
        os.chmod(path, 0o777)
        thread = threading.Thread(target=serve_once, args=(server, b"yes", seen))
        thread.start()
        assert ask(tern, "${readsocket{%s}{question}}" % path) == ["yes"]
        thread.join()
    assert ask(tern, "${readsocket{%s}{x}{1s}{}{closed}}" % path) == ["closed"]


def test_programs_get_no_shell_and_their_code_stays(tern):
    tern.configure()
    assert ask(tern, "${run{/bin/echo a;b \\$(id) '*'}}")[0] == "a;b $(id) *"
    assert ask(tern, "${run{/bin/sh -c \"echo out; exit 3\"}{y}{$value$runrc}}") == ["out", "3"]
    assert ask(tern, "${run{/nosuch/program}{y}{n$runrc}}") == ["n127"]


def test_budgets_defer(tern):
    tern.configure(main="expand_max_steps = 1000\nexpand_max_size = 10K\nexpand_max_depth = 5\n")
    many = ":".join(str(number) for number in range(2000))
    answers = ask(tern, "${map{" + many + "}{${lc:$item}}}", "${map{" + "x" * 9 + "}{" + "y" * 12000 + "}}")
    assert "expand_max_steps" in answers[0]
    assert "expand_max_size" in answers[1]
