"""The small scenario language: one file says configuration, DNS, what peers answer, and what must come of it.

    # comment                                what the scenario shows (the first comment is its title)
    main     OPTION = VALUE                  a main option
    router   NAME : OPTION : OPTION ...      a router before the usual ones
    user     NAME                            a further local mailbox
    dns      NAME TYPE RDATA                 a record; "dns NAME broken" is a zone that answers SERVFAIL
    peer     ADDRESS [KEYWORD, KEYWORD ...]  a peer on that loopback address, offering these EHLO keywords
    on       ADDRESS COMMAND... = REPLY      what the peer answers ("drop" closes the connection)
    submit   SENDER -> RECIPIENT, ...        hand in a message; it waits on the queue ("<>" is the empty sender)
    smtp     SENDER -> RECIPIENT, ...        the same by SMTP to the daemon, delivered at once
    run      queue [OPTION]                  run the queue (-q, or -OPTION) and wait for its end
    log      TEXT ... TEXT                   a line of the main log holds these texts in this order
    nolog    TEXT ... TEXT                   no line does
    bounce   ADDRESS TEXT ... TEXT           that sender gets a bounce that holds these texts
    mailbox  USER COUNT [TEXT ... TEXT]      that local mailbox holds so many messages; one holds these texts
    arrives  ADDRESS COUNT                   the peer gets so many messages
    connects ADDRESS COUNT or none           how many connections that peer (or any) has seen
    queue    COUNT [TEXT]                    how many messages are held; -bp shows this text
"""
import re
import shlex

from .smtp_peer import Drop, Peer


class ScenarioError(Exception):
    pass


def holds(text, pattern):
    """Do these texts, parted by "...", stand in this text in this order?"""
    return re.search(".*?".join(re.escape(part.strip()) for part in pattern.split("...")), text, re.S) is not None


class Scenario:
    def __init__(self, path):
        with open(path, encoding="utf-8") as text:
            self.lines = text.read().splitlines()
        self.path = path

    @property
    def title(self):
        return next((line[1:].strip() for line in self.lines if line.startswith("#")), self.path)

    def play(self, tern, dns):
        """Run it with a fresh Tern and a name server not yet started."""
        self.tern, self.dns, self.peers, self.main, self.routers = tern, dns, {}, [], []
        self.is_running, self.users = False, []
        try:
            for number, line in enumerate(self.lines, 1):
                words = line.split("#")[0].split(None, 1) if line.startswith("#") else line.split(None, 1)
                if not words:
                    continue
                do = getattr(self, "do_" + words[0], None)
                if do is None:
                    raise ScenarioError(f"{self.path}:{number}: no such word: {words[0]}")
                try:
                    do(words[1].strip() if len(words) > 1 else "")
                except Exception as reason:
                    raise ScenarioError(f"{self.path}:{number}: {line}\n{reason}\n{tern.log()}{tern.log('panic')}") \
                        from reason
        finally:
            for peer in self.peers.values():
                peer.stop()

    def ready(self):
        """Everything is said that must be said before the first message."""
        if self.is_running:
            return
        self.is_running = True
        self.dns.start()
        self.tern.use_dns(self.dns)
        from . import tern as defaults
        routers = "".join(self.routers) + defaults.DEFAULT_ROUTERS
        if self.users:
            routers = routers.replace("= USERS", "= USERS : " + " : ".join(self.users))
        self.tern.configure(main="\n".join(self.main), routers=routers)

    # ---- what stands
    def do_main(self, text):
        self.main.append(text)

    def do_router(self, text):
        name, *options = [part.strip() for part in re.split(r"\s:\s", text)]
        self.routers.append(f"{name}:\n" + "".join(f"  {option}\n" for option in options))

    def do_user(self, text):
        self.users.append(text)

    def do_dns(self, text):
        if text.endswith(" broken"):
            self.dns.broken(text.split()[0])
        else:
            self.dns.add(text)

    def do_peer(self, text):
        address, _, keywords = text.partition(" ")
        more = {"keywords": [word.strip() for word in keywords.split(",")]} if keywords else {}
        self.peers[address] = Peer(address, self.tern.peer_port, name=f"peer-{address}", **more)

    def do_on(self, text):
        address, rule = text.split(None, 1)
        command, reply = (part.strip() for part in rule.rsplit(" = ", 1))
        self.peers[address].on(command, Drop if reply == "drop" else reply)

    # ---- what happens
    @staticmethod
    def envelope(text):
        sender, recipients = (part.strip() for part in text.split("->"))
        return ("" if sender == "<>" else sender), [one.strip() for one in recipients.split(",")]

    def do_submit(self, text):
        self.ready()
        self.tern.submit(*self.envelope(text), "From: a@tern.example\nSubject: test\n\nHello.\n", "-odq")

    def do_smtp(self, text):
        self.ready()
        if not self.tern.daemons:
            self.tern.start()
        with self.tern.smtp() as client:
            client.helo()
            client.message(*self.envelope(text), "From: a@tern.example\nSubject: test\n\nHello.\n")
            client.quit()

    def do_run(self, text):
        self.ready()
        words = shlex.split(text)
        if words[0] != "queue":
            raise ScenarioError("only the queue can be run")
        self.tern.run_queue(*(words[1:] or ["-q"]))

    # ---- what must hold
    def do_log(self, text):
        pattern = ".*".join(re.escape(part.strip()) for part in text.split("..."))
        self.tern.wait_log(pattern)

    def do_nolog(self, text):
        assert not any(holds(line, text) for line in self.tern.log().splitlines()), "the log holds it"

    def do_bounce(self, text):
        sender, _, pattern = text.partition(" ")
        for box in self.tern.wait_mail(sender.split("@")[0]):
            if "report-type=delivery-status" in box or "Auto-Submitted: auto-" in box:
                assert holds(box, pattern.strip()), f"the bounce does not hold it:\n{box}"
                return
        raise AssertionError("no bounce in that mailbox")

    def do_mailbox(self, text):
        user, count, *pattern = text.split(None, 2)
        box = self.tern.wait_mail(user, int(count)) if int(count) else self.tern.mailbox(user)
        assert len(box) == int(count), f"{len(box)} messages in the mailbox"
        assert not pattern or any(holds(each, pattern[0]) for each in box), "no message holds it:\n" + "\n".join(box)

    def do_arrives(self, text):
        address, count = text.split()
        assert len(self.peers[address].wait_messages(int(count))) == int(count)

    def do_connects(self, text):
        if text == "none":
            assert not any(peer.sessions for peer in self.peers.values()), "a peer was connected to"
        else:
            address, count = text.split()
            assert len(self.peers[address].sessions) == int(count), f"{len(self.peers[address].sessions)} connections"

    def do_queue(self, text):
        count, _, pattern = text.partition(" ")
        assert len(self.tern.queue_ids()) == int(count), f"held: {self.tern.queue_ids()}"
        if pattern:
            listing = self.tern.run("-bp").ok().out
            assert holds(listing, pattern), listing
