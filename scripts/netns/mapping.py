"""How a pleach-topology/1 file becomes hosts, interfaces, bridges and cables. Touches nothing.

The file is in the plain form: nodes, links and, if wanted, `ranks` as ids; a link has `between` or
`from`/`to`, `bandwidth`, `reverse_bandwidth`, `count`. The rule:

  host       the label "host" of a gpu, or the gpu's id without one. A nic is in the host of the gpus it
             has links with. A switch, cpu or nic with the label is in that host as well.
  interface  each nic, named nic0, nic1, … in file order within its host, with an address of its own
  bridge     each switch outside the hosts, in a namespace of its own
  cable      a veth pair for each pair of nodes with links that leave a host: nic and switch, nic and
             nic, switch and switch. Each end sends at the sum of the links' rates in its direction.
             A nic has one cable. Links inside a host are not shaped, so each must be as fast as the
             fastest cable of that host.
  segment    what cables and bridges join: one subnet, 10.83.SEGMENT.0/24
  rails      the nics a gpu has links with, in file order; all of its host's where it has none itself
"""

import json
import re
from dataclasses import dataclass, field
from fractions import Fraction

MOST_RATE = 4 * 10**9  # bit/s, all cables and both directions: what two cores can carry beside the ranks
MOST_SEGMENTS = 200
NETWORK = "10.83"
MANAGEMENT = 255  # the third byte of addresses there
UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12,
         "ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
RATE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kMGT]i?)?(B|b|bit)(?:/s|ps)\s*")
TOKEN = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.S)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,40}")  # of hosts and switches


class Refused(Exception):
    """What is wrong with the file or the command line, and what to do."""


@dataclass
class Interface:
    nic: str
    host: str
    name: str
    segment: int = -1
    address: str = ""
    neighbour: str = ""
    rate: Fraction = Fraction(0)  # bit/s, what it may send


@dataclass
class End:
    namespace: str  # without prefix
    interface: str
    rate: Fraction  # bit/s, what this end may send


@dataclass
class Host:
    name: str
    index: int
    management: str
    ranks: list = field(default_factory=list)
    interfaces: list = field(default_factory=list)
    # Where forwarding by other hosts is needed: (segment, address of the next host, interface).
    routes: list = field(default_factory=list)


@dataclass
class Rank:
    rank: int
    gpu: str
    host: str
    local_rank: int
    rails: list  # addresses


@dataclass
class Cluster:
    name: str
    hosts: dict
    switches: list
    cables: list  # pairs of End
    ranks: list
    segments: int
    rate: Fraction  # bit/s, all directions of all cables

    def forwards(self):
        return any(host.routes for host in self.hosts.values())


def read(path):
    try:
        text = TOKEN.sub(lambda match: match[1] or " ", path.read_text())
        return map_cluster(json.loads(text))
    except (OSError, ValueError) as error:
        raise Refused(f"{path} can not be read: {error}") from error
    except (AttributeError, KeyError, TypeError) as error:
        raise Refused(f"{path} is no topology in the plain form ({type(error).__name__}: {error}); "
                      "pleach topo show names what is wrong with it") from error
    except Refused as error:
        raise Refused(f"{path}: {error}") from error


def rate_of(text, what):
    match = RATE.fullmatch(text) if isinstance(text, str) else None
    if not match:
        raise Refused(f"{what} has the bandwidth {text!r}; expected e.g. \"400 Mb/s\"")
    return Fraction(match[1]) * UNITS[match[2] or ""] * (8 if match[3] == "B" else 1)


def check_keys(entry, known, what):
    for key in entry:
        if key not in known and key != "$comment" and not key.startswith("x-"):
            raise Refused(f'{what} has the key "{key}"; only the plain form is read here, so write it '
                          f"out with {', '.join(known)}")


