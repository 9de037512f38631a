#!/usr/bin/env python3
"""A reader of pleach-schedule/1 written from schedules/FORMAT.md alone, exact and slow: checks a file,
recomputes digest, rate and bound, lowers it to sends and executes them.

    schedule_reader.py --pleach TOOL [--topology MACHINE.json] SCHEDULE.json …

Also compiles MACHINE.json for every collective, and compares FORMAT.md's example with the tool.
"""

import argparse
import hashlib
import json
import pathlib
import re
import subprocess
import sys
from fractions import Fraction

PAGE = pathlib.Path(__file__).resolve().parents[2] / "schedules/FORMAT.md"
UNITS = {"k": 1000, "M": 1000**2, "G": 1000**3, "T": 1000**4}
UNITS.update({prefix + "i": 1024 ** (i + 1) for i, prefix in enumerate("kMGT")})
SENDS_DOWN = {"allgather", "broadcast", "allreduce"}
SENDS_UP = {"reduce_scatter", "reduce", "allreduce"}


class Wrong(Exception):
    pass


def need(condition, what):
    if not condition:
        raise Wrong(what)


def gigabytes_per_second(text):
    number, prefix, unit = re.fullmatch(r"\s*([\d.]+)\s*([kMGT]i?)?([bB])(?:/s|ps)\s*", text).groups()
    return Fraction(number) * UNITS.get(prefix, 1) / (8 if unit == "b" else 1) / 10**9


def microseconds(text):
    number, unit = re.fullmatch(r"\s*([\d.]+)\s*(ns|us|ms)\s*", text).groups()
    return Fraction(number) * {"ns": Fraction(1, 1000), "us": 1, "ms": 1000}[unit]


def decimal(value):
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    digits = str(value * 10**places).rjust(places + 1, "0")
    return digits if places == 0 else f"{digits[:-places]}.{digits[-places:]}"


