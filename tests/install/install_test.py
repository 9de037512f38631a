#!/usr/bin/env python3
"""Installs a build into a temporary folder, moves it, and uses it as others would: the tool, a program
built by find_package, the same one built by pkg-config, and both again for a C program and libpleach.so.

    install_test.py --build BUILD_FOLDER --example FOLDER --c-example FOLDER --cxx COMPILER
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

EXPECTED = """dgx-a100-x2: rate 520/3 GB/s, bound 520/3 GB/s, valid
16 ranks, 1048576 bytes, 0 wrong
"""
C_EXPECTED = "2 ranks, 1000 elements, 0 wrong\n"
INSTALLED = """
bin/pleach
bin/pleach-perf
include/pleach.h
include/pleach/compiler/passes/pipeline.hpp
include/pleach/runtime/comm/communicator.hpp
include/pleach/runtime/host_run.hpp
include/pleach/runtime/include/pleach.h
share/bash-completion/completions/pleach
share/doc/pleach/CHANGELOG.md
share/doc/pleach/README.md
share/doc/pleach/THIRD_PARTY_NOTICES.md
share/doc/pleach/copyright
share/man/man1/pleach.1
share/pleach/schedules/FORMAT.md
share/pleach/schedules/dgx-a100-x2.allreduce.json
share/pleach/schedules/pleach-schedule-1.schema.json
share/pleach/topologies/README.md
share/pleach/topologies/nvl72.json
share/pleach/topologies/pleach-topology-1.schema.json
share/zsh/vendor-completions/_pleach
""".split()


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nexit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def expect(found, wanted, what):
    if found != wanted:
        sys.exit(f"{what}: expected\n{wanted}found\n{found}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--example", required=True, type=pathlib.Path)
    parser.add_argument("--c-example", required=True, type=pathlib.Path)
    parser.add_argument("--cxx", required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        prefix = folder / "moved"
        run("cmake", "--install", options.build, "--prefix", folder / "prefix")
        (folder / "prefix").rename(prefix)
        missing = [path for path in INSTALLED if not (prefix / path).is_file()]
        if missing:
            sys.exit(f"not installed: {missing}")
        if (prefix / "include/pleach/compiler/cli").exists():
            sys.exit("the headers of the tool itself are installed")
        libraries = list(prefix.rglob("libpleach_core.a"))
        expect(len(libraries), 1, "copies of libpleach_core.a")

        # The tool, from anywhere.
        tool = prefix / "bin/pleach"
        if not run(tool, "--version").startswith("pleach "):
            sys.exit("pleach --version")
        schedules = prefix / "share/pleach/schedules"
        verified = run(tool, "verify", schedules / "dgx-a100-x2.allreduce.json", "dgx-a100-x2",
                       cwd=folder)
        expect(verified.split(":")[0], "valid", "pleach verify")
        run(tool, "bound", prefix / "share/pleach/topologies/nvl72.json", cwd=folder)

        # find_package(pleach)
        run("cmake", "-G", "Ninja", "-S", options.example, "-B", folder / "build",
            f"-DCMAKE_PREFIX_PATH={prefix}",
            f"-DCMAKE_CXX_COMPILER={options.cxx}", "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror")
        run("cmake", "--build", folder / "build")
        expect(run(folder / "build/example", "dgx-a100-x2"), EXPECTED, "find_package(pleach)")

        # pkg-config
        env = dict(os.environ, PKG_CONFIG_PATH=str(libraries[0].parent / "pkgconfig"))
        flags = run("pkg-config", "--cflags", "--libs", "pleach", env=env).split()
        run(options.cxx, "-std=c++20", options.example / "main.cpp", "-o", folder / "example", *flags)
        expect(run(folder / "example", "dgx-a100-x2"), EXPECTED, "pkg-config")

        # libpleach.so, by C programs.
        schedule = folder / "pair.json"
        run(tool, "compile", "mesh-full-2", "-c", "allreduce", "-o", schedule)
        run("cmake", "-G", "Ninja", "-S", options.c_example, "-B", folder / "c_build",
            f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_C_FLAGS=-Wall -Wextra -Wpedantic -Werror")
        run("cmake", "--build", folder / "c_build")
        expect(run(folder / "c_build/example", schedule), C_EXPECTED, "find_package(pleach), C")
        flags = run("pkg-config", "--cflags", "--libs", "pleach-c", env=env).split()
        run("cc", "-std=c99", "-pedantic-errors", options.c_example / "main.c", "-o",
            folder / "c_example", *flags)
        library_folder = libraries[0].parent
        expect(run(folder / "c_example", schedule, env=dict(env, LD_LIBRARY_PATH=str(library_folder))),
               C_EXPECTED, "pkg-config, C")
        for plugin in ("libnccl-tuner-pleach.so", "libnccl-env-pleach.so"):
            if not (library_folder / plugin).is_file():
                sys.exit(f"{plugin} is not installed beside the other libraries")
        if (prefix / "include/pleach/runtime/nccl").exists():
            sys.exit("the headers of NCCL's plugins are installed")
        shown = {line.split()[-1] for line in
                 run("nm", "-D", "--defined-only", library_folder / "libpleach.so").splitlines()}
        if not shown or any(not name.startswith("pleach") for name in shown):
            sys.exit(f"libpleach.so shows {sorted(shown)}")
    print(f"installed, moved, used: {len(INSTALLED)} files, the tool, find_package, pkg-config; in C")


main()
