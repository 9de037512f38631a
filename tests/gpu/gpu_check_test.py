#!/usr/bin/env python3
"""scripts/gpu_check without a GPU: its list of sources, its usage, its exit codes and its report."""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "gpu_check"
LIST = ROOT / "tests" / "gpu" / "sources.txt"
PROGRAM = pathlib.Path()
FAKE_NCCL = pathlib.Path()

# Headers of ours whose sources the program does not link: it uses what is inline in them.
DECLARED_ONLY = {
    "compiler/core/integer.cpp", "compiler/core/rational.cpp", "compiler/core/result.cpp",
    "compiler/core/units.cpp", "compiler/plan/forest_shape.cpp", "compiler/plan/lower_plan.cpp",
    "compiler/topology/topology.cpp", "compiler/ir/schedule.cpp", "compiler/ir/achievable.cpp",
    "compiler/nccl/choice_table.cpp",
}


def run(*words, **options):
    return subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=100,
                          check=False, **options)


def sources():
    return [line for line in LIST.read_text().splitlines() if line and not line.startswith("#")]


# Of g++ and of the C library beside it.
STANDARD = re.compile(r"/usr/(lib/gcc/.*|include/(c\+\+|[a-z0-9_]+-linux-gnu|linux|asm|asm-generic)/.*"
                      r"|include/[a-z0-9_-]+\.h)$")


def headers_of(source, *more):
    """Every file that g++ includes for `source`, as it names them."""
    done = run("g++", "-std=c++20", "-I.", "-M", "-x", "c++", *more, source, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.replace("\\\n", " ").split(":", 1)[1].split()


class Sources(unittest.TestCase):
    """The list is what a machine without CMake and libraries compiles."""

    def test_all_are_there_once(self):
        self.assertEqual(sorted(sources()), sources())
        self.assertEqual(len(set(sources())), len(sources()))
        for source in sources():
            self.assertTrue((ROOT / source).is_file(), source)

    def test_headers_are_ours_or_of_the_standard_library(self):
        listed = set(sources())
        nvcc = shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc"
        cuda = pathlib.Path(nvcc).resolve().parents[1] / "include"
        for source in sources():
            of_cuda = "cuda" in (ROOT / source).read_text()
            if of_cuda and not cuda.is_dir():
                continue
            for header in headers_of(source, "-isystem", cuda):
                with self.subTest(source=source, header=header):
                    if header.startswith("/"):
                        allowed = STANDARD.match(header) or (
                            of_cuda and pathlib.Path(header).is_relative_to(cuda))
                        self.assertTrue(allowed, "neither ours nor of the standard library")
                        continue
                    own = header.removesuffix(".hpp") + ".cpp"
                    if header.endswith(".hpp") and (ROOT / own).is_file():
                        self.assertIn(own, listed | DECLARED_ONLY, "its source is not in the list")


class Script(unittest.TestCase):
    def test_syntax(self):
        self.assertEqual(run("bash", "-n", SCRIPT).returncode, 0)

    def test_usage(self):
        for words in [["correctly"], ["--out"], ["--device", "toaster"], ["--frobnicate"],
                      ["nccl", "--nccl"]]:
            done = run(SCRIPT, *words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn("error: ", done.stderr)
            self.assertIn("--build-dir", done.stderr)

    def test_a_folder_without_the_program(self):
        with tempfile.TemporaryDirectory() as folder:
            done = run(SCRIPT, "build", "correct", "--build-dir", folder)
            self.assertEqual(done.returncode, 3)
            self.assertIn(f"there is no program {folder}/gpu_check", done.stdout)
            self.assertNotIn("== correct", done.stdout)

    @unittest.skipIf(shutil.which("nvidia-smi"), "there may be a GPU")
    def test_without_a_gpu(self):
        for step in ["correct", "graphs", "faults", "nccl", "bench"]:
            done = run(SCRIPT, "build", step, "--build-dir", PROGRAM.parent)
            self.assertEqual(done.returncode, 3, done.stdout)
            self.assertIn(f"== gpu_check: not run: {step}: ", done.stdout)
            self.assertIn("no GPU", done.stdout)

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            done = run(SCRIPT, "build", "faults", "memcheck", "--device", "emulated", "--build-dir",
                       PROGRAM.parent, "--out", folder + "/new")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("passed: build faults; skipped: memcheck", done.stdout)
            text = (pathlib.Path(folder) / "new" / "faults.txt").read_text()
            self.assertIn("faults: passed", text)

    def test_nccl_without_what_it_needs(self):
        emulated = ["nccl", "--device", "emulated"]
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(PROGRAM, folder)
            for words, reason in [
                    (["--build-dir", folder], "NCCL needs a GPU"),
                    (["--build-dir", folder, "--nccl", FAKE_NCCL],
                     f"there is no libnccl-tuner-pleach.so in {folder}: cmake --preset release"),
                    (["--build-dir", PROGRAM.parent, "--nccl", folder + "/libnccl.so.2"],
                     f"NCCL can not be opened ({folder}/libnccl.so.2: "),
                    (["--build-dir", PROGRAM.parent, "--nccl", PROGRAM.parent /
                      "libnccl-tuner-pleach.so"], "NCCL lacks ncclGetVersion")]:
                done = run(SCRIPT, *emulated, *words)
                self.assertEqual(done.returncode, 3, done.stdout)
                self.assertIn(f"== gpu_check: not run: nccl: {reason}", done.stdout)

    def test_nccl_is_left_out_where_all_steps_are_wanted(self):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder) / "gpu_check"
            program.write_text("#!/bin/sh\n[ $1 != nccl ] || exit 1\n")
            program.chmod(0o755)
            done = run(SCRIPT, "--device", "emulated", "--build-dir", folder)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn("  skipped: NCCL needs a GPU", done.stdout)
            self.assertIn("passed: build correct graphs faults bench; skipped: memcheck racecheck nccl",
                          done.stdout)

    def test_nccl_of_python(self):
        with tempfile.TemporaryDirectory() as folder:
            # What pip makes: namespaces without an __init__.py.
            library = pathlib.Path(folder) / "site" / "nvidia" / "nccl" / "lib" / "libnccl.so.2"
            library.parent.mkdir(parents=True)
            shutil.copy(FAKE_NCCL, library)
            build = pathlib.Path(folder) / "build"
            build.mkdir()
            (build / "libnccl-tuner-pleach.so").touch()
            program = build / "gpu_check"
            # Without one the system has none.
            program.write_text("#!/bin/sh\n[ $1 != nccl-library ] || [ $# = 3 ] || exit 3\n"
                               "echo \"$@\"\n")
            program.chmod(0o755)
            environment = {**os.environ, "PYTHONPATH": folder + "/site"}
            environment.pop("PLEACH_NCCL_LIBRARY", None)
            done = run(SCRIPT, "nccl", "--build-dir", build, env=environment)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn(f"nccl --nccl {library} --plugin {build}/libnccl-tuner-pleach.so "
                          "--device cuda", done.stdout)

    def test_a_check_that_fails(self):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder) / "gpu_check"
            program.write_text("#!/bin/sh\necho \"  all-reduce <table> for $1\"\nexit 1\n")
            program.chmod(0o755)
            done = run(SCRIPT, "bench", "graphs", "--build-dir", folder, "--out", folder)
            self.assertEqual(done.returncode, 1)
            self.assertIn("FAILED: graphs bench", done.stdout)
            report = (pathlib.Path(folder) / "bench.md").read_text()
            for part in ["command: `scripts/gpu_check bench graphs", "- GPU: ", "- commit: ",
                         "all-reduce <table> for bench"]:
                self.assertIn(part, report)


    def test_a_gpu_that_is_lost(self):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder) / "gpu_check"
            program.write_text("#!/bin/sh\n[ $1 = graphs ] && exit 1\necho 'error: it is gone' >&2\n"
                               "exit 3\n")
            program.chmod(0o755)
            done = run(SCRIPT, "graphs", "faults", "bench", "--build-dir", folder)
            self.assertEqual(done.returncode, 1)
            self.assertIn("FAILED: graphs faults (it is gone)", done.stdout)
            self.assertNotIn("== bench", done.stdout)
            done = run(SCRIPT, "faults", "bench", "--build-dir", folder)
            self.assertEqual(done.returncode, 3)
            self.assertIn("== gpu_check: not run: faults: it is gone", done.stdout)


