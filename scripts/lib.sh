# Shared by the scripts in this folder; sourced, not run.

say() { printf '== %s\n' "$*"; }

# Makes sure that Debian packages are there. Installs with apt only what is missing, as root or with
# sudo, so that a second run needs neither.
need_packages() {
  local missing=() package
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing: ${missing[*]}"
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || {
      echo "error: these Debian packages are missing and there is neither root nor sudo: ${missing[*]}" >&2
      exit 3
    }
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends "${missing[@]}" >/dev/null
}

build_packages=(g++ cmake ninja-build pkg-config libboost-dev libboost-graph-dev liblemon-dev
  libmd-dev coinor-libclp-dev zlib1g-dev libflint-dev nlohmann-json3-dev libcli11-dev
  libfabric-dev libpugixml-dev)
test_packages=(doctest-dev libvalijson-dev libbenchmark-dev glpk-utils iproute2 procps python3 git)
