#!/usr/bin/env python3
"""Runs command-line cases: text files that hold inputs, commands and what they must print.

    run_case.py --pleach TOOL [--update] CASE.txt …

A case is a list of sections; a section starts with a line "=== KIND …" and goes on to the next one:
    === file NAME        an input, written to the empty folder that the commands run in
    === run COMMAND      a bash command line; `pleach` is the tool under test
    === stdout           what it printed, measured figures replaced (see MEASURED)
    === stderr           the same for standard error
    === exit CODE        how it ended
After each run, `stdout` and `stderr` may be left out where they are empty. Text before the first
section is a comment. --update writes what the commands do now into the files.
"""

import argparse
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

# Measured on this machine, so not part of what a case expects.
MEASURED = [
    (r"(?m)^(  time    ).*$", r"\1<seconds>"),
    (r"(?m)^(  memory  ).*$", r"\1<memory>"),
    (r'"seconds":\{[^}]*\}', '"seconds":<seconds>'),
    (r'"peak_rss_bytes":\d+', '"peak_rss_bytes":<bytes>'),
    (r'"(time_us|algbw|busbw)":[-+.\de]+', r'"\1":<measured>'),
    (r" +\d+\.\d +\d+\.\d\d +\d+\.\d\d +(\d+|N/A)", r" <time> <algbw> <busbw> \1"),
    (r"commit ([0-9a-f]{12}|unknown)", "commit <commit>"),
]


def parse(text):
    comment, *rest = re.split(r"(?m)^=== ", text)
    sections = []
    for part in rest:
        head, _, body = part.partition("\n")
        sections.append((head.strip(), body))
    return comment, sections


def execute(sections, tool):
    """The sections as they should be: outputs replaced by what the commands print now."""
    result = []
    with tempfile.TemporaryDirectory() as folder:
        env = dict(os.environ, PATH=f"{tool.parent}:{os.environ['PATH']}", LC_ALL="C.UTF-8")
        for head, body in sections:
            kind, _, argument = head.partition(" ")
            if kind == "file":
                (pathlib.Path(folder) / argument).write_text(body)
                result.append((head, body))
            elif kind == "run":
                done = subprocess.run(["bash", "-c", argument], cwd=folder, env=env, timeout=120,
                                      stdin=subprocess.DEVNULL, capture_output=True, check=False)
                result.append((head, ""))
                for name, data in (("stdout", done.stdout), ("stderr", done.stderr)):
                    text = data.decode(errors="replace")
                    for pattern, replacement in MEASURED:
                        text = re.sub(pattern, replacement, text)
                    if text:
                        result.append((name, text if text.endswith("\n") else text + "\n"))
                result.append((f"exit {done.returncode}", ""))
            elif kind not in ("stdout", "stderr", "exit"):
                raise SystemExit(f"unknown section: === {head}")
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pleach", required=True, type=pathlib.Path)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("cases", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    failed = 0
    for case in options.cases:
        old = case.read_text()
        comment, sections = parse(old)
        if not any(head.startswith("run ") for head, _ in sections):
            raise SystemExit(f"{case}: no command")
        new_sections = execute(sections, options.pleach.resolve())
        new = comment + "".join(f"=== {head}\n{body}" for head, body in new_sections)
        if new == old:
            continue
        if options.update:
            case.write_text(new)
            print(f"updated {case}")
        else:
            failed += 1
            sys.stdout.writelines(difflib.unified_diff(
                old.splitlines(True), new.splitlines(True), str(case), "what it does now"))
    return 1 if failed else 0


sys.exit(main())
