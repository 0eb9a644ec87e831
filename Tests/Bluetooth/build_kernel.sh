#!/usr/bin/env bash
# Prints the path of a user-mode Linux kernel with Bluetooth. Builds it first, from Debian's source, when the cache has
# none for this configuration, this package version and this machine's architecture.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
package=linux-source-6.12
source=/usr/src/$package.tar.xz

give_up() {
  echo "No kernel for the Bluetooth tests: $1" >&2
  exit 1
}

[ "$(uname -m)" = x86_64 ] || give_up "user-mode Linux runs on x86_64 only, and this machine is $(uname -m)."
[ -e "$source" ] || give_up "$source is missing. Install it: apt-get install $package"
for tool in make gcc flex bison bc xz; do
  command -v $tool >/dev/null || give_up "\`$tool\` is missing. Install what .ci/install-bluetooth-rig names."
done

version=$(dpkg-query --show --showformat '${Version}' $package 2>/dev/null || stat --format %s-%Y "$source")
key=$({ echo "$version"; cat "$here/kernel.config"; } | sha256sum | cut -c 1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/bitting
kernel=$cache/uml-$key
mkdir -p "$cache"
# Two checkouts that start together build once.
exec 9> "$cache/lock"
flock 9
if [ ! -x "$kernel" ]; then
  from=$SECONDS
  work=$(mktemp -d "$cache/building.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  echo "Building a Linux kernel with Bluetooth for the tests, once; it takes some minutes" >&2
  # The drivers of real hardware are most of the archive, and none of them is built.
  tar --extract --file "$source" --directory "$work" --strip-components 1 \
    --exclude '*/drivers/gpu/*.[ch]' --exclude '*/drivers/net/ethernet/*.[ch]' \
    --exclude '*/drivers/net/wireless/*.[ch]' --exclude '*/drivers/media/*.[ch]' --exclude '*/sound/*.[ch]'
  build=(make --silent --directory "$work" ARCH=um O="$work/out")
  {
    "${build[@]}" KCONFIG_ALLCONFIG="$here/kernel.config" allnoconfig
    for line in $(grep ^CONFIG_ "$here/kernel.config"); do
      grep -qx "$line" "$work/out/.config" || { echo "$line was not taken"; exit 1; }
    done
    "${build[@]}" --jobs "$(nproc)" linux
    strip -o "$work/linux" "$work/out/linux"
  } > "$cache/build.log" 2>&1 9>&- || give_up "it did not build: see $cache/build.log, which ends with
$(tail -5 "$cache/build.log")"
  mv "$work/linux" "$kernel"
  echo "The kernel is $kernel, built in $((SECONDS - from)) s" >&2
fi
echo "$kernel"
