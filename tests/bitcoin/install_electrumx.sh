#!/bin/sh
# Put ElectrumX beside the tests, in an environment of its own: the tests' second source of Bitcoin.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ -x "$here/.node/electrumx/bin/electrumx_server" ] && exit 0
mkdir -p "$here/.node"
rm -rf "$here/.node/electrumx"
"${PYTHON:-python3}" -m venv "$here/.node/electrumx"
# e-x 2 wants a newer Bitcoin Core than Debian has; the distribution named electrumX is of another chain.
"$here/.node/electrumx/bin/pip" install --quiet --disable-pip-version-check 'e-x==1.20.0' 'plyvel>=1.5'
