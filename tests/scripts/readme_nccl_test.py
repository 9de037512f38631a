#!/usr/bin/env python3
"""The blocks of README.md's part "Inside NCCL" work as they are pasted: their commands run, the files
they name come to be, and the libraries open and have what NCCL looks for."""

import argparse
import ctypes
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path()
SYMBOLS = {"NCCL_TUNER_PLUGIN": ["ncclTunerPlugin_v3", "ncclTunerPlugin_v6"],
           "NCCL_ENV_PLUGIN": ["ncclEnvPlugin_v1", "ncclEnvPlugin_v2"]}


def blocks():
    """The indented blocks that set variables, in order."""
    section = (ROOT / "README.md").read_text().split("\n## Inside NCCL\n")[1].split("\n## ")[0]
    found = re.findall(r"(?:^    \S.*\n)+", section, re.MULTILINE)
    return [re.sub(r"(?m)^    ", "", block) for block in found if "export " in block]


class Blocks(unittest.TestCase):
    def test_every_block(self):
        self.assertEqual(len(blocks()), 4)
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder)
            (place / "build").mkdir()
            (place / "build/release").symlink_to(BUILD)
            clean = {key: value for key, value in os.environ.items()
                     if not key.startswith(("NCCL_", "PLEACH_"))}
            named = set()
            for block in blocks():
                with self.subTest(block=block):
                    done = subprocess.run(["bash", "-euc", block + "env -0"], cwd=place, env=clean,
                                          capture_output=True, text=True, timeout=100, check=False)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    after = dict(item.split("=", 1) for item in done.stdout.split("\0") if "=" in item)
                    # What the commands printed stands before the first variable.
                    new = {key: value for key, value in after.items()
                           if key.startswith(("NCCL_", "PLEACH_"))}
                    self.assertTrue(new)
                    named |= set(new)
                    for key, value in new.items():
                        self.assertTrue(pathlib.Path(value).exists(), f"{key}={value}")
                        for symbol in SYMBOLS.get(key, []):
                            self.assertTrue(hasattr(ctypes.CDLL(value), symbol), symbol)
            self.assertEqual(named, {"NCCL_TUNER_PLUGIN", "PLEACH_NCCL_TABLE", "NCCL_GRAPH_FILE",
                                     "NCCL_TOPO_FILE", "NCCL_ENV_PLUGIN", "PLEACH_NCCL_DIR"})
            self.assertEqual(sorted(path.name for path in (place / "nccl-files").iterdir()),
                             ["table.json", "topo.xml"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    options, rest = parser.parse_known_args()
    BUILD = options.build
    unittest.main(argv=[__file__, *rest])
