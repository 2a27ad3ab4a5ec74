"""A client that sends exactly the octets it is told to, and reads replies strictly."""
import re
import socket

from . import wait

REPLY = re.compile(rb"^([2345][0-9][0-9])([ -])(.*)\r\n$", re.S)


class Reply:
    def __init__(self, code, lines):
        self.code = code
        self.lines = lines

    @property
    def text(self):
        return "\n".join(self.lines)

    def __repr__(self):
        return f"{self.code} {' | '.join(self.lines)}"


def octets(data):
    return data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data


class Smtp:
    """One connection.  Use as a context manager; nothing is sent that the test did not ask for."""

    def __init__(self, address, timeout_s=None, source=None, greet=True):
        self.socket = socket.create_connection(address, timeout=timeout_s or wait.DEADLINE_S,
                                               source_address=(source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.banner = self.reply() if greet else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def shutdown_write(self):
        self.socket.shutdown(socket.SHUT_WR)

    def send(self, data):
        """Exactly these octets, in as few segments as the system likes."""
        self.socket.sendall(octets(data))

    def trickle(self, data):
        """One octet in each segment."""
        for i in range(len(octets(data))):
            self.socket.sendall(octets(data)[i:i + 1])

    def line(self):
        """The next line with its end; b"" at the end of the connection."""
        while b"\n" not in self.buffer:
            try:
                more = self.socket.recv(65536)
            except ConnectionResetError:
                more = b""
            if not more:
                rest, self.buffer = self.buffer, b""
                return rest
            self.buffer += more
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line + b"\n"

    def reply(self):
        """The next reply; None when the server has closed the connection."""
        lines = []
        while True:
            line = self.line()
            if not line and not lines:
                return None
            match = REPLY.match(line)
            assert match, f"not an SMTP reply line: {line!r} after {lines}"
            lines.append(match.group(3).decode("utf-8", "backslashreplace"))
            if match.group(2) == b" ":
                return Reply(int(match.group(1)), lines)

    def expect(self, code):
        """The next reply, which has this code (or one of these)."""
        reply = self.reply()
        codes = code if isinstance(code, (tuple, list, set)) else (code,)
        assert reply is not None and reply.code in codes, f"expected {code}, got {reply}"
        return reply

    def cmd(self, text, code=None):
        """Send a command line, return its reply (which has this code, if one is given)."""
        self.send(octets(text) + b"\r\n")
        return self.expect(code) if code else self.reply()

    def closed(self):
        """True once the server has closed the connection without a further reply."""
        return self.reply() is None

    def closed_or_alive(self):
        """False if the server has closed the connection; True if it still answers a NOOP."""
        try:
            self.send("NOOP\r\n")
        except OSError:
            return False
        return self.reply() is not None

    def helo(self, name="client.example"):
        return self.cmd(f"EHLO {name}", 250)

    def envelope(self, sender, *recipients):
        self.cmd(f"MAIL FROM:<{sender}>", 250)
        for recipient in recipients:
            self.cmd(f"RCPT TO:<{recipient}>", 250)

    def data(self, text, code=250):
        """DATA with this text: lines get CRLF, dots are stuffed."""
        self.cmd("DATA", 354)
        body = re.sub(rb"\r?\n", b"\r\n", octets(text))
        body = re.sub(rb"(?m)^\.", b"..", body)
        if not body.endswith(b"\r\n"):
            body += b"\r\n"
        self.send(body + b".\r\n")
        return self.expect(code)

    def message(self, sender, recipients, text, code=250):
        """A whole transaction; recipients is one address or a list."""
        self.envelope(sender, *([recipients] if isinstance(recipients, str) else recipients))
        return self.data(text, code)

    def quit(self):
        self.cmd("QUIT", 221)
        assert self.closed()
