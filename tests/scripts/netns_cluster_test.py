#!/usr/bin/env python3
"""Builds clusters of namespaces, looks into them and takes them down. Without root, ip or tc it says
"skipped: …" and exits 77."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts/netns"))
sys.dont_write_bytecode = True
import kernel  # noqa: E402

TOOL = ROOT / "scripts/netns_cluster"
PREFIX = f"test{os.getpid()}"
# Sends a mebibyte from one address to another, and waits until all of it has arrived.
SENDER = """
import socket, sys
with socket.create_connection((sys.argv[2], 29600), timeout=20, source_address=(sys.argv[1], 0)) as s:
    s.sendall(bytes(1 << 20)); s.shutdown(socket.SHUT_WR); s.settimeout(20); print(s.recv(99).decode())
"""
RECEIVER = """
import socket, sys
with socket.create_server((sys.argv[1], 29600)) as server:
    server.settimeout(20); print("ready", flush=True)
    s = server.accept()[0]; s.settimeout(20); got = 0
    while count := len(s.recv(1 << 16)): got += count
    s.sendall(str(got).encode())
"""


def topology(name):
    return ROOT / "bench/topologies/netns" / f"{name}.json"


def cluster(*words, timeout=60):
    return subprocess.run([TOOL, *map(str, words)], capture_output=True, text=True, timeout=timeout)


class Cluster(unittest.TestCase):
    def setUp(self):
        self.prefix = PREFIX
        self.outside = links_outside()

    def tearDown(self):
        kernel.down(self.prefix)
        self.assertEqual(links_outside(), self.outside)

    def up(self, name):
        path = name if isinstance(name, pathlib.Path) else topology(name)
        done = cluster("up", path, "--prefix", self.prefix)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def exec(self, host, *command):
        return cluster("exec", host, "--prefix", self.prefix, "--", *command)

    def python(self, host, program, *words):
        return ["ip", "netns", "exec", f"{self.prefix}.{host}", sys.executable, "-c", program, *words]

    def send(self, source, own, target, address):
        """What the sender printed: the number of bytes that arrived, or its error."""
        with subprocess.Popen(self.python(target, RECEIVER, address), stdout=subprocess.PIPE,
                              text=True) as receiver:
            self.assertEqual(receiver.stdout.readline(), "ready\n")
            try:
                done = subprocess.run(self.python(source, SENDER, own, address), capture_output=True,
                                      text=True, timeout=60)
            finally:
                receiver.kill()
        return (done.stdout + done.stderr).strip()

    def sent(self, host):
        shown = json.loads(self.exec(host, "ip", "-s", "-j", "link").stdout)
        return {link["ifname"]: link["stats64"]["tx"]["bytes"] for link in shown}

    def test_up_exec_down(self):
        self.up("star4")
        self.up("star4")  # in place of the first
        self.assertEqual(sorted(kernel.namespaces(self.prefix)),
                         [f"{self.prefix}.{name}" for name in ["h0", "h1", "h2", "h3", "management", "s0"]])
        shown = json.loads(self.exec("h3", "ip", "-j", "addr").stdout)
        self.assertEqual([(link["ifname"], link["mtu"], link["addr_info"][0]["local"])
                          for link in shown if link["ifname"] != "lo"],
                         [("nic0", 9000, "10.83.0.4"), ("mgmt", 9000, "10.83.255.4")])
        rates = {entry["dev"]: entry["options"]["rate"] for entry in
                 json.loads(self.exec("h3", "tc", "-j", "qdisc").stdout) if entry["kind"] == "tbf"}
        self.assertEqual(rates, {"nic0": 150_000_000 // 8, "mgmt": 100_000_000 // 8})
        self.assertEqual(self.exec("h3", "sh", "-c", "exit 9").returncode, 9)
        missing = self.exec("h4", "true")
        self.assertEqual(missing.returncode, 1)
        self.assertIn('there is no host "h4"', missing.stderr)
        left = subprocess.Popen(self.python("h0", "import time; time.sleep(600)"))
        for _ in range(2):  # the second has nothing to do
            self.assertEqual(cluster("down", "--prefix", self.prefix).returncode, 0)
        self.assertEqual(left.wait(20), -signal.SIGKILL)
        self.assertEqual(kernel.namespaces(self.prefix), [])

    def test_another_prefix_is_left_alone(self):
        self.up("star4")
        for other in [self.prefix[:-1], self.prefix + "0", self.prefix + "-h0"]:
            self.assertEqual(cluster("down", "--prefix", other).returncode, 0)
        self.assertEqual(len(kernel.namespaces(self.prefix)), 6)

    def test_an_address_sends_through_its_interface(self):
        self.up("rails2x4")
        before = self.sent("h0")
        self.assertEqual(self.send("h0", "10.83.1.1", "h1", "10.83.1.2"), str(1 << 20))
        grown = {name: count - before[name] for name, count in self.sent("h0").items()}
        self.assertGreater(grown["nic1"], 1 << 20)
        self.assertLess(max(grown["nic0"], grown["mgmt"]), 1 << 14)
        # Rails do not mix, and neither uses the management network.
        for own, address in [("10.83.0.1", "10.83.1.2"), ("10.83.1.1", "10.83.255.2"),
                             ("10.83.255.1", "10.83.0.2")]:
            self.assertRegex(self.send("h0", own, "h1", address), "No route to host|unreachable")
        self.assertEqual(self.send("h0", "10.83.255.1", "h1", "10.83.255.2"), str(1 << 20))

    def test_two_interfaces_on_one_switch(self):
        links = [("g0", "a"), ("g0", "b"), ("g1", "c"), ("a", "s"), ("b", "s"), ("c", "s")]
        types = {"g0": "gpu", "g1": "gpu", "a": "nic", "b": "nic", "c": "nic", "s": "switch"}
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "double.json"
            path.write_text(json.dumps({
                "format": "pleach-topology/1", "name": "double",
                "nodes": [{"id": name, "type": kind} for name, kind in types.items()],
                "links": [{"between": pair, "bandwidth": "200 Mb/s"} for pair in links]}))
            self.up(path)
        for sender, address in [("nic0", "10.83.0.1"), ("nic1", "10.83.0.2")]:
            before = self.sent("g0")
            self.assertEqual(self.send("g0", address, "g1", "10.83.0.3"), str(1 << 20))
            grown = {name: count - before[name] for name, count in self.sent("g0").items()}
            self.assertGreater(grown.pop(sender), 1 << 20)
            self.assertLess(max(grown.values()), 1 << 14)

    def test_a_trunk_passes_on(self):
        self.up("trunk2x3")
        self.assertEqual(self.send("h0", "10.83.0.1", "h5", "10.83.0.6"), str(1 << 20))

    def test_a_ring_forwards(self):
        self.up("ring6")
        before = self.sent("h1")
        self.assertEqual(self.send("h0", "10.83.1.1", "h3", "10.83.3.2"), str(1 << 20))
        self.assertGreater(self.sent("h1")["nic1"] - before["nic1"], 1 << 20)  # h1 passed it on

    def test_run(self):
        done = cluster("run", topology("rails2x4"), "--prefix", self.prefix, "--", "sh", "-c",
                       'echo $PLEACH_RANK/$PLEACH_RANKS $PLEACH_LOCAL_RANK $PLEACH_HOST_ID $PLEACH_HOST_NAME '
                       '$PLEACH_ROOT '
                       '$PLEACH_FABRIC_PROVIDER $PLEACH_FABRIC_RAILS')
        self.assertEqual(sorted(done.stdout.splitlines()),
                         [f"[{i}] {i}/4 0 h{i} h{i} 10.83.255.1:29400 tcp 10.83.0.{i + 1},10.83.1.{i + 1}"
                          for i in range(4)])
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(kernel.namespaces(self.prefix), [])

    def test_run_fails_as_the_first_that_fails(self):
        done = cluster("run", topology("star4"), "--prefix", self.prefix, "--", "sh", "-c",
                       "case $PLEACH_RANK in 2) exit 5;; 3) sleep 2; exit 6;; esac")
        self.assertEqual(done.returncode, 5)
        done = cluster("run", topology("star4"), "--prefix", self.prefix, "--", "/no/such/program")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("/no/such/program", done.stdout)
        self.assertEqual(kernel.namespaces(self.prefix), [])

    def test_run_ends_in_time(self):
        done = cluster("run", topology("star4"), "--prefix", self.prefix, "--timeout", "1", "--", "sh",
                       "-c", "[ $PLEACH_RANK = 0 ] || sleep 600 & wait")
        self.assertEqual(done.returncode, 124)
        self.assertIn("ranks 1, 2, 3 did not end within 1 s", done.stderr)
        self.assertEqual(kernel.namespaces(self.prefix), [])

    def test_run_leaves_nothing_after_a_signal(self):
        for number, code in [(signal.SIGINT, 130), (signal.SIGTERM, 143)]:
            with subprocess.Popen([TOOL, "run", topology("star4"), "--prefix", self.prefix, "--", "sh",
                                   "-c", "echo on; sleep 600"], stdout=subprocess.PIPE, text=True) as run:
                self.assertRegex(run.stdout.readline(), r"\[\d\] on")
                run.send_signal(number)
                self.assertEqual(run.wait(20), code)
            self.assertEqual(kernel.namespaces(self.prefix), [])

    def test_wrong_words(self):
        for words, message in [(["up"], "up needs a TOPOLOGY"), (["exec", "h0"], "exec needs a command"),
                               (["down", "x"], "down takes no name"),
                               (["up", topology("star4"), "--prefix", "A.b"], 'the prefix "A.b"'),
                               (["up", "none.json"], "none.json can not be read")]:
            done = cluster(*words)
            self.assertEqual(done.returncode, 1, words)
            self.assertIn(message, done.stderr)


def links_outside():
    """The interfaces of the namespace the test itself is in: no cluster may change them."""
    shown = subprocess.run(["ip", "-j", "link"], capture_output=True, text=True, check=True)
    return [link["ifname"] for link in json.loads(shown.stdout)]


reason = kernel.missing()
if reason:
    print(f"skipped: {reason}")
    sys.exit(77)
unittest.main()
