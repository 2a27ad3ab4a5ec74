"""A real DNS server (NSD) on a high loopback port, serving one zone: everything.  Names end in the root."""
import os
import shutil
import signal
import socket
import subprocess

import dns.exception
import dns.message
import dns.query

from . import wait

NSD = shutil.which("nsd", path=os.environ["PATH"] + ":/usr/sbin:/sbin")


class DnsServer:
    """add("mx.example A 127.0.0.2") takes zone file lines without a TTL; a name that was never added does not exist
    (NXDOMAIN).  broken("zone.example") makes a zone whose answers are SERVFAIL.  start() publishes what was added;
    later calls of publish() replace the served data."""

    def __init__(self, directory, address="127.0.0.1"):
        self.directory, self.address = directory, address
        self.port = wait.free_port(address)
        self.records, self.broken_zones, self.serial, self.process = [], [], 0, None
        os.makedirs(directory, exist_ok=True)

    def add(self, *lines):
        for text in lines:
            self.records += [line.strip() for line in text.splitlines() if line.strip()]
        if self.process:
            self.publish()
        return self

    def broken(self, zone):
        assert not self.process, "broken zones are named before the start"
        self.broken_zones.append(zone)
        return self

    def _write_zone(self):
        self.serial += 1
        with open(f"{self.directory}/zone.new", "w", encoding="utf-8") as out:
            out.write(f"$ORIGIN .\n$TTL 60\n. SOA ns. root. {self.serial} 3600 600 86400 5\n. NS ns.\n")
            out.write(f"ns. A {self.address}\n")
            for line in self.records:
                name, rest = line.split(None, 1)
                words = rest.split(None, 1)
                if words[0].isdigit():
                    out.write(f"{name} {words[0]} IN {words[1]}\n")
                else:
                    out.write(f"{name} IN {rest}\n")
        os.replace(f"{self.directory}/zone.new", f"{self.directory}/zone")

    def start(self):
        self._write_zone()
        where = self.directory
        with open(f"{where}/nsd.conf", "w", encoding="utf-8") as out:
            out.write(f"""server:
  ip-address: {self.address}
  port: {self.port}
  username: ""
  chroot: ""
  zonesdir: "{where}"
  database: ""
  pidfile: "{where}/nsd.pid"
  logfile: "{where}/nsd.log"
  zonelistfile: "{where}/zone.list"
  xfrdfile: "{where}/xfrd.state"
  xfrdir: "{where}"
  server-count: 1
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: "{where}/zone"
""")
            for zone in self.broken_zones:
                out.write(f'zone:\n  name: "{zone}"\n  zonefile: "{where}/missing-{zone}"\n')
        self.process = subprocess.Popen([NSD, "-d", "-c", f"{where}/nsd.conf"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._wait_serial()
        return self

    def publish(self):
        """Serve what was added since the start."""
        self._write_zone()
        self.process.send_signal(signal.SIGHUP)
        self._wait_serial()

    def _wait_serial(self):
        def served():
            assert self.process.poll() is None, "nsd ended: " + open(f"{self.directory}/nsd.log").read()
            try:
                question = dns.message.make_query(".", "SOA")
                answer = dns.query.udp(question, self.address, port=self.port, timeout=0.5)
                return answer.answer and answer.answer[0][0].serial == self.serial
            except (dns.exception.Timeout, OSError):
                return False
        wait.until(served, "the name server to serve its zone")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()


def silent_server(address="127.0.0.1"):
    """A socket that takes questions and never answers: a DNS timeout.  Returns (socket, port)."""
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((address, 0))
    return udp, udp.getsockname()[1]
