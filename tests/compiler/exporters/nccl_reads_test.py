#!/usr/bin/env python3
"""NCCL's own readers take what `pleach export` writes, and see the links and rings that are meant.

    nccl_reads_test.py --pleach TOOL

The readers are local functions of libnccl.so.2, found by its symbol table, so this runs with NCCL 2.28
where the library still has one; else it ends with 77, and says why. No GPU is needed.
"""

import argparse
import ctypes
import glob
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

VERSION = range(22800, 22900)  # whose structures this file knows


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def symbols(library, *options):
    try:
        done = subprocess.run(["nm", *options, library], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return {}
    rows = [line.split() for line in done.stdout.splitlines()]
    return {row[2].split("@")[0]: int(row[0], 16) for row in rows if len(row) == 3}


class Nccl:
    FUNCTIONS = {
        "xmlAlloc": ("_ZL8xmlAllocPP7ncclXmli", ctypes.c_void_p, ctypes.c_int),
        "read_topo": ("_Z22ncclTopoGetXmlFromFilePKcP7ncclXmli", ctypes.c_char_p, ctypes.c_void_p,
                      ctypes.c_int),
        "read_graph": ("_Z27ncclTopoGetXmlGraphFromFilePKcP7ncclXml", ctypes.c_char_p,
                       ctypes.c_void_p),
        "make_system": ("_Z24ncclTopoGetSystemFromXmlP7ncclXmlPP14ncclTopoSystemm", ctypes.c_void_p,
                        ctypes.c_void_p, ctypes.c_uint64),
        "print_system": ("_Z13ncclTopoPrintP14ncclTopoSystem", ctypes.c_void_p),
        "make_graph": ("_Z23ncclTopoGetGraphFromXmlP11ncclXmlNodeP14ncclTopoSystemP13ncclTopoGraphPi",
                       ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p),
        "print_graph": ("_Z18ncclTopoPrintGraphP14ncclTopoSystemP13ncclTopoGraph", ctypes.c_void_p,
                        ctypes.c_void_p),
    }

    def __init__(self, path, base, local):
        self.path = path
        for name, (symbol, *types) in self.FUNCTIONS.items():
            call = ctypes.CFUNCTYPE(ctypes.c_int, *types)(base + local[symbol])
            setattr(self, name, self.checked(name, call))

    @staticmethod
    def checked(name, call):
        def run(*arguments):
            result = call(*arguments)
            if result != 0:
                raise SystemExit(f"{name} gives {result}")
        return run

    def xml(self, elements):
        xml = ctypes.c_void_p()
        self.xmlAlloc(ctypes.byref(xml), elements)
        return xml


def find_nccl():
    names = ["libnccl.so.2", *glob.glob("/usr/local/cuda*/lib*/libnccl.so.2"),
             *glob.glob("/usr/lib/*/libnccl.so.2")]
    why = "there is no libnccl.so.2"
    for name in names:
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        version = ctypes.c_int()
        library.ncclGetVersion(ctypes.byref(version))
        here = ctypes.cast(library.ncclGetVersion, ctypes.c_void_p).value
        path = next((line.split()[-1] for line in open("/proc/self/maps", encoding="utf-8")
                     if "libnccl.so" in line), name)
        local = symbols(path)
        if version.value not in VERSION:
            why = f"{path} is of version {version.value}"
        elif any(symbol not in local for symbol, *_ in Nccl.FUNCTIONS.values()):
            why = f"{path} has no symbol table"
        else:
            return Nccl(path, here - symbols(path, "-D")["ncclGetVersion"], local)
    skip(why)


def look(topo, graph):
    """What NCCL prints of the files, run in a process of its own: it logs to standard output."""
    nccl = find_nccl()
    topo_xml, system = nccl.xml(256), ctypes.c_void_p()
    nccl.read_topo(topo.encode(), topo_xml, 1)
    nccl.make_system(topo_xml, ctypes.byref(system), 0)
    nccl.print_system(system)
    if not graph:
        return
    graph_xml = nccl.xml(4096)
    nccl.read_graph(graph.encode(), graph_xml)
    for number in (0, 1):
        buffer = ctypes.create_string_buffer(1 << 22)  # far more than a ncclTopoGraph
        buffer[0] = number
        found = ctypes.c_int()
        nccl.make_graph(graph_xml.value + 8, system, buffer, ctypes.byref(found))
        nccl.print_graph(system, buffer)


def check(pleach, folder, machine, links, graph_of):
    """`links` is what NCCL must print of its NVLinks: {rate: how many}. `graph_of` is the machine
    whose rings are read on it, or none."""
    topo, graph = f"{folder}/topo.xml", f"{folder}/graph.xml" if graph_of else ""
    subprocess.run([pleach, "export", "nccl-topo", machine, "-o", topo], check=True,
                   capture_output=True)
    if graph:
        subprocess.run([pleach, "export", "nccl-graph", graph_of, "-o", graph], check=True,
                       capture_output=True)
    env = dict(os.environ, NCCL_DEBUG="INFO", NCCL_DEBUG_SUBSYS="GRAPH")
    done = subprocess.run([sys.executable, __file__, "--look", topo, graph], env=env,
                          capture_output=True, text=True, check=False)
    wrong = [] if done.returncode == 0 else [done.stdout[-2000:] + done.stderr]
    rates = re.findall(r"\+ NVL\[([\d.]+)\]", done.stdout)
    found = {rate: rates.count(rate) for rate in rates}
    if found != links:
        wrong.append(f"NVLinks {found}, not {links}")
    nets = len(re.findall(r"- NIC/", done.stdout))
    wanted_nets = len(xml.etree.ElementTree.parse(topo).findall(".//net"))
    if nets != wanted_nets:
        wrong.append(f"{nets} NICs, not {wanted_nets}")
    if graph:
        wrong += check_rings(done.stdout, topo, graph)
    for text in wrong:
        print(f"{machine}: {text}")
    return not wrong


def check_rings(output, topo, graph):
    # NCCL prints a GPU as its host and its bus id without colons and leading zeros.
    dev_of = {}
    for pci in xml.etree.ElementTree.parse(topo).iter("pci"):
        gpu = pci.find("gpu")
        if gpu is not None:
            dev_of[re.sub("[:.]", "", pci.get("busid")).lstrip("0")] = int(gpu.get("dev"))
    found = [[dev_of[name] for name in re.findall(r"GPU/0-([0-9a-f]+)", line)]
             for line in output.splitlines() if re.search(r"INFO +\d+ :.* GPU/", line)]
    wanted = [[int(gpu.get("dev"), 16) for gpu in channel.iter("gpu")]
              for channel in xml.etree.ElementTree.parse(graph).iter("channel")]
    return [] if found == wanted else [f"channels {found}, not {wanted}"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pleach")
    parser.add_argument("--look", nargs=2)
    options = parser.parse_args()
    if options.look:
        look(*options.look)
        return 0
    find_nccl()  # or skip
    with tempfile.TemporaryDirectory() as folder:
        good = [check(options.pleach, folder, "dgx-1v", {"20.0": 16, "40.0": 16}, "dgx-1v"),
                check(options.pleach, folder, "dgx-a100-x1", {"240.0": 8}, "dgx-a100-x1"),
                check(options.pleach, folder, "dgx-h100-x1", {"370.8": 8}, "dgx-h100-x1"),
                check(options.pleach, folder, "dgx-h100-x4", {"370.8": 8}, "dgx-h100-x1"),
                check(options.pleach, folder, "nvl72", {"721.8": 72}, "nvl72")]
    print(f"NCCL's readers took {sum(good)} of {len(good)} machines")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
