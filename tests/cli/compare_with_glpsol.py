#!/usr/bin/env python3
"""Compares `pleach bound` on random machines with unbalanced switches with GLPK's exact simplex.

For each machine every node set that misses a sink is written as a row of a linear program, from the
definition; `glpsol --exact` solves it. Its answer is printed as a decimal, and becomes the fraction
of smallest denominator that the decimal can mean. Then pleach compiles the machine and verifies what
it compiled, which must reach that rate.
"""

import argparse
import fractions
import itertools
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

COLLECTIVES = ["allgather", "reduce_scatter", "broadcast", "reduce"]


def random_machine(rng):
    """(ranks, switches, {(from, to): rate}): all alike but for a few one-way faults and links."""
    ranks, switches = rng.randint(2, 4), rng.randint(1, 2)
    rates = {}
    for plane in range(ranks, ranks + switches):
        port = rng.randint(1, 12)
        for rank in range(ranks):
            rates[rank, plane] = rates[plane, rank] = port
    for _ in range(rng.randint(1, 4)):
        end = rng.choice(sorted(rates))
        rates[end] = rng.randint(1, rates[end])
    for _ in range(rng.randint(0, 2)):
        pair = rng.sample(range(ranks + switches), 2)
        rates[tuple(pair)] = rates.get(tuple(pair), 0) + rng.randint(1, 6)
    return ranks, switches, rates


def topology_of(ranks, switches, rates):
    nodes = [{"id": f"n{i}", "type": "gpu" if i < ranks else "switch"}
             for i in range(ranks + switches)]
    links = [{"from": f"n{a}", "to": f"n{b}", "bandwidth": f"{rate} GB/s"}
             for (a, b), rate in sorted(rates.items())]
    return {"format": "pleach-topology/1", "name": "random", "nodes": nodes, "links": links}


def program_of(ranks, switches, rates, collective, root):
    """CPLEX LP text: maximise the rate x of the whole buffer."""
    if collective in ("reduce_scatter", "reduce"):
        rates = {(b, a): rate for (a, b), rate in rates.items()}
    rooted = collective in ("broadcast", "reduce")
    arcs = sorted(rates)
    name = {arc: f"c{arc[0]}_{arc[1]}" for arc in arcs}
    rows = []
    for switch in range(ranks, ranks + switches):
        terms = [f"+ {name[a]}" for a in arcs if a[1] == switch]
        terms += [f"- {name[a]}" for a in arcs if a[0] == switch]
        rows.append(" ".join(terms) + " = 0")
    nodes = range(ranks + switches)
    sinks = set(range(ranks)) - ({root} if rooted else set())
    for size in range(1, len(nodes)):
        for chosen in itertools.combinations(nodes, size):
            inside = set(chosen)
            held = (root in inside) if rooted else len([n for n in chosen if n < ranks])
            if not held or sinks <= inside:
                continue
            scale = 1 if rooted else ranks  # x / ranks starts at each rank
            terms = [f"+ {scale} {name[a]}" for a in arcs if a[0] in inside and a[1] not in inside]
            rows.append(" ".join(terms + [f"- {int(held)} x >= 0"]))
    bounds = [f"0 <= {name[a]} <= {rates[a]}" for a in arcs]
    lines = [f" r{i}: {row}" for i, row in enumerate(rows)]
    return "\n".join(["Maximize", " obj: x", "Subject To", *lines, "Bounds", *bounds, "End", ""])


def exact_optimum(glpsol, folder, program):
    (folder / "program.lp").write_text(program)
    subprocess.run([glpsol, "--exact", "--lp", "program.lp", "--write", "solution.txt"],
                   cwd=folder, check=True, capture_output=True)
    for line in (folder / "solution.txt").read_text().splitlines():
        if line.startswith("s bas"):
            return fractions.Fraction(line.split()[-1]).limit_denominator(10 ** 6)
    raise SystemExit("glpsol wrote no solution")


def pleach_json(tool, folder, *arguments):
    done = subprocess.run([tool, *arguments, "--json"], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"pleach {' '.join(arguments)} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pleach", required=True)
    parser.add_argument("--machines", type=int, default=500)
    options = parser.parse_args()
    tool = str(pathlib.Path(options.pleach).resolve())
    glpsol = shutil.which("glpsol")
    if glpsol is None:
        print("skipped: there is no glpsol (Debian package glpk-utils)")
        return 77
    rng = random.Random(20)
    compared = below_the_cuts = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        while compared < options.machines:
            ranks, switches, rates = random_machine(rng)
            collective, root = rng.choice(COLLECTIVES), rng.randrange(ranks)
            (folder / "m.json").write_text(json.dumps(topology_of(ranks, switches, rates)))
            chosen = ["-c", collective]
            if collective in ("broadcast", "reduce"):
                chosen += ["--root", str(root)]
            bound = pleach_json(tool, folder, "bound", "m.json", *chosen)
            if "achievable" not in bound:
                continue  # balanced after all
            program = program_of(ranks, switches, rates, collective, root)
            wanted = exact_optimum(glpsol, folder, program)
            found = fractions.Fraction(bound["achievable"]["algbw"])
            reached = pleach_json(tool, folder, "compile", "m.json", *chosen, "-o", "s.json")
            checked = pleach_json(tool, folder, "verify", "s.json", "m.json")
            rate = fractions.Fraction(checked["algbw"])
            if not (found == wanted == rate and reached["optimal"] and checked["valid"]):
                print(f"machine {compared}, {collective}, root {root}: glpsol {wanted}, "
                      f"bound {found}, schedule {rate}\n{program}")
                return 1
            compared += 1
            below_the_cuts += found < fractions.Fraction(bound["algbw"])
    if below_the_cuts < options.machines // 20:
        print(f"only {below_the_cuts} machines have an optimum below their cuts: a weak test")
        return 1
    print(f"{compared} machines agree, {below_the_cuts} with an optimum below what cuts allow")
    return 0


if __name__ == "__main__":
    sys.exit(main())
