#!/usr/bin/env python3
"""Runs pleach-perf in every way that ranks can be made, and with what it must refuse.

    perf_tool_test.py --pleach TOOL --perf TOOL --fake-nccl LIBRARY

Cases whose other program is missing (mpirun, a rival's module) are named and left out.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

MPIRUN = ["mpirun", "--allow-run-as-root", "--oversubscribe", "-n", "4"]
# What a launcher around this test may have set is none of the cases' business.
LAUNCHER = re.compile(r"(PLEACH|OMPI|PMI|PMIX|SLURM)_|(RANK|WORLD_SIZE|MASTER_ADDR|MASTER_PORT)$")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not LAUNCHER.match(name)}
NUMBER = r"\d+\.\d+"
TIMING = rf" +{NUMBER} +{NUMBER} +{NUMBER} +0"

failures = []


def expect(condition, what):
    if not condition:
        failures.append(what)
        print(f"FAILED: {what}")


class Cases:
    def __init__(self, tool, folder, fake_nccl):
        self.tool = tool
        self.folder = folder
        self.fake_nccl = fake_nccl

    def run(self, *arguments, before=(), timeout=120, tool=None, variables=None):
        command = [*before, str(tool or self.tool), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout,
                              cwd=self.folder, env=ENVIRONMENT | (variables or {}), check=False)

    def good(self, *arguments, before=(), variables=None):
        """The JSON object of a run in which nothing is wrong."""
        done = self.run(*arguments, "--json", before=before, variables=variables)
        what = " ".join([*before, *arguments])
        expect(done.returncode == 0, f"{what}: exit {done.returncode}: {done.stderr}")
        if done.returncode != 0:
            return {"rows": []}
        result = json.loads(done.stdout)
        expect(len(result["rows"]) > 0, f"{what}: no rows")
        for row in result["rows"]:
            timings = [row, row["in_place"]]
            if "rival" in row:
                timings += [row["rival"], row["rival"]["in_place"]]
            for timing in timings:
                expect(timing["wrong"] == 0 and timing["time_us"] > 0, f"{what}: {timing}")
            expect(row["efficiency"] > 0, f"{what}: {row}")
        expect(result["memcpy_rate"] > 0, f"{what}: memcpy_rate {result['memcpy_rate']}")
        return result

    def bad(self, code, words, *arguments, before=(), tool=None, variables=None):
        done = self.run(*arguments, before=before, tool=tool, variables=variables)
        what = " ".join([*before, *arguments])
        expect(done.returncode == code, f"{what}: exit {done.returncode}, not {code}")
        expect(words in done.stderr, f"{what}: {done.stderr!r} does not say {words!r}")
        expect(done.stdout == "", f"{what}: prints {done.stdout!r}")

    def table(self):
        done = self.run("--schedule", "allreduce.json", "-b", "4K", "-e", "16K", "-f", "2", "-n",
                        "3")
        lines = done.stdout.splitlines()
        rows = [line for line in lines if not line.startswith("#")]
        expect(done.returncode == 0 and len(rows) == 3, f"table: {done}")
        for row, size in zip(rows, (4096, 8192, 16384)):
            expect(re.fullmatch(rf" +{size} +{size // 4} +float32 +sum +-1{TIMING}{TIMING}", row),
                   f"table: {row!r}")
        expect(re.search(rf"one thread's memcpy copies {NUMBER} GB/s\n", done.stdout), "memcpy")
        expect(lines[-2] == "# Out of bounds values : 0 OK", f"end: {lines[-2:]}")
        expect(lines[-1].startswith("# Avg bus bandwidth    : "), f"end: {lines[-2:]}")

    def all_ways(self):
        small = ["-b", "1000", "-e", "100K", "-f", "100", "-n", "2", "-w", "1"]
        ways = [[], ["-g", "4"], ["-t", "4"], ["-t", "2", "-g", "2"], ["--processes", "4"],
                ["--processes", "2", "-t", "2"], ["--processes", "2", "-g", "2"]]
        for way in ways:
            result = self.good("--schedule", "allreduce.json", *small, *way)
            expect(result["memory"] == ("shared" if "--processes" in way else "private"), way)
            made = result["processes"] * result["threads"] * result["ranks_per_thread"]
            expect(made == 4, f"{way}: {result}")
        for collective in ("allgather", "reduce_scatter", "broadcast", "reduce"):
            for way in (["-g", "4"], ["--processes", "4"]):
                result = self.good("--schedule", f"{collective}.json", *small, *way, "-d", "double",
                                   "-o", "max", "--offset", "3", "--median", "-a", "1")
                # 8 bytes each; a quarter for every rank where NCCL counts so
                sharded = collective in ("allgather", "reduce_scatter")
                expect([row["count"] for row in result["rows"]] ==
                       ([31, 3125] if sharded else [125, 12500]), f"{collective}: {result}")
        for memory in ("shared", "private"):
            self.good("--schedule", "allreduce.json", *small, "--processes", "4", "--memory", memory)
        unchecked = self.run("--schedule", "allreduce.json", *small, "-c", "0", "--json")
        expect(json.loads(unchecked.stdout)["rows"][0]["wrong"] is None, "-c 0 checks")

    def mistakes(self):
        schedule = ["--schedule", "allreduce.json"]
        self.bad(2, "--schedule is missing")
        self.bad(2, 'there is no option --ngpu; did you mean "--ngpus"?', *schedule, "--ngpu", "4")
        self.bad(2, "--datatype can not be", *schedule, "-d", "float31")
        self.bad(2, "for 4 ranks, and --processes 1 -t 1 -g 3 make 3", *schedule, "-g", "3")
        self.bad(2, "--vs mpi needs processes", *schedule, "--processes", "4", "--vs", "mpi")
        self.bad(2, "-e 1024 is below -b 2048", *schedule, "-b", "2K", "-e", "1K")
        self.bad(1, "can not read the file", "--schedule", "nosuch.json")
        (self.folder / "broken.json").write_text("{")
        self.bad(1, "broken.json:1: error:", "--schedule", "broken.json")
        self.bad(3, "run with a smaller -e", *schedule, "-b", "4096G")

    def launched(self):
        """Four processes that only the environment tells of each other."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        children = []
        for rank in range(4):
            environment = dict(ENVIRONMENT, PLEACH_RANK=str(rank), PLEACH_RANKS="4",
                               PLEACH_ROOT=f"127.0.0.1:{port}")
            children.append(subprocess.Popen(
                [str(self.tool), "--schedule", "allreduce.json", "-b", "64K", "-n", "3", "--json"],
                cwd=self.folder, env=environment, stdout=subprocess.PIPE, text=True))
        outputs = [child.communicate(timeout=120)[0] for child in children]
        expect([child.returncode for child in children] == [0] * 4, "launched: exit codes")
        expect(outputs[1:] == [""] * 3, f"launched: only rank 0 prints: {outputs}")
        result = json.loads(outputs[0])
        expect(result["processes"] == 4 and result["launcher"] is not None, f"launched: {result}")

    def lost_process(self):
        """One of the processes dies: the others say so and end, long before the timeout."""
        tool = subprocess.Popen(
            [str(self.tool), "--schedule", "allreduce.json", "-b", "1M", "-n", "1000000",
             "--processes", "4", "--timeout", "100000"], cwd=self.folder, env=ENVIRONMENT, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        for _ in range(3):  # the head is printed when all processes are ready
            tool.stdout.readline()
        children = pathlib.Path(f"/proc/{tool.pid}/task/{tool.pid}/children").read_text().split()
        expect(len(children) == 4, f"lost: {children}")
        os.kill(int(children[2]), signal.SIGKILL)
        _, words = tool.communicate(timeout=120)
        expect(tool.returncode == 3, f"lost: exit {tool.returncode}")
        expect("process 2 was ended by signal 9" in words, f"lost: {words}")
        expect("pleach-perf: process 0: " in words, f"lost: {words}")

    def devices(self):
        """Ranks on emulated devices: what is small takes milliseconds and more."""
        small = ["--schedule", "allreduce.json", "-b", "1000", "-e", "20K", "-f", "20", "-n", "2",
                 "-w", "1", "--backend", "emulated"]
        for way, devices in ((["-g", "4"], [0] * 4), (["-t", "4", "--devices", "0,1"], [0, 1] * 2),
                             (["-t", "2", "-G", "2"], [0] * 4), (["--processes", "4"], [0] * 4),
                             (["--processes", "2", "-G", "2", "--median"], [0] * 4)):
            result = self.good(*small, *way)
            expect(result["backend"] == "emulated" and result["devices"] == devices,
                   f"{way}: {result}")
            expect(result["memset_rate"] > 0, f"{way}: {result}")
            expect(result["replays"] == (2 if "-G" in way else 0), f"{way}: {result}")
            expect(result["memory"] == ("shared" if "--processes" in way else "private"), way)
        for collective in ("allgather", "reduce_scatter", "broadcast", "reduce"):
            result = self.good("--schedule", f"{collective}.json", "-b", "3000", "-n", "1", "-w",
                               "0", "-t", "2", "-d", "bfloat16", "--offset", "3", "--memory",
                               "shared", variables={"PLEACH_BACKEND": "emulated"})
            expect(result["backend"] == "emulated", f"PLEACH_BACKEND: {result}")
        done = self.run(*small[:4], "-n", "1", "--backend", "emulated", "-G", "3")
        expect("# emulated backend, ranks on devices 0,0,0,0\n" in done.stdout, f"head: {done}")
        expect(re.search(rf"graph of them 3; the device copies {NUMBER} GB/s and sets {NUMBER} GB/s",
                         done.stdout), f"head: {done}")

    def bad_devices(self):
        schedule = ["--schedule", "allreduce.json", "-b", "1000"]
        self.bad(2, "the host backend has none", *schedule, "--devices", "0")
        self.bad(2, "the host backend has no graphs", *schedule, "-G", "1")
        self.bad(2, "several emulated devices", *schedule, "--backend", "emulated", "--devices",
                 "0,1")
        self.bad(2, 'PLEACH_BACKEND is "gpu"; expected "host", "cuda" or "emulated"', *schedule,
                 variables={"PLEACH_BACKEND": "gpu"})
        self.bad(2, "--vs gloo is for memory of the host", *schedule, "--backend", "emulated",
                 "--processes", "4", "--vs", "gloo")
        self.bad(2, "--vs nccl is for GPUs, and the backend is host", *schedule, "--vs", "nccl")
        # Without a GPU, and where there is one with none to see.
        hidden = {"CUDA_VISIBLE_DEVICES": ""}
        self.bad(3, "pleach-perf: ", *schedule, "--backend", "cuda", variables=hidden)
        self.bad(3, "process 0: ", *schedule, "--backend", "cuda", "--processes", "4",
                 variables=hidden)

    def nccl(self):
        """Its module, with another library in NCCL's place."""
        if not (self.tool.parent / "pleach-perf-nccl.so").exists():
            print("skipped: --vs nccl, which is not built")
            return
        small = ["-b", "1000", "-n", "6", "-w", "0", "--backend", "emulated", "--vs", "nccl"]
        fake = {"PLEACH_TEST_FAKE_NCCL": "1", "PLEACH_NCCL_LIBRARY": str(self.fake_nccl)}
        for collective in ("allreduce", "allgather"):
            result = self.good("--schedule", f"{collective}.json", *small, variables=fake)
            expect(result["rival"] == "NCCL 2.30.7", f"nccl: {result}")
            expect("rival" in result["rows"][0], f"nccl: {result}")
        schedule = ["--schedule", "allreduce.json"]
        done = self.run(*schedule, *small, "--json", variables=fake | {"FAKE_NCCL_WRONG": "1"})
        expect(json.loads(done.stdout)["rows"][0]["rival"]["wrong"] == 4 * 250,
               f"nccl: wrong sums: {done}")
        self.bad(3, "NCCL says: invalid usage (Duplicate GPU detected); several ranks on one GPU need",
                 *schedule, *small, variables=fake | {"FAKE_NCCL_REFUSES": "1"})
        self.bad(3, "NCCL has no int16", *schedule, *small, "-d", "int16", variables=fake)
        self.bad(3, "install it (the package libnccl2", *schedule, *small,
                 variables=fake | {"PLEACH_NCCL_LIBRARY": "/no/such/libnccl.so.2"})

    def rivals(self):
        schedule = ["--schedule", "allreduce.json", "-b", "64K", "-n", "7", "-w", "1"]
        copy = self.folder / "pleach-perf"
        shutil.copy(self.tool, copy)
        self.bad(3, "libgloo-dev", *schedule, "--processes", "4", "--vs", "gloo", tool=copy)
        if (self.tool.parent / "pleach-perf-gloo.so").exists():
            for collective in ("allreduce", "allgather", "broadcast", "reduce"):
                result = self.good("--schedule", f"{collective}.json", *schedule[2:],
                                   "--processes", "4", "--vs", "gloo")
                expect("rival" in result["rows"][0], f"gloo: {result}")
            self.bad(3, "Gloo has no avg", *schedule, "--processes", "4", "--vs", "gloo", "-o",
                     "avg")
        else:
            print("skipped: --vs gloo, which is not built")
        if shutil.which("mpirun") is None:
            print("skipped: mpirun, which is not there")
            return
        self.good(*schedule, before=MPIRUN)
        if not (self.tool.parent / "pleach-perf-mpi.so").exists():
            print("skipped: --vs mpi, which is not built")
            return
        for collective in ("allreduce", "allgather", "reduce_scatter", "broadcast", "reduce"):
            result = self.good("--schedule", f"{collective}.json", *schedule[2:], "--vs", "mpi",
                               before=MPIRUN)
            expect("rival" in result["rows"][0], f"mpi: {result}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pleach", required=True, type=pathlib.Path)
    parser.add_argument("--perf", required=True, type=pathlib.Path)
    parser.add_argument("--fake-nccl", required=True, type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for collective in ("allreduce", "allgather", "reduce_scatter", "broadcast", "reduce"):
            subprocess.run([str(options.pleach), "compile", "mesh-full-4", "-c", collective, "-o",
                            str(folder / f"{collective}.json")], check=True, capture_output=True)
        cases = Cases(options.perf.resolve(), folder, options.fake_nccl.resolve())
        for case in (cases.table, cases.all_ways, cases.mistakes, cases.launched,
                     cases.lost_process, cases.devices, cases.bad_devices, cases.nccl,
                     cases.rivals):
            print(f"== {case.__name__}", flush=True)
            case()
    return 1 if failures else 0


sys.exit(main())
