#!/usr/bin/env python3
"""Builds the Debian packages of a build, looks into them, unpacks them into an empty root and runs the
tool there. Exit code 77, a skip, where dpkg-deb is missing.

    package_test.py --build BUILD_FOLDER --version X.Y.Z
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nexit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def need(condition, what):
    if not condition:
        sys.exit(what)


def control(package):
    text = run("dpkg-deb", "-f", package)
    return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--version", required=True)
    options = parser.parse_args()
    if shutil.which("dpkg-deb") is None:
        print("skipped: there is no dpkg-deb")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run("cpack", "-G", "DEB", "--config", options.build / "CPackConfig.cmake", "-B", folder)
        packages = {path.name.split("_")[0]: path for path in folder.glob("*.deb")}
        need(sorted(packages) == ["libpleach-dev", "libpleach0", "pleach"], f"packages: {sorted(packages)}")
        for package, path in packages.items():
            fields = control(path)
            need(fields["Package"] == package, f"{path}: package {fields['Package']}")
            need(fields["Version"].split("-")[0] == options.version, f"{path}: {fields['Version']}")
            need(len(fields["Description"]) > 20, f"{path}: description")
            need(path.name == f"{package}_{fields['Version']}_{fields['Architecture']}.deb",
                 f"name {path.name}")
            run("dpkg-deb", "-x", path, folder / "root")
        depends = control(packages["pleach"]).get("Depends", "")
        if shutil.which("dpkg-shlibdeps"):
            for library in ("libc6", "libstdc++6", "coinor-libclp1", "libflint", "libmd0"):
                need(library in depends, f"pleach does not depend on {library}: {depends}")
        need("-dev" not in depends, f"the tool depends on development files: {depends}")
        dev = control(packages["libpleach-dev"])["Depends"]
        for library in ("libboost-dev", "liblemon-dev", "coinor-libclp-dev", "libflint-dev"):
            need(library in dev, f"libpleach-dev does not depend on {library}: {dev}")
        need("libpleach0 (=" in dev, f"libpleach-dev does not depend on its libpleach0: {dev}")
        runtime = control(packages["libpleach0"])
        need(runtime.get("Recommends") == "libfabric1", f"libpleach0: {runtime}")
        if shutil.which("dpkg-shlibdeps"):
            need("libstdc++6" in runtime["Depends"], f"libpleach0: {runtime['Depends']}")
        need("-dev" not in runtime.get("Depends", ""), f"libpleach0: {runtime}")
        runtime_files = [line.split()[5] for line in
                         run("dpkg-deb", "-c", packages["libpleach0"]).splitlines()]
        need(any(path.endswith("/libpleach.so.0") for path in runtime_files), "no libpleach.so.0")
        plugins = [path for path in runtime_files if path.endswith("-pleach.so")]
        need(sorted(path.split("/")[-1] for path in plugins) ==
             ["libnccl-env-pleach.so", "libnccl-tuner-pleach.so"], f"plugins: {plugins}")
        need(not any(path.endswith((".so", ".h", ".a")) for path in runtime_files
                     if path not in plugins), "development files in libpleach0")
        tool_files = {line.split()[5] for line in
                      run("dpkg-deb", "-c", packages["pleach"]).splitlines()}
        for path in ("bin/pleach", "bin/pleach-perf", "share/bash-completion/completions/pleach",
                     "share/zsh/vendor-completions/_pleach", "share/man/man1/pleach.1",
                     "share/doc/pleach/copyright", "share/pleach/schedules/FORMAT.md"):
            need(f"./usr/{path}" in tool_files, f"{path} is not in the package")
        need(not any("include" in path for path in tool_files), "headers in the tool's package")
        tool = folder / "root/usr/bin/pleach"
        need(run(tool, "--version").startswith(f"pleach {options.version}"), "pleach --version")
        need("1040/3" in run(tool, "bound", "dgx-a100-x2"), "pleach bound")
    print(f"packages: {', '.join(sorted(packages))}; depends: {depends}")


main()
