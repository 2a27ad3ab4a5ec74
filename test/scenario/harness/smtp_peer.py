"""A scriptable SMTP (or LMTP) server: answers as told, records everything."""
import re
import socket
import threading

from . import wait


class Drop:
    """Close the connection instead of answering."""


class Stall:
    """Do not answer until release() is called (or the peer is stopped)."""

    def __init__(self, then=None):
        self.then = then
        self.event = threading.Event()
        self.reached = threading.Event()

    def release(self):
        self.event.set()

    def wait_reached(self):
        assert self.reached.wait(wait.DEADLINE_S), "the stalled command never came"


class Message:
    def __init__(self, session):
        self.session = session
        self.sender = session.sender
        self.sender_parameters = session.sender_parameters
        self.recipients = list(session.recipients)
        self.data = b""

    @property
    def text(self):
        return self.data.decode("utf-8", "backslashreplace")

    def header(self, name):
        """The value of the first such field, unfolded; None if there is none."""
        head = self.text.replace("\r\n", "\n").split("\n\n")[0]
        match = re.search(rf"(?mi)^{re.escape(name)}:[ \t]*(.*(?:\n[ \t].*)*)", head)
        return re.sub(r"\n[ \t]+", " ", match.group(1)) if match else None

    @property
    def body(self):
        return self.text.partition("\r\n\r\n")[2]


class Session:
    def __init__(self, peer, number, client):
        self.peer, self.number, self.client = peer, number, client
        self.commands = []          # every command line, without CRLF
        self.helo = None
        self.reset()

    def reset(self):
        self.sender = None
        self.sender_parameters = ""
        self.recipients = []
        self.chunks = b""


