"""Builds a mapped cluster out of namespaces, and takes it down again.

Namespaces are called PREFIX.NAME: one for each host and switch and PREFIX.management. Every interface is
made inside one of them; the machine's own namespace is never changed.

Each end of a cable sends through a token bucket (tbf). One TCP stream then gets 99 % of a rate of 150 to
600 Mb/s with these numbers. A burst of 64 KiB costs 1 to 3 % at 600 Mb/s, since on a busy machine a late timer
loses what does not fit into the bucket; 1,500 bytes instead of 9,000 cost 4 %, since the bucket counts
headers too. LATENCY is how long the queue before a full bucket may get: a switch's buffer.

TCP's congestion control is cubic by the routes, whatever the machine's own is: with bbr the rings of Open
MPI were 7 % slower.

The management network joins all hosts: interface "mgmt", 10.83.255.HOST, and .254 is its bridge. It runs
at 100 Mb/s each way, so that what goes there by mistake is slow. libfabric 1.17 does just that when it is
given no source address, even when it is told the domain nic1. A socket that is bound to an interface's
address sends through this interface; what only another interface of the host reaches is refused to it.
Where hosts have no segment in common they forward for each other on shortest ways.
"""

import json
import os
import shutil
import signal
import subprocess
import time

from mapping import MANAGEMENT, NETWORK, Refused

MTU = 9000
BURST = 256 << 10  # bytes
LATENCY = "20ms"
CONGESTION_CONTROL = "congctl cubic"
MANAGEMENT_RATE = 100 * 10**6  # bit/s
BRIDGE_ADDRESS = f"{NETWORK}.{MANAGEMENT}.254"
HOST_SETTINGS = ("net/ipv4/conf/all/rp_filter=0", "net/ipv4/conf/default/rp_filter=0",
                 "net/ipv4/conf/all/arp_ignore=1", "net/ipv4/conf/all/arp_announce=2")
QUIET = ("net/ipv6/conf/all/disable_ipv6=1", "net/ipv6/conf/default/disable_ipv6=1")


def missing():
    """Why no cluster can be built here, or nothing."""
    if os.geteuid() != 0:
        return "namespaces need root"
    lacking = [tool for tool in ("ip", "tc", "sysctl") if not shutil.which(tool)]
    if lacking:
        return f"there is no {' and no '.join(lacking)}"
    name = f"pleach-probe{os.getpid()}"
    try:
        for words in (f"ip netns add {name}", f"ip -n {name} link add dev v0 type veth peer name v1",
                      f"ip -n {name} link add dev v2 type bridge",
                      f"tc -n {name} qdisc add dev v0 root tbf rate 1mbit burst 10000 latency 1ms"):
            tried = subprocess.run(words.split(), capture_output=True, text=True)
            if tried.returncode != 0:
                return f"this kernel refuses \"{words}\" ({tried.stderr.strip()})"
    finally:
        subprocess.run(["ip", "netns", "del", name], capture_output=True)
    return None


def commands(cluster, prefix):
    """What `ip` and `tc` are told, as batches in order: (words of the command, its input's lines)."""
    hosts = list(cluster.hosts.values())
    names = [host.name for host in hosts] + cluster.switches + ["management"]
    yield ["ip", "-batch", "-"], [f"netns add {prefix}.{name}" for name in names]
    for name in names:
        settings = list(QUIET)
        if name in cluster.hosts:
            settings += HOST_SETTINGS + (("net/ipv4/ip_forward=1",) if cluster.forwards() else ())
        yield ["ip", "netns", "exec", f"{prefix}.{name}", "sysctl", "-q", "-p", "-"], \
            [setting.replace("/", ".") for setting in settings]
    bridges = [(name, "bridge") for name in cluster.switches] + [("management", "mgmt")]
    cables = [(a.namespace, a.interface, int(a.rate), b.namespace, b.interface, int(b.rate))
              for a, b in cluster.cables]
    cables += [(host.name, "mgmt", MANAGEMENT_RATE, "management", f"port{host.index}", MANAGEMENT_RATE)
               for host in hosts]
    lines = [f"link add name {bridge} netns {prefix}.{name} type bridge stp_state 0" for name, bridge in bridges]
    for a, on_a, _, b, on_b, _ in cables:
        lines.append(f"link add name {on_a} netns {prefix}.{a} mtu {MTU} type veth "
                     f"peer name {on_b} netns {prefix}.{b} mtu {MTU}")
    yield ["ip", "-batch", "-"], lines
    shaped = [end for cable in cables for end in (cable[:3], cable[3:])]
    bridge_of = dict(bridges)
    for name in names:
        mine = [(interface, rate) for namespace, interface, rate in shaped if namespace == name]
        yield ["tc", "-n", f"{prefix}.{name}", "-batch", "-"], \
            [f"qdisc add dev {interface} root tbf rate {rate}bit burst {BURST} latency {LATENCY}"
             for interface, rate in mine]
        lines = ["link set lo up"]
        if name in bridge_of:
            lines += [f"link set {bridge_of[name]} mtu {MTU} up"]
            lines += [f"link set {interface} master {bridge_of[name]} up" for interface, _ in mine]
        else:
            lines += [f"link set {interface} up" for interface, _ in mine]
        if name == "management":
            lines.append(f"addr add {BRIDGE_ADDRESS}/24 dev mgmt")
        if name in cluster.hosts:
            lines += addresses(cluster.hosts[name])
        yield ["ip", "-n", f"{prefix}.{name}", "-batch", "-"], lines


