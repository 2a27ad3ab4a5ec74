"""What the processes of a program are, read from /proc."""
import os
import threading


class Process:
    def __init__(self, pid):
        self.pid = pid
        self.uids = self.gids = ()
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as status:
            for line in status:
                name, _, value = line.partition(":")
                if name == "Uid":
                    self.uids = tuple(int(word) for word in value.split())
                elif name == "Gid":
                    self.gids = tuple(int(word) for word in value.split())
                elif name == "NoNewPrivs":
                    self.no_new_privs = value.strip() == "1"
                elif name == "PPid":
                    self.parent = int(value)
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as command:
            self.command = command.read().replace("\0", " ").strip()

    def __repr__(self):
        return f"{self.pid} uids={self.uids} gids={self.gids} {self.command}"


def processes():
    """All processes there are at this moment."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                found.append(Process(int(name)))
            except (OSError, ValueError):
                pass
    return found


def family(pid):
    """This process and all that descend from it now."""
    everyone = processes()
    members, pending = [each for each in everyone if each.pid == pid], [pid]
    while pending:
        parent = pending.pop()
        for each in everyone:
            if each.parent == parent:
                members.append(each)
                pending.append(each.pid)
    return members


def open_files(pid):
    """What the descriptors of a process stand for."""
    where = f"/proc/{pid}/fd"
    return {int(name): os.readlink(f"{where}/{name}") for name in os.listdir(where)}


class UidWatcher:
    """Looks at the family of a process again and again, from a thread; keeps every (pid, uids, command) it saw.
    Short lives can be missed: a scenario holds the moment that matters open (a peer that stalls) as well."""

    def __init__(self, pid):
        self.pid, self.seen, self.is_stopping = pid, {}, threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_stopping.set()
        self.thread.join()

    def _watch(self):
        while not self.is_stopping.wait(0.001):
            for process in family(self.pid):
                self.seen[(process.pid, process.uids)] = process

    def with_uid(self, uid):
        """Processes seen with this uid as any of their four, the watched one itself left out."""
        return [process for (pid, uids), process in self.seen.items() if uid in uids and pid != self.pid]