class Peer:
    """Listens on address:port.  on(PREFIX, ANSWER) answers commands that begin so (case ignored; "CONNECT" is the
    banner, "." the end of data); ANSWER is a reply line or several, Drop, a Stall, or a function of (session, line).
    The latest matching rule wins; times=N lets a rule serve N times."""

    def __init__(self, address="127.0.0.1", port=0, name="peer.example", keywords=("8BITMIME", "SIZE 0", "PIPELINING"),
                 lmtp=False):
        self.name, self.keywords, self.lmtp = name, list(keywords), lmtp
        self.rules, self.messages, self.sessions, self.wire = [], [], [], []
        self.changed = threading.Condition()
        self.listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, port))
        self.listener.listen(128)
        self.address, self.port = self.listener.getsockname()[:2]
        self.is_stopping = False
        self.sockets = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def on(self, prefix, answer, times=None):
        self.rules.insert(0, [prefix.lower(), answer, times])
        return answer

    def forget_rules(self):
        self.rules.clear()

    def stop(self):
        self.is_stopping = True
        for rule in self.rules:
            if isinstance(rule[1], Stall):
                rule[1].release()
        for each in [self.listener, *self.sockets]:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()

    def wait_messages(self, count=1, deadline_s=None):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.messages) >= count, deadline_s or wait.DEADLINE_S), \
                f"{self.name} got {len(self.messages)} messages, not {count}"
        return self.messages

    def wait_sessions(self, count=1):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.sessions) >= count, wait.DEADLINE_S), \
                f"{self.name} saw {len(self.sessions)} connections, not {count}"
        return self.sessions

    # ---- inside
    def _note(self, where, what):
        with self.changed:
            where.append(what)
            self.changed.notify_all()

    def _accept(self):
        while not self.is_stopping:
            try:
                connection, client = self.listener.accept()
            except OSError:
                return
            self.sockets.add(connection)
            session = Session(self, len(self.sessions), client)
            self._note(self.sessions, session)
            threading.Thread(target=self._serve, args=(connection, session), daemon=True).start()

    def _ruled(self, line):
        for rule in self.rules:
            if line.lower().startswith(rule[0]) and rule[2] != 0:
                if rule[2] is not None:
                    rule[2] -= 1
                return rule[1]
        return None

    def _answer(self, connection, session, line, usual):
        """Send the ruled answer, or the usual one; True if it was positive."""
        answer = self._ruled(line)
        if callable(answer) and not isinstance(answer, type):
            answer = answer(session, line)
        if isinstance(answer, Stall):
            answer.reached.set()
            answer.event.wait()
            answer = answer.then
        if answer is Drop or isinstance(answer, Drop):
            raise ConnectionAbortedError
        answer = usual if answer is None else answer
        raw = answer if isinstance(answer, bytes) else answer.replace("\n", "\r\n").encode() + b"\r\n"
        connection.sendall(raw)
        return raw[:1] in b"23"

    def _serve(self, connection, session):
        stream = connection.makefile("rb")
        try:
            self._answer(connection, session, "CONNECT", f"220 {self.name} ESMTP")
            while True:
                raw = stream.readline()
                if not raw:
                    break
                line = raw.rstrip(b"\r\n").decode("utf-8", "backslashreplace")
                session.commands.append(line)
                if not self._command(connection, stream, session, line):
                    break
        except OSError:
            pass
        finally:
            stream.close()
            connection.close()
            self.sockets.discard(connection)

    def _command(self, connection, stream, session, line):
        verb = line.split(" ")[0].upper()
        if verb in ("EHLO", "LHLO"):
            session.helo = line[5:]
            session.reset()
            texts = [f"{self.name} greets you", *self.keywords]
            self._answer(connection, session, line, "\n".join(
                f"250{' ' if i == len(texts) - 1 else '-'}{text}" for i, text in enumerate(texts)))
        elif verb == "HELO":
            session.helo = line[5:]
            session.reset()
            self._answer(connection, session, line, f"250 {self.name}")
        elif verb == "MAIL":
            if self._answer(connection, session, line, "250 2.1.0 sender ok"):
                match = re.match(r"(?i)MAIL FROM:\s*<(.*?)>\s*(.*)", line)
                session.reset()
                session.sender, session.sender_parameters = match.group(1), match.group(2)
        elif verb == "RCPT":
            if self._answer(connection, session, line, "250 2.1.5 recipient ok"):
                session.recipients.append(re.match(r"(?i)RCPT TO:\s*<(.*?)>", line).group(1))
        elif verb == "DATA":
            usual = "354 go on" if session.recipients else "503 5.5.1 no recipients"
            if self._answer(connection, session, line, usual):
                self._data(connection, stream, session)
        elif verb == "BDAT":
            self._chunk(connection, stream, session, line)
        elif verb == "QUIT":
            self._answer(connection, session, line, f"221 {self.name} closes")
            return False
        elif verb in ("RSET", "NOOP"):
            if verb == "RSET":
                session.reset()
            self._answer(connection, session, line, "250 2.0.0 ok")
        else:
            self._answer(connection, session, line, "500 5.5.2 unknown command")
        return True

    def _data(self, connection, stream, session):
        data = b""
        while True:
            line = stream.readline()
            if not line:
                raise ConnectionAbortedError
            if line == b".\r\n":
                break
            data += line[1:] if line.startswith(b".") else line
        self._finish(connection, session, data)

    def _chunk(self, connection, stream, session, line):
        words = line.split()
        session.chunks += stream.read(int(words[1]))
        if words[-1].upper() == "LAST":
            self._finish(connection, session, session.chunks)
        else:
            self._answer(connection, session, line, "250 2.0.0 chunk ok")

    def _finish(self, connection, session, data):
        message = Message(session)
        message.data = data
        good = []
        if self.lmtp:
            for recipient in message.recipients:
                if self._answer(connection, session, f". {recipient}", f"250 2.0.0 {recipient} ok"):
                    good.append(recipient)
        elif self._answer(connection, session, ".", f"250 2.0.0 ok {len(self.messages) + 1}"):
            good = message.recipients
        if good:
            message.recipients = good
            self._note(self.messages, message)
        session.reset()
