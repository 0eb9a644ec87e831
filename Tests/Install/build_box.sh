#!/usr/bin/env bash
# Prints the path of a disk image with a fresh Debian, booted by systemd: what a technician's box is before Bitting comes.
# Beside Debian's smallest set it has what the package asks for (box/packages) as files in apt's cache, since the box has
# no network; nothing of that is installed. Made once for each state of the files here, and kept outside of the checkout.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
suite=bookworm
size=3G

key=$(cat "${BASH_SOURCE[0]}" "$here"/box/* | sha256sum | cut -c 1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/bitting
image=$cache/box-$key.ext4
mkdir -p "$cache"
# Two checkouts that start together build once.
exec 9> "$cache/box.lock"
flock 9
if [ ! -e "$image" ]; then
  from=$SECONDS
  work=$(mktemp -d "$cache/building.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  echo "Making a disk with a fresh Debian for the tests, once; it takes some minutes" >&2
  asked=$(grep -v '^#' "$here/box/packages" | tr '\n' ' ')
  mmdebstrap --variant=minbase --include=systemd,systemd-sysv,udev,dbus,libpam-systemd \
    --aptopt='APT::Install-Recommends "true"' \
    --skip=cleanup/apt/lists,cleanup/apt/cache \
    --customize-hook="chroot \"\$1\" apt-get install --yes --download-only $asked" \
    --customize-hook="copy-in '$here/box/rig.sh' /usr/local/sbin" \
    --customize-hook="copy-in '$here/box/rig.service' /etc/systemd/system" \
    --customize-hook='chroot "$1" systemctl enable rig.service' \
    --customize-hook='echo box > "$1/etc/hostname"; echo "127.0.0.1 localhost box" > "$1/etc/hosts"; : > "$1/etc/machine-id"' \
    --customize-hook='echo "/dev/ubda / ext4 defaults 0 1" > "$1/etc/fstab"' \
    "$suite" "$work/root.tar" > "$cache/box.log" 2>&1 9>&- || {
    echo "No disk for the tests of the package: see $cache/box.log, which ends with" >&2
    tail -5 "$cache/box.log" >&2
    exit 1
  }
  # Owners and modes as they are in the archive, whoever calls this.
  truncate --size "$size" "$work/image"
  fakeroot -- bash -euc 'mkdir "$1/root"; tar -x -f "$1/root.tar" -C "$1/root"
    mke2fs -q -t ext4 -E lazy_itable_init=1,nodiscard -d "$1/root" "$1/image"' - "$work" 9>&-
  mv "$work/image" "$image"
  echo "The disk is $image, made in $((SECONDS - from)) s" >&2
fi
echo "$image"
