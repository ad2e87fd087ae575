#!/bin/sh
# Unpack a real bitcoind (Bitcoin Knots) beside the tests, from Debian's own signed archive.
#
# Bookworm has none, so it and the libraries it was built with come from trixie and its backports,
# through apt with a configuration of its own: nothing on the system is read or changed but the
# archive's address and key. Takes about 15 s and 60 MB.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
node="$here/.node"
[ -x "$node/bin/bitcoind" ] && exit 0
[ "$(uname -m)" = x86_64 ] || { echo "only for x86_64; put bitcoind on the PATH instead"; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
archive=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
    sed -n 's/^URIs: *//p; s/^deb *\(\[[^]]*\] *\)\{0,1\}\([^ ]*\) .*/\2/p' | grep '/debian/*$' | head -1)
mkdir -p "$work/etc" "$work/lists/partial" "$work/cache/archives/partial" "$work/debs" "$work/root"
for suite in trixie trixie-backports; do
    printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' \
        "${archive:-http://deb.debian.org/debian}" "$suite" \
        /usr/share/keyrings/debian-archive-keyring.gpg >"$work/etc/$suite.sources"
done

apt() {
    apt-get -qq -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/etc" \
        -o Dir::State::lists="$work/lists" -o Dir::State::status=/dev/null \
        -o Dir::Cache="$work/cache" -o APT::Architectures=amd64 -o APT::Default-Release=trixie \
        -o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}
apt update
cd "$work/debs"
apt download bitcoin-knots/trixie-backports libc6 libstdc++6 libgcc-s1 libzmq5 libbsd0 libmd0 \
    libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 \
    libnorm1t64 libpgm-5.3-0t64 libsodium23 libsqlite3-0 libevent-core-2.1-7t64 \
    libevent-extra-2.1-7t64 libevent-pthreads-2.1-7t64 libssl3t64 zlib1g libzstd1
for package in *.deb; do dpkg-deb -x "$package" "$work/root"; done

rm -rf "$node"
mkdir -p "$node/bin"
cp -r "$work/root" "$node/unpacked"
cat >"$node/bin/bitcoind" <<RUN
#!/bin/sh
exec "$node/unpacked/usr/lib64/ld-linux-x86-64.so.2" \\
    --library-path "$node/unpacked/usr/lib/x86_64-linux-gnu" "$node/unpacked/usr/bin/bitcoind" "\$@"
RUN
chmod +x "$node/bin/bitcoind"
"$node/bin/bitcoind" -version | head -1
