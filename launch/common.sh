# shellcheck shell=bash disable=SC2034 # variables serve those that read this file
# What launch/quickstart and launch/check share: the packages, and building out of tree. Read with `source`; callers
# have set -eu.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cores=$(nproc)

build_packages=(build-essential autoconf automake libtool pkg-config libopenmpi-dev openmpi-bin libblis-dev
    libsqlite3-dev zlib1g-dev libxxhash-dev librandom123-dev
    liblpsolve55-dev)
report_packages=(gnuplot-nox graphviz librsvg2-bin)
test_packages=(libcmocka-dev valgrind sqlite3 procps iproute2 util-linux clang-format
    python3-numpy tmux)

say() { printf '%s\n' "$*" >&2; }
die() { say "$(basename "$0"): $*"; exit 1; }

case $root in *[[:space:]]*)
    die "$root: make cannot build in a folder with a blank in its path; move the tree, to /tmp/kith say"
    ;;
esac

# as_root COMMAND...
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

has_package()
{
    # Any gnuplot will do, and any of them may be installed.
    if [ "$1" = gnuplot-nox ] && command -v gnuplot >/dev/null; then return 0; fi
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# install_packages PACKAGE...: those that are missing.
install_packages()
{
    local missing=() package
    if ! command -v dpkg-query >/dev/null; then
        say "This is no Debian: docs/install.md has the packages of Fedora, Arch, conda-forge and Spack by name;" \
            "configure says what is missing."
        return 0
    fi
    for package in "$@"; do has_package "$package" || missing+=("$package"); done
    if [ ${#missing[@]} -eq 0 ]; then return 0; fi
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        say "$(basename "$0"): packages are missing, and only an administrator can install them:"
        say "    apt-get install ${missing[*]}"
        die "or without one: conda-forge's and Spack's packages, by name in docs/install.md"
    fi
    say "Installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    # Another apt-get that holds the lock, or a mirror that does not answer, would be waited for.
    as_root timeout 600 apt-get -qq update
    as_root timeout 600 env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
        "${missing[@]}" </dev/null
}

# make_configure: runs Autotools if their results are missing or older than what they are made from.
make_configure()
{
    if [ -f "$root/configure" ] && [ -f "$root/Makefile.in" ] &&
        [ -z "$(find "$root" -path "$root/build*" -prune -o \( -name local.mk -o -name '*.am' -o -name configure.ac \
            -o -name output.mk \) -newer "$root/Makefile.in" -print -quit)" ]; then
        return 0
    fi
    (cd "$root" && autoreconf -fi)
}

# configure_tree FOLDER OPTION...: anew only if configure or the options changed.
configure_tree()
{
    local folder=$1
    shift
    mkdir -p "$folder"
    if [ -f "$folder/Makefile" ] && [ "$folder/Makefile" -nt "$root/configure" ] &&
        [ "$(cat "$folder/configured-with" 2>/dev/null)" = "$*" ]; then
        return 0
    fi
    (cd "$folder" && "$root/configure" --quiet "$@") && printf '%s' "$*" >"$folder/configured-with"
}