def capacities(document, types):
    """(from, to) -> bit/s of all links together."""
    rates = {}
    for number, link in enumerate(document.get("links", [])):
        what = f"link {number}"
        check_keys(link, ["between", "from", "to", "bandwidth", "reverse_bandwidth", "count",
                          "latency"], what)
        ends = link.get("between") or [link.get("from"), link.get("to")]
        unknown = [end for end in ends if end not in types]
        if len(ends) != 2 or unknown:
            raise Refused(f"{what} joins {ends}; expected the ids of two nodes of the file")
        rate = rate_of(link.get("bandwidth"), what)
        ways = [(tuple(ends), rate)]
        if "between" in link:
            back = link.get("reverse_bandwidth")
            ways.append((tuple(ends[::-1]), rate if back is None else rate_of(back, what)))
        for pair, value in ways:
            rates[pair] = rates.get(pair, 0) + value * link.get("count", 1)
    return {pair: rate for pair, rate in rates.items() if rate > 0}


def hosts_of_nodes(nodes, rates):
    """Node id -> host, for the nodes that are in one."""
    host_of = {}
    for node in nodes:
        label = node.get("labels", {}).get("host")
        if label is not None or node["type"] == "gpu":
            host_of[node["id"]] = label or node["id"]
    gpus = {node["id"] for node in nodes if node["type"] == "gpu"}
    for node in nodes:
        name = node["id"]
        if node["type"] not in ("nic", "cpu") or name in host_of:
            continue
        hosts = sorted({host_of[tail] for tail, head in rates if head == name and tail in gpus})
        if len(hosts) != 1:
            raise Refused(f'{node["type"]} "{name}" has links with the gpus of {len(hosts)} hosts '
                          f'{hosts}; expected one host, or "labels": {{"host": NAME}}')
        host_of[name] = hosts[0]
    return host_of


def map_cluster(document):
    check_keys(document, ["format", "name", "nodes", "links", "ranks"], "the file")
    nodes = document.get("nodes", [])
    for node in nodes:
        check_keys(node, ["id", "type", "kind", "labels", "multicast", "reduce"],
                   f"node \"{node.get('id')}\"")
    types = {node["id"]: node["type"] for node in nodes}
    rates = capacities(document, types)
    host_of = hosts_of_nodes(nodes, rates)
    hosts = {}
    for node in nodes:
        if node["type"] == "gpu" and host_of[node["id"]] not in hosts:
            name = host_of[node["id"]]
            index = len(hosts) + 1
            hosts[name] = Host(name, index, f"{NETWORK}.{MANAGEMENT}.{index}")
    switches = [name for name, kind in types.items() if kind == "switch" and name not in host_of]
    check_names(list(hosts), switches)
    interfaces = {}
    for name, kind in types.items():
        if kind == "nic":
            if host_of[name] not in hosts:
                raise Refused(f'nic "{name}" is in host "{host_of[name]}", which has no gpu')
            host = hosts[host_of[name]]
            interfaces[name] = Interface(name, host.name, f"nic{len(host.interfaces)}")
            host.interfaces.append(interfaces[name])
    cables, joined = lay_cables(types, rates, host_of, interfaces, switches)
    check_inside(rates, host_of, hosts)
    total = sum(end.rate for cable in cables for end in cable)
    if total > MOST_RATE:
        raise Refused(f"the cables carry {float(total / 10**9):g} Gb/s in all, both directions counted; "
                      f"expected at most {MOST_RATE // 10**9} Gb/s, so scale the rates down")
    segments = number_segments(interfaces, switches, joined)
    find_routes(hosts)
    ranks = list_ranks(document, types, rates, host_of, hosts, interfaces)
    return Cluster(document.get("name", ""), hosts, switches, cables, ranks, segments, total)


def check_names(hosts, switches):
    if not hosts:
        raise Refused("the file has no gpu, so there is no host")
    if len(hosts) > 250:
        raise Refused(f"the file has {len(hosts)} hosts; expected at most 250")
    for name in hosts + switches:
        if not NAME.fullmatch(name):
            raise Refused(f'"{name}" can not name a namespace; expected letters, digits, "-" and "_"')
        if (hosts + switches).count(name) > 1 or name == "management":
            raise Refused(f'"{name}" names a host and something else; rename one')


