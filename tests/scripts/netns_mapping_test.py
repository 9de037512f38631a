#!/usr/bin/env python3
"""How topology files become clusters of namespaces; needs no root.

    netns_mapping_test.py --pleach TOOL
"""

import argparse
import copy
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts/netns"))
sys.dont_write_bytecode = True
import kernel  # noqa: E402
import mapping  # noqa: E402

FILES = sorted((ROOT / "bench/topologies/netns").glob("*.json"))
TOOL = None

# Two hosts on one switch:  g0 - n0 - s - n1 - g1
PAIR = {
    "format": "pleach-topology/1", "name": "pair",
    "nodes": [{"id": "g0", "type": "gpu", "labels": {"host": "a"}}, {"id": "g1", "type": "gpu"},
              {"id": "n0", "type": "nic"}, {"id": "n1", "type": "nic"}, {"id": "s", "type": "switch"}],
    "links": [{"between": ["g0", "n0"], "bandwidth": "1 Gb/s"},
              {"between": ["g1", "n1"], "bandwidth": "1 Gb/s"},
              {"between": ["n0", "s"], "bandwidth": "100 Mb/s", "reverse_bandwidth": "50 Mb/s"},
              {"from": "n1", "to": "s", "bandwidth": "25 MB/s", "count": 2},
              {"from": "s", "to": "n1", "bandwidth": "0.1 Gb/s"}],
}


def cabled(*links, **nodes):
    """A file: nodes by id as type or type@host, links as (a, b, Mb/s)."""
    entries = []
    for name, kind in nodes.items():
        kind, _, host = kind.partition("@")
        entries.append({"id": name, "type": kind} | ({"labels": {"host": host}} if host else {}))
    return {"format": "pleach-topology/1", "name": "test", "nodes": entries,
            "links": [{"between": [a, b], "bandwidth": f"{rate} Mb/s"} for a, b, rate in links]}


def mapped(name):
    return mapping.read(ROOT / "bench/topologies/netns" / f"{name}.json")


def ends(cluster):
    return [(f"{a.namespace}.{a.interface}", int(a.rate), f"{b.namespace}.{b.interface}", int(b.rate))
            for a, b in cluster.cables]