class Program(unittest.TestCase):
    def test_usage(self):
        for words in [[], ["every"], ["correct", "--scale"], ["correct", "--scale", "huge"],
                      ["correct", "--device", "toaster"], ["nccl", "--plugin"],
                      ["nccl-library", "x"], ["nccl", "--nccl-limit", "0"],
                      ["nccl", "--nccl-limit", "many"]]:
            done = run(PROGRAM, *words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn("usage: gpu_check STEP", done.stderr)

    def test_the_table(self):
        done = run(PROGRAM, "bench", "--device", "emulated")
        self.assertEqual(done.returncode, 0, done.stdout)
        rows = [line.split() for line in done.stdout.splitlines() if " fused " in line]
        for name, size in [("all-reduce star", "8"), ("all-gather star, bulk", "8"),
                           ("reduce-scatter star", "2"), ("all-reduce 2 levels", "8"),
                           ("all-reduce small", "256")]:
            matching = [row for row in rows if " ".join(row).startswith(name) and size in row]
            # Of two types.
            self.assertGreaterEqual(len(matching), 2, f"{name}, {size}")
        self.assertIn("ceiling: memset", done.stdout)
        self.assertIn("interpreter / by hand", done.stdout)
        self.assertIn("targets: ", done.stdout)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True, type=pathlib.Path)
    parser.add_argument("--fake-nccl", required=True, type=pathlib.Path)
    arguments, rest = parser.parse_known_args()
    PROGRAM = arguments.program.resolve()
    FAKE_NCCL = arguments.fake_nccl.resolve()
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
