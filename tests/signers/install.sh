#!/bin/sh
# Unpack SoftHSM2, a PKCS#11 token in software, beside the tests; nothing on the system is changed.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root="$here/.softhsm"
[ -x "$root/usr/bin/softhsm2-util" ] && exit 0
command -v softhsm2-util >/dev/null && exit 0
command -v apt-get >/dev/null || { echo "Install SoftHSM2 to test PKCS#11 signers."; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User=root download softhsm2 libsofthsm2 || {
    apt-get -qq update
    apt-get -qq -o APT::Sandbox::User=root download softhsm2 libsofthsm2
}
for package in *.deb; do dpkg-deb -x "$package" "$work/root"; done
rm -rf "$root"
mv "$work/root" "$root"
"$root/usr/bin/softhsm2-util" --version