def addresses(host):
    """The lines that give one host its addresses and routes."""
    subnets = [(nic.name, nic.address, f"{NETWORK}.{nic.segment}.0/24") for nic in host.interfaces]
    subnets.append(("mgmt", host.management, f"{NETWORK}.{MANAGEMENT}.0/24"))
    lines = []
    for name, address, subnet in subnets:
        lines.append(f"addr add {address}/24 dev {name} noprefixroute")
        if not any(f"route add {subnet} " in line for line in lines):  # else two nics share it
            lines.append(f"route add {subnet} dev {name} src {address} {CONGESTION_CONTROL}")
    lines += [f"route add {NETWORK}.{segment}.0/24 via {gateway} dev {name} {CONGESTION_CONTROL}"
              for segment, gateway, name in host.routes]
    for number, (name, address, subnet) in enumerate(subnets):
        table = 100 + number
        lines.append(f"rule add from {address} lookup {table} priority {table}")
        lines.append(f"route add {subnet} dev {name} src {address} table {table} {CONGESTION_CONTROL}")
        others = {other for _, _, other in subnets} - {subnet}
        # The management network leads nowhere else; other remote segments take the shortest way.
        for other in ["default"] if name == "mgmt" else sorted(others):
            lines.append(f"route add unreachable {other} table {table}")
    return lines


def up(cluster, prefix):
    """Needs: root. What had this prefix is gone first. Throws Refused with what a tool said."""
    down(prefix)
    try:
        for words, lines in commands(cluster, prefix):
            done = subprocess.run(words, input="\n".join(lines) + "\n", capture_output=True, text=True,
                                  timeout=60)
            if done.returncode != 0:
                raise Refused(f"{' '.join(words)} failed: {done.stderr.strip()}")
    except BaseException:
        down(prefix)
        raise


def namespaces(prefix):
    listed = subprocess.run(["ip", "-j", "netns", "list"], capture_output=True, text=True, check=True)
    names = [entry["name"] for entry in json.loads(listed.stdout or "[]")]
    return [name for name in names if name.partition(".")[0] == prefix and "." in name]


def processes(namespace):
    found = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True)
    return [int(word) for word in found.stdout.split()]


def down(prefix):
    """Ends what runs in the namespaces of `prefix` and removes them; returns how many there were."""
    names = namespaces(prefix)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        running = [process for name in names for process in processes(name)]
        if not running:
            break
        for process in running:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it ended by itself
        time.sleep(0.02)
    for name in names:
        subprocess.run(["ip", "netns", "del", name], check=True)
    return len(names)


def sent_bytes(cluster, prefix):
    """Host -> interface -> bytes it has sent so far."""
    counters = {}
    for host in cluster.hosts.values():
        done = subprocess.run(["ip", "-n", f"{prefix}.{host.name}", "-s", "-j", "link"],
                              capture_output=True, text=True, check=True)
        counters[host.name] = {link["ifname"]: link["stats64"]["tx"]["bytes"]
                               for link in json.loads(done.stdout) if link["ifname"] != "lo"}
    return counters