class Mapping(unittest.TestCase):
    def test_pair(self):
        cluster = mapping.map_cluster(PAIR)
        self.assertEqual(ends(cluster), [("a.nic0", 100_000_000, "s.port0", 50_000_000),
                                         ("g1.nic0", 400_000_000, "s.port1", 100_000_000)])
        self.assertEqual(cluster.rate, 650_000_000)
        self.assertEqual([(rank.rank, rank.gpu, rank.host, rank.local_rank, rank.rails)
                          for rank in cluster.ranks],
                         [(0, "g0", "a", 0, ["10.83.0.1"]), (1, "g1", "g1", 0, ["10.83.0.2"])])
        self.assertEqual(cluster.hosts["a"].management, "10.83.255.1")
        self.assertFalse(cluster.forwards())

    def test_two_gpus_share_a_host_and_ranks_are_reordered(self):
        document = cabled(("g0", "n0", 100), ("g1", "n1", 100), ("g0", "sw", 100), ("g1", "sw", 100),
                          ("n0", "r", 100), ("n1", "r", 100), ("g2", "n2", 100), ("n2", "r", 100),
                          ("sw", "g3", 100),
                          g0="gpu@h", g1="gpu@h", g2="gpu@k", n0="nic", n1="nic", n2="nic",
                          g3="gpu@h", r="switch", sw="switch@h")
        document["ranks"] = ["g2", "g1", "g0", "g3"]
        cluster = mapping.map_cluster(document)
        self.assertEqual([(rank.gpu, rank.host, rank.local_rank, rank.rails) for rank in cluster.ranks],
                         [("g2", "k", 0, ["10.83.0.3"]), ("g1", "h", 0, ["10.83.0.2"]),
                          ("g0", "h", 1, ["10.83.0.1"]),
                          ("g3", "h", 2, ["10.83.0.1", "10.83.0.2"])])  # no nic of its own: all
        self.assertEqual(cluster.switches, ["r"])

    def test_star4(self):
        cluster = mapped("star4")
        self.assertEqual(list(cluster.hosts), ["h0", "h1", "h2", "h3"])
        self.assertEqual([rate for _, rate, _, _ in ends(cluster)],
                         [600_000_000, 600_000_000, 600_000_000, 150_000_000])

    def test_a_trunk_is_one_segment(self):
        cluster = mapped("trunk2x3")
        self.assertEqual(ends(cluster)[-1], ("s0.port3", 145_000_000, "s1.port3", 145_000_000))
        self.assertEqual(cluster.segments, 1)
        self.assertEqual([rank.rails for rank in cluster.ranks], [[f"10.83.0.{i}"] for i in range(1, 7)])

    def test_a_ring_forwards_on_shortest_ways(self):
        cluster = mapped("ring6")
        self.assertEqual(cluster.segments, 6)
        self.assertEqual(cluster.ranks[0].rails, ["10.83.0.1", "10.83.1.1"])
        # Segment 0 is the cable h5 - h0, segment i the cable h(i-1) - h(i); both ways to segment 3
        # (h2 - h3) pass two hosts or three.
        self.assertEqual(cluster.hosts["h0"].routes,
                         [(2, "10.83.1.2", "nic1"), (3, "10.83.1.2", "nic1"), (4, "10.83.0.2", "nic0"),
                          (5, "10.83.0.2", "nic0")])

    def test_rails_do_not_forward(self):
        cluster = mapped("rails2x4")
        self.assertFalse(cluster.forwards())
        self.assertEqual([rank.rails for rank in cluster.ranks],
                         [[f"10.83.0.{i}", f"10.83.1.{i}"] for i in range(1, 5)])
        self.assertIn("route add unreachable 10.83.1.0/24 table 100",
                      kernel.addresses(cluster.hosts["h0"]))

    def test_rates_are_those_that_the_tool_reads(self):
        self.assertEqual(len(FILES), 4)
        for path in FILES:
            shown = json.loads(subprocess.run([TOOL, "topo", "show", path], check=True,
                                              capture_output=True, text=True).stdout)
            rates = {(link["from"], link["to"]): mapping.rate_of(link["bandwidth"], path)
                     for link in shown["links"]}
            text = mapping.TOKEN.sub(lambda match: match[1] or " ", path.read_text())
            document = json.loads(text)
            types = {node["id"]: node["type"] for node in document["nodes"]}
            self.assertEqual(mapping.capacities(document, types), rates, path)

    def test_the_tool_compiles_and_verifies_the_files(self):
        with tempfile.TemporaryDirectory() as folder:
            for path in FILES:
                schedule = pathlib.Path(folder) / path.name
                subprocess.run([TOOL, "compile", path, "-c", "allreduce", "-o", schedule], check=True,
                               capture_output=True)
                subprocess.run([TOOL, "verify", schedule], check=True, capture_output=True)

    def test_comments(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "t.json"
            path.write_text("// one\n" + json.dumps(PAIR | {"name": "a//b /* c */"}) + "/* two\n */")
            self.assertEqual(mapping.read(path).name, "a//b /* c */")

    def test_every_command_stays_in_own_namespaces(self):
        for path in FILES:
            for words, lines in kernel.commands(mapping.read(path), "p"):
                inside = re.fullmatch(r"(ip|tc) -n p\.\S+ -batch -|ip netns exec p\.\S+ sysctl -q -p -",
                                      " ".join(words))
                if inside:
                    continue
                self.assertEqual(words, ["ip", "-batch", "-"])
                for line in lines:
                    self.assertRegex(line, r"^netns add p\.\S+$|^link add name \S+ netns p\.\S+ (type bridge "
                                     r"stp_state 0|mtu 9000 type veth peer name \S+ netns p\.\S+ mtu 9000)$")

    def test_every_end_is_shaped_once(self):
        for path in FILES:
            cluster = mapping.read(path)
            shaped = {}
            for words, lines in kernel.commands(cluster, "p"):
                for line in lines:
                    match = re.fullmatch(r"qdisc add dev (\S+) root tbf rate (\d+)bit burst \d+ "
                                         r"latency \d+ms", line)
                    if match:
                        place = words[2][2:], match[1]
                        self.assertNotIn(place, shaped)
                        shaped[place] = int(match[2])
            wanted = {(end.namespace, end.interface): end.rate for cable in cluster.cables
                      for end in cable}
            for host in cluster.hosts.values():
                wanted[host.name, "mgmt"] = wanted["management", f"port{host.index}"] = 100_000_000
            self.assertEqual(shaped, wanted)


class Refusals(unittest.TestCase):
    def refused(self, document, pattern):
        with self.assertRaisesRegex(mapping.Refused, pattern):
            mapping.map_cluster(document)

    def changed(self, place, **changes):
        document = copy.deepcopy(PAIR)
        target = document
        for step in place:
            target = target[step]
        target.update(changes)
        return document

    def test_more_than_4_gigabits(self):
        document = cabled(("g0", "n0", 3000), ("g1", "n1", 3000), ("n0", "n1", 2000),
                          g0="gpu", g1="gpu", n0="nic", n1="nic")
        self.assertEqual(mapping.map_cluster(document).rate, 4 * 10**9)  # the most that is allowed
        document["links"][2]["bandwidth"] = "2.0005 Gb/s"
        self.refused(document, r"the cables carry 4\.001 Gb/s in all, .* at most 4 Gb/s")

    def test_keys_of_the_full_form(self):
        self.refused(self.changed(["nodes", 0], **{"for": {"i": "0-3"}}), 'node "g0" has the key "for"')
        self.refused(self.changed([], fabrics=[]), 'the file has the key "fabrics"')
        self.refused(self.changed(["links", 0], **{"class": "x"}), 'link 0 has the key "class"')

    def test_bandwidths(self):
        for text in ["100", "100 Xb/s", "-1 Mb/s", None, 100]:
            self.refused(self.changed(["links", 2], bandwidth=text), "link 2 has the bandwidth")

    def test_unknown_node(self):
        self.refused(self.changed(["links", 2], between=["n0", "t"]), "link 2 joins .*'t'")

    def test_one_way_cable(self):
        self.refused(self.changed(["links", 4], bandwidth="0 Mb/s"),
                     'from "n1" to "s" and none back')

    def test_slow_link_inside_a_host(self):
        self.refused(self.changed(["links", 1], bandwidth="399 Mb/s"),
                     r'"g1" -> "n1" inside host "g1" is slower .*\(399 of 400 Mb/s\)')

    def test_gpu_on_a_switch(self):
        self.refused(cabled(("g0", "s", 1), ("g1", "s", 1), g0="gpu", g1="gpu", s="switch"),
                     'gpu "g0" has a cable out of its host')

    def test_nics(self):
        nodes = {"g0": "gpu", "g1": "gpu", "n0": "nic", "n1": "nic", "s": "switch"}
        inside = [("g0", "n0", 9), ("g1", "n1", 9)]
        self.refused(cabled(*inside, ("n0", "s", 1), ("n1", "s", 1), ("n0", "n1", 1), **nodes),
                     'nic "n0" has cables to "s" and "n1"')
        self.refused(cabled(*inside, ("n0", "s", 1), **nodes), 'nic "n1" has no cable')
        self.refused(cabled(*inside, ("g0", "n1", 9), ("n0", "s", 1), ("n1", "s", 1), **nodes),
                     r'nic "n1" has links with the gpus of 2 hosts')
        self.refused(cabled(*inside, **nodes | {"n0": "nic@z"}), 'nic "n0" is in host "z"')

    def test_loop_of_switches(self):
        self.refused(cabled(("g0", "n0", 9), ("n0", "a", 1), ("a", "b", 1), ("b", "c", 1), ("c", "a", 1),
                            g0="gpu", n0="nic", a="switch", b="switch", c="switch"),
                     'the cable "c" - "a" closes a loop|the cable "a" - "c" closes a loop')

    def test_names(self):
        self.refused(self.changed(["nodes", 1], id="a/b"), '"a/b" can not name a namespace|joins')
        self.refused(self.changed(["nodes", 0], labels={"host": "s"}), '"s" names a host and something')
        self.refused(self.changed(["nodes", 0], labels={"host": "../x"}), "can not name a namespace")
        self.refused({"nodes": []}, "no gpu")

    def test_ranks(self):
        self.refused(self.changed([], ranks=["g0"]), '"ranks" is .*expected the ids of all gpus')

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "t.json"
            with self.assertRaisesRegex(mapping.Refused, "t.json can not be read"):
                mapping.read(path)
            path.write_text("{")
            with self.assertRaisesRegex(mapping.Refused, "t.json can not be read"):
                mapping.read(path)
            for text in ["[]", '{"nodes": [{}]}', '{"nodes": 3}', '{"nodes": [{"id": "g"}]}']:
                path.write_text(text)
                with self.assertRaisesRegex(mapping.Refused, "t.json is no topology in the plain form"):
                    mapping.read(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--pleach", type=pathlib.Path, required=True)
    parsed, rest = parser.parse_known_args()
    TOOL = parsed.pleach.resolve()
    unittest.main(argv=[sys.argv[0], *rest])