class Schedule:
    def __init__(self, text):
        self.file = json.loads(text)
        need(self.file["format"] == "pleach-schedule/1", "format")
        self.collective = self.file["collective"]
        self.nodes = self.file["nodes"]
        self.ranks = self.file["ranks"]
        self.rank_of = {node: rank for rank, node in enumerate(self.ranks)}
        self.links = {(a, b): gigabytes_per_second(rate) for a, b, rate, _ in self.file["links"]}
        self.routes = self.file["routes"]
        self.down = self.file.get("broadcast_trees", [])
        self.up = self.file.get("reduce_trees", [])

    def edge(self, route):
        return self.rank_of[self.routes[route][0]], self.rank_of[self.routes[route][-1]]

    def check(self):
        need(len(set(self.nodes)) == len(self.nodes) and all(self.nodes), "node ids")
        need(len(self.rank_of) == len(self.ranks) >= 2, "ranks")
        need(max(self.ranks) < len(self.nodes), "ranks")
        need(len(self.links) == len(self.file["links"]), "links of a pair")
        need(all(a != b and rate > 0 for (a, b), rate in self.links.items()), "links")
        for route in self.routes:
            need(all(step in self.links for step in zip(route, route[1:])), f"steps of {route}")
            need(len(route) >= 2 and len(set(route)) == len(route), f"nodes of {route}")
            passed = [node in self.rank_of for node in route]
            need(passed[0] and passed[-1] and not any(passed[1:-1]), f"ranks of {route}")
        need(bool(self.down) == (self.collective in SENDS_DOWN), "broadcast_trees")
        need(bool(self.up) == (self.collective in SENDS_UP), "reduce_trees")
        for trees, is_up in ((self.down, False), (self.up, True)):
            for tree in trees:
                self.check_tree(tree, is_up)
            self.check_shares(trees)
        if self.collective == "allreduce":
            need(self.totals(self.up) == self.totals(self.down), "totals of the roots")
        need(self.digest() == self.file["topology"]["digest"], "digest")
        need(self.algbw() == Fraction(self.file["algbw"]), f"algbw {self.algbw()}")
        need(self.bound() == Fraction(self.file["bound"]["algbw"]), f"bound {self.bound()}")
        need(self.algbw() <= self.bound(), "bound")
        if "achievable" in self.file["bound"]:
            limit = Fraction(self.file["bound"]["achievable"]["algbw"])
            need(self.achievable() == limit >= self.algbw(), f"achievable {self.achievable()}")

    def check_tree(self, tree, is_up):
        # Read backwards with its edges turned round, a reduce tree is a broadcast tree.
        edges = [self.edge(route) for route in tree["routes"]]
        if is_up:
            edges = [(b, a) for a, b in reversed(edges)]
        reached = {tree["root"]}
        for parent, child in edges:
            need(parent in reached and child not in reached, f"order of {tree}")
            reached.add(child)
        need(len(reached) == len(self.ranks), f"reach of {tree}")

    def totals(self, trees):
        totals = {}
        for tree in trees:
            totals[tree["root"]] = totals.get(tree["root"], 0) + Fraction(tree["share"])
        return totals

    def check_shares(self, trees):
        if not trees:
            return
        totals = self.totals(trees)
        need(all(Fraction(tree["share"]) > 0 for tree in trees), "shares")
        need(sum(totals.values()) == 1, "sum of the shares")
        if self.collective in ("allgather", "reduce_scatter"):
            due = {rank: Fraction(1, len(self.ranks)) for rank in range(len(self.ranks))}
            need(totals == due, "totals of the roots")
        if self.collective in ("broadcast", "reduce"):
            need(len(totals) == 1, "one root")

    def digest(self):
        lines = ["pleach-topology/1"] + [f"node {node}" for node in self.nodes]
        for a, b, rate, latency in sorted(self.file["links"]):
            lines.append(f"link {a} {b} {decimal(gigabytes_per_second(rate))} GB/s "
                         f"{decimal(microseconds(latency))} us")
        lines += [f"rank {node}" for node in self.ranks]
        return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()

    def algbw(self):
        load = dict.fromkeys(self.links, Fraction(0))
        for tree in self.down + self.up:
            for route in tree["routes"]:
                nodes = self.routes[route]
                for step in zip(nodes, nodes[1:]):
                    load[step] += Fraction(tree["share"])
        return min(self.links[link] / load[link] for link in load if load[link] > 0)

    def bound(self):
        bound = self.file["bound"]
        if "parts" in bound:
            part_of = {node: i for i, part in enumerate(bound["parts"]) for node in part}
            need(sum(map(len, bound["parts"])) == len(part_of), "disjoint parts")
            need({part_of[node] for node in self.ranks} == set(range(len(bound["parts"]))), "parts")
            cross = [(part_of.get(a), part_of.get(b), rate) for (a, b), rate in self.links.items()]
            leaving = sum(rate for a, b, rate in cross if a is not None and a != b)
            entering = sum(rate for a, b, rate in cross if b is not None and a != b)
            return min(leaving, entering) / (2 * (len(bound["parts"]) - 1))
        inside = set(bound["cut"])
        held = len(inside & set(self.ranks))
        need(0 < held < len(self.ranks), "cut")
        enters = self.collective in ("reduce_scatter", "reduce")
        capacity = sum(rate for (a, b), rate in self.links.items()
                       if (a in inside) != (b in inside) and (b in inside) == enters)
        if self.collective in ("allgather", "reduce_scatter"):
            return capacity * len(self.ranks) / held
        if self.collective != "allreduce":
            need(self.ranks[(self.down + self.up)[0]["root"]] in inside, "root in the cut")
        return capacity

    def achievable(self):
        proof = self.file["bound"]["achievable"]
        has_root = self.collective in ("broadcast", "reduce")
        starts = [self.ranks[(self.down + self.up)[0]["root"]]] if has_root else self.ranks
        cuts = [(Fraction(cut["weight"]), set(cut["nodes"])) for cut in proof["cuts"]]
        need(all(weight > 0 and not nodes >= set(self.ranks) for weight, nodes in cuts), "cuts")
        need(sum(weight * Fraction(len(nodes & set(starts)), len(starts))
                 for weight, nodes in cuts) == 1, "weights")
        potential = {node: Fraction(value) for node, value in proof["potentials"]}
        need(not set(potential) & set(self.ranks), "potentials")
        limit = 0
        for (a, b), rate in self.links.items():
            u, v = (b, a) if self.collective in ("reduce_scatter", "reduce") else (a, b)
            price = sum(weight for weight, nodes in cuts if u in nodes and v not in nodes)
            limit += rate * max(0, price + potential.get(v, 0) - potential.get(u, 0))
        return limit

    def ranges(self, trees, count):
        """(tree, begin, end) for each tree; count is of the whole buffer."""
        by_root = {}
        for tree in trees:
            by_root.setdefault(tree["root"], []).append(tree)
        roots = sorted(by_root)
        totals = self.totals(trees)
        begin = 0
        for root, part in zip(roots, split(count, [totals[root] for root in roots])):
            shares = [Fraction(tree["share"]) for tree in by_root[root]]
            for tree, size in zip(by_root[root], split(part, shares)):
                yield tree, begin, begin + size
                begin += size

    def execute(self, count):
        """Runs the collective on `count` elements a rank has of the whole buffer, and checks it."""
        ranks = range(len(self.ranks))
        own = [[(rank + 1) * (i + 7) for i in range(count)] for rank in ranks]
        wanted = [sum(column) for column in zip(*own)]
        buffer = [list(values) for values in own]
        result = {}
        for tree, begin, end in self.ranges(self.up, count):
            for route in tree["routes"]:
                sender, receiver = self.edge(route)
                for i in range(begin, end):
                    buffer[receiver][i] += buffer[sender][i]
            result.update({i: (tree["root"], buffer[tree["root"]][i]) for i in range(begin, end)})
        if self.up:
            need(sorted(result) == list(range(count)), "reduced ranges")
            need(all(result[i][1] == wanted[i] for i in result), "reduced values")
            need(self.collective != "reduce_scatter" or
                 all(result[i][0] == i * len(self.ranks) // count for i in result), "places")
        outputs = [[None] * count for _ in ranks]
        for tree, begin, end in self.ranges(self.down, count):
            root = tree["root"]
            outputs[root][begin:end] = buffer[root][begin:end] if self.up else own[root][begin:end]
            if self.up:
                need(all(result[i][0] == root for i in range(begin, end)), "root of a range")
            for route in tree["routes"]:
                sender, receiver = self.edge(route)
                outputs[receiver][begin:end] = outputs[sender][begin:end]
        if self.collective == "allgather":
            wanted = [own[i * len(self.ranks) // count][i] for i in range(count)]
        elif self.collective == "broadcast":
            wanted = own[self.down[0]["root"]]
        if self.down:
            need(all(output == wanted for output in outputs), "outputs")


def split(total, shares):
    dues = [total * share / sum(shares) for share in shares]
    parts = [int(due) for due in dues]
    order = sorted(range(len(dues)), key=lambda i: (parts[i] - dues[i], i))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts


def check_page(tool):
    """The page's example is what the tool writes."""
    topology, schedule = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.S)
    written = subprocess.run([tool, "compile", "-", "-c", "broadcast"], input=topology, text=True,
                             capture_output=True, check=True).stdout
    need(written == schedule, f"{PAGE}: the example differs from what the tool writes:\n{written}")
    return schedule


def compiled(tool, topology):
    for collective in sorted(SENDS_DOWN | SENDS_UP):
        root = ["--root", "1"] if collective in ("broadcast", "reduce") else []
        command = [tool, "compile", topology, "-c", collective, *root]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        yield f"{collective} on {topology}", done.stdout


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pleach", required=True, type=pathlib.Path)
    parser.add_argument("--topology", type=pathlib.Path)
    parser.add_argument("schedules", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    texts = {str(PAGE): check_page(options.pleach.resolve())}
    texts.update({str(path): path.read_text() for path in options.schedules})
    if options.topology:
        texts.update(compiled(options.pleach.resolve(), options.topology))
    for name, text in texts.items():
        try:
            schedule = Schedule(text)
            schedule.check()
            for elements in (1, 37):
                schedule.execute(elements * len(schedule.ranks))
        except Wrong as wrong:
            sys.exit(f"{name}: {wrong}")
    print(f"read, checked and executed {len(texts)} schedules")


main()
