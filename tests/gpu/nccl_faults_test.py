#!/usr/bin/env python3
"""The step `nccl` of gpu_check where something is wrong: it must fail, soon, and say what."""

import argparse
import hashlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = ROOT / "tests" / "gpu" / "nccl_table.json"
ARGUMENTS = argparse.Namespace()


def command(*words):
    return [str(word) for word in
            [ARGUMENTS.program, "nccl", "--device", "emulated", "--nccl", ARGUMENTS.fake_nccl,
             "--plugin", ARGUMENTS.plugin, "--table", TABLE, *words]]


def run(*words, **variables):
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("NCCL_", "PLEACH_NCCL_", "FAKE_NCCL_"))}
    # Bounded from outside as well, so that a check that hangs fails here.
    return subprocess.run(command(*words), capture_output=True, text=True, timeout=100,
                          check=False, cwd=ROOT, env={**environment, **variables})


class Faults(unittest.TestCase):
    def fails(self, done, *parts, code=1):
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        for part in parts:
            self.assertRegex(done.stdout + done.stderr, part)

    def test_all_is_right(self):
        done = run()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(len(re.findall(r"(?m)^ +[24]  (allreduce|allgather|reduce_scatter) ",
                                        done.stdout)), 30)

    def test_what_a_user_has_set_does_not_reach_nccl(self):
        done = run(NCCL_TUNER_PLUGIN="none", NCCL_DEBUG="WARN", NCCL_DEBUG_SUBSYS="NET",
                   NCCL_DEBUG_FILE="/nowhere/log", PLEACH_NCCL_TABLE="/nowhere/table.json",
                   PLEACH_NCCL_DIR="/nowhere")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_algorithms_by_number(self):
        done = run(FAKE_NCCL_FAULT="numbers")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_nccl_ignores_the_tuner(self):
        self.fails(run(FAKE_NCCL_FAULT="ignore-tuner"),
                   "allreduce of 1024 bytes: NCCL took tree ll, the table says tree simple",
                   "no decision differs from those that NCCL takes by itself",
                   "NCCL's decisions .* failed")

    def test_nccl_says_nothing(self):
        self.fails(run(FAKE_NCCL_FAULT="silent"), "NCCL's log tells 0 decisions on 15 calls")

    def test_a_rank_that_dies(self):
        # Each run ends five seconds later; where one waited for its limit, run() would run out of
        # time.
        self.fails(run(FAKE_NCCL_FAULT="die:1"),
                   "2 ranks without the tuner, rank 1: ended with code 9: it printed nothing",
                   "4 ranks without the tuner, rank 1: ended with code 9",
                   "rank 0: was ended, as another rank had failed")
        self.fails(run(FAKE_NCCL_FAULT="die-tuned:3"),
                   "4 ranks with the tuner, rank 3: ended with code 9",
                   "4 ranks with the tuner, rank 2: was ended, as another rank had failed",
                   "NCCL's results  +12 cases, 4 failed")

    def test_a_rank_that_hangs(self):
        self.fails(run("--nccl-limit", "3", FAKE_NCCL_FAULT="hang:1"),
                   "2 ranks without the tuner, rank 1: had not ended after 3 s",
                   "2 ranks without the tuner, rank 0: had not ended after 3 s")
        self.fails(run("--nccl-limit", "3", FAKE_NCCL_FAULT="hang-tuned:3"),
                   "4 ranks with the tuner, rank 3: had not ended after 3 s",
                   "4 ranks: rank 3: the plugin did not say once that it has the table")

    def test_wrong_sums(self):
        self.fails(run(FAKE_NCCL_FAULT="wrong:1"),
                   "4 ranks without the tuner, rank 1: ended with code 1: allreduce of 1024 bytes: "
                   r"element 0 is [0-9.]+, not [0-9.]+;.*;7 more")

    def test_ranks_with_different_tables(self):
        digest = re.search('"digest":"([0-9a-f]{64})"', TABLE.read_text()).group(1)
        with tempfile.TemporaryDirectory() as folder:
            # Another one that is good: no rows, the digest of none.
            other = pathlib.Path(folder) / "table.json"
            other.write_text(ARGUMENTS.empty_table)
            self.fails(run(FAKE_NCCL_FAULT=f"table:1:{other}"),
                       f"2 ranks: rank 1: the plugin did not say once that it has the table {digest}",
                       "4 ranks: rank 1: the plugin said other things than on rank 0")
            other.write_text("{")
            self.fails(run(FAKE_NCCL_FAULT=f"table:0:{other}"),
                       "rank 0: the plugin did not say .*no table, NCCL decides: ")

    def test_a_plugin_that_is_missing_or_none(self):
        self.fails(run("--plugin", "/nowhere/libnccl-tuner-pleach.so"),
                   'there is no tuner plugin "/nowhere/libnccl-tuner-pleach.so": build the target',
                   code=3)
        with tempfile.TemporaryDirectory() as folder:
            plugin = pathlib.Path(folder) / "libnccl-tuner-pleach.so"
            plugin.write_text("no library")
            self.fails(run("--plugin", plugin), "rank 1: NCCL's log does not say that it loaded")
            # A library, but no tuner.
            plugin.write_bytes(ARGUMENTS.fake_nccl.read_bytes())
            self.fails(run("--plugin", plugin), "rank 0: NCCL's log does not say that it loaded")

    def test_a_table_that_is_missing(self):
        self.fails(run("--table", "/nowhere/table.json"), "/nowhere/table.json is no table", code=3)

    def test_another_table_is_not_what_is_checked(self):
        with tempfile.TemporaryDirectory() as folder:
            other = pathlib.Path(folder) / "table.json"
            other.write_text(ARGUMENTS.empty_table)
            self.fails(run("--table", other), "no decision differs")

    def test_nobody_outlives_the_program(self):
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "FAKE_NCCL_FAULT": "hang:1", "TMPDIR": folder}
            process = subprocess.Popen(command(), cwd=ROOT, env=environment,
                                       stdout=subprocess.DEVNULL)
            children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
            try:
                ranks = []
                for _ in range(500):
                    ranks = children.read_text().split()
                    if len(ranks) == 2:
                        break
                    time.sleep(0.02)
                self.assertEqual(len(ranks), 2)
            finally:
                process.send_signal(signal.SIGKILL)
                process.wait()
            alive = ranks
            for _ in range(500):
                alive = [rank for rank in ranks if self.runs(rank)]
                if not alive:
                    break
                time.sleep(0.02)
            self.assertEqual(alive, [])

    @staticmethod
    def runs(process):
        try:
            state = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return False
        return state != "Z"  # one that nobody reaps in this container


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for option in ["--program", "--plugin", "--fake-nccl"]:
        parser.add_argument(option, required=True, type=lambda text: pathlib.Path(text).resolve())
    ARGUMENTS, rest = parser.parse_known_args()
    # SHA-256 of the format's name and a newline.
    ARGUMENTS.empty_table = (
        '{"format":"pleach-nccl-table/1","topology":{"name":"","digest":""},"rows":[],\n"digest":"'
        + hashlib.sha256(b"pleach-nccl-table/1\n").hexdigest() + '"}\n')
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
