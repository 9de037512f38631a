#!/usr/bin/env python3
"""Holds completion and man page to what the tool itself says in --help. What needs a shell or program
that is not there is left out and named.

    words_test.py --pleach TOOL --completion FOLDER --man FILE
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

wrong = []


def expect(found, wanted, what):
    if sorted(found) != sorted(wanted):
        wrong.append(f"{what}: expected {sorted(wanted)}, found {sorted(found)}")


def run(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=True, **options).stdout


def help_of(tool, path):
    """(commands, {option: its value's name or ""}, arguments) that `pleach PATH --help` lists."""
    commands, options, arguments = [], {}, []
    for line in run(tool, *path, "--help").split("\n\n")[2].splitlines():
        if not re.match(r"  \S", line):
            continue
        for name in re.split(r"  +", line.strip())[0].split(", "):
            word, _, value = name.partition(" ")
            if word.startswith("-"):
                options[word] = value
            elif word[0].islower():
                commands.append(word)
            else:
                arguments.append(word)
    return commands, options, arguments


def all_commands(tool, path=()):
    commands, options, arguments = help_of(tool, path)
    yield path, commands, options, arguments
    for command in commands:
        yield from all_commands(tool, (*path, command))


def completed_by_bash(script, words, env, folder):
    """What bash offers behind `words`, the last of which is the one at the cursor."""
    program = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pleach; '
               'printf "%s\\n" "${COMPREPLY[@]}"')
    done = run("bash", "--norc", "-c", program, "bash", script, *words, env=env, cwd=folder)
    return [line for line in done.splitlines() if line]


def completed_by_zsh(script, words, env, folder):
    """The candidates behind words[:-1] that start like the last one; files are left to zsh."""
    program = 'source "$1"; shift; emulate -L sh; __pleach_candidates "$@"'
    done = run("zsh", "-f", "-c", program, "zsh", script, *words[:-1], env=env, cwd=folder)
    fits = [line for line in done.splitlines() if line.startswith(words[-1])]
    return [line for line in fits if line[0] != ":" and (line[0] != "-" or words[-1][:1] == "-")]


def check_completion(tool, complete, shell):
    values = {"-c": "allgather reduce_scatter allreduce broadcast reduce".split(),
              "--dtype": ("int8 uint8 int16 int32 uint32 int64 uint64 float16 bfloat16 float32 "
                          "float64").split(),
              "--op": "sum min max prod avg".split(), "--backend": "cuda emulated host".split()}
    for path, commands, options, arguments in all_commands(tool):
        words = ["pleach", *path]
        where = f"{shell}: {' '.join(words)}"
        expect(complete([*words, "-"]), options, f"{where} -")
        if commands:
            expect(complete([*words, ""]), commands, where)
            expect(complete([*words, commands[0][:2]]),
                   [name for name in commands if name.startswith(commands[0][:2])], where)
        elif arguments and "TOPOLOGY" in arguments[0]:
            names = [line.split()[0] for line in run(tool, "topo", "list").splitlines()[1:]]
            wanted = [re.sub("[A-Z].*", "", name) for name in names if name.startswith("t")]
            expect(complete([*words, "t"]), wanted + (["trio.json"] if shell == "bash" else []),
                   f"{where} t")
        for option, value in options.items():
            if value and option in values:
                # Rings, which NCCL's files hold, serve collectives without a root.
                wanted = values[option][:3] if path[:1] == ("export",) else values[option]
                expect(complete([*words, option, ""]), wanted, f"{where} {option}")
            elif value:
                is_file = value.startswith(("SCHEDULE", "FILE"))
                expect(complete([*words, option, ""]),
                       ["trio.json"] if is_file and shell == "bash" else [], f"{where} {option}")
    expect(complete(["pleach", "bound", "ring-3", "-c", "allreduce", "--js"]), ["--json"],
           f"{shell}: behind an option with its value")


def check_man_page(tool, page):
    text = page.read_text().replace("\\-", "-")
    sections = dict(re.findall(r"(?m)^\.SS pleach ([-a-z ]+?) ?(?:\\f.*|\[.*)?\n((?:.*\n(?!\.S[SH]))*.*)",
                               text))
    leaves = {" ".join(path): options for path, commands, options, _ in all_commands(tool)
              if not commands}
    expect(sections, leaves, f"{page.name}: commands")
    for command in sections.keys() & leaves.keys():
        found = re.findall(r'(?m)^\.TP\n\.(?:B|BI) (-\S+)(?: " ?([A-Za-z.]+)")?$', sections[command])
        wanted = [(name, value) for name, value in leaves[command].items()
                  if name not in ("-h", "--help")]
        expect(found, wanted, f"{page.name}: options of {command}")
    if shutil.which("man") is None:
        print("left out: man is missing, so the page's markup is not checked")
        return
    done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", str(page)], text=True, check=False,
                          capture_output=True, env=dict(os.environ, MANWIDTH="80", MANROFFOPT=""))
    if done.returncode != 0 or done.stderr:
        wrong.append(f"man: {done.stderr}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pleach", required=True, type=pathlib.Path)
    parser.add_argument("--completion", required=True, type=pathlib.Path)
    parser.add_argument("--man", required=True, type=pathlib.Path)
    options = parser.parse_args()
    tool = options.pleach.resolve()
    if len(list(all_commands(tool))) < 8:
        sys.exit("the help names too few commands; its layout has changed")
    env = dict(os.environ, PATH=f"{tool.parent}:{os.environ['PATH']}")
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "trio.json").touch()
        bash = options.completion.resolve() / "pleach.bash"
        check_completion(tool, lambda words: completed_by_bash(bash, words, env, folder), "bash")
        if shutil.which("zsh"):
            zsh = options.completion.resolve() / "_pleach"
            check_completion(tool, lambda words: completed_by_zsh(zsh, words, env, folder), "zsh")
        else:
            print("left out: zsh is missing, so its completion is not checked")
    check_man_page(tool, options.man)
    sys.exit("\n".join(wrong) if wrong else 0)


main()