def lay_cables(types, rates, host_of, interfaces, switches):
    """The cables as pairs of ends, and the pairs of nodes they join."""
    ports = {name: 0 for name in switches}
    cables, joined = [], []

    def end(node, other, rate):
        if node in interfaces:
            nic = interfaces[node]
            if nic.neighbour:
                raise Refused(f'nic "{node}" has cables to "{nic.neighbour}" and "{other}"; expected '
                              "one, so split it into two nics")
            nic.neighbour, nic.rate = other, rate
            return End(nic.host, nic.name, rate)
        ports[node] += 1
        return End(node, f"port{ports[node] - 1}", rate)

    for (tail, head), rate in rates.items():
        outside = host_of.get(tail) is None or host_of.get(tail) != host_of.get(head)
        if not outside or (head, tail) in joined:
            continue
        for node in (tail, head):
            if node not in interfaces and node not in ports:
                raise Refused(f'{types[node]} "{node}" has a cable out of its host; put a nic there')
        if (head, tail) not in rates:
            raise Refused(f'there is a link from "{tail}" to "{head}" and none back; TCP needs both')
        joined.append((tail, head))
        cables.append((end(tail, head, rate), end(head, tail, rates[head, tail])))
    for nic in interfaces.values():
        if not nic.neighbour:
            raise Refused(f'nic "{nic.nic}" has no cable')
    return cables, joined


def check_inside(rates, host_of, hosts):
    for (tail, head), rate in rates.items():
        host = hosts.get(host_of.get(tail))
        if host is None or host_of.get(head) != host.name or not host.interfaces:
            continue
        fastest = max(nic.rate for nic in host.interfaces)
        if rate < fastest:
            raise Refused(f'the link "{tail}" -> "{head}" inside host "{host.name}" is slower than its '
                          f"fastest cable ({float(rate / 10**6):g} of {float(fastest / 10**6):g} Mb/s), "
                          "but nothing limits it here; expected at least that rate")


def number_segments(interfaces, switches, joined):
    """Gives every interface its segment and address; returns the number of segments."""
    parent = {name: name for name in [*interfaces, *switches]}

    def find(name):
        while parent[name] != name:
            name = parent[name]
        return name

    for tail, head in joined:
        a, b = find(tail), find(head)
        if a == b:
            raise Refused(f'the cable "{tail}" - "{head}" closes a loop of switches, in which bridges '
                          "would flood without end")
        parent[b] = a
    numbers, sizes = {}, {}
    for nic in interfaces.values():
        segment = numbers.setdefault(find(nic.nic), len(numbers))
        sizes[segment] = sizes.get(segment, 0) + 1
        nic.segment, nic.address = segment, f"{NETWORK}.{segment}.{sizes[segment]}"
    if len(numbers) > MOST_SEGMENTS or max(sizes.values(), default=0) > 250:
        raise Refused(f"the file makes {len(numbers)} segments of up to {max(sizes.values())} nics; "
                      f"expected at most {MOST_SEGMENTS} segments of at most 250")
    return len(numbers)


def find_routes(hosts):
    """Shortest ways, by hosts that forward, to the segments a host has no interface in."""
    segments = {nic.segment for host in hosts.values() for nic in host.interfaces}
    for segment in sorted(segments):
        reached = [host for host in hosts.values()
                   if any(nic.segment == segment for nic in host.interfaces)]
        done = {host.name for host in reached}
        while reached:
            frontier = []
            for near in reached:
                for host in hosts.values():
                    ways = [(ours, theirs) for ours in host.interfaces for theirs in near.interfaces
                            if ours.segment == theirs.segment]
                    if host.name in done or not ways:
                        continue
                    done.add(host.name)
                    host.routes.append((segment, ways[0][1].address, ways[0][0].name))
                    frontier.append(host)
            reached = frontier


def list_ranks(document, types, rates, host_of, hosts, interfaces):
    gpus = [name for name, kind in types.items() if kind == "gpu"]
    order = document.get("ranks", gpus)
    if sorted(order) != sorted(gpus):
        raise Refused(f'"ranks" is {order}; expected the ids of all gpus, without patterns')
    ranks = []
    for number, gpu in enumerate(order):
        host = hosts[host_of[gpu]]
        own = [nic for nic in host.interfaces if (gpu, nic.nic) in rates]
        rails = [nic.address for nic in own or host.interfaces]
        ranks.append(Rank(number, gpu, host.name, len(host.ranks), rails))
        host.ranks.append(number)
    return ranks
