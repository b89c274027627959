#!/usr/bin/env bash
# Builds and tests this checkout in a root of the other Debian, 13. debootstrap makes the root, which stays in
# build/portability/trixie. Everything in the root runs in its own namespaces: mounts, processes and, except while
# packages are installed, a network with only loopback. No process in the root sees a file outside of it, and all
# processes end with the namespaces: nothing stays mounted or running. Needs root for debootstrap and the namespaces.
#
# usage: portability.sh [REGEX]    the tests whose name matches (default: all)
set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
suite=trixie
root=$checkout/build/portability/$suite

die() { printf 'portability: %s\n' "$*" >&2; exit 1; }

# The mirror of this system's own packages. If there is none, debootstrap uses its default.
mirror() {
  command -v apt-get >/dev/null || return 0
  # shellcheck disable=SC2016 # these are apt's variables
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 2>/dev/null |
    head -n 1
}

# The root has another name until it is whole, so that an interrupted one is not taken for a whole one.
make_root() {
  [ ! -e "$root" ] || return 0
  command -v debootstrap >/dev/null || die "debootstrap is missing: apt-get install debootstrap"
  local from
  from=$(mirror)
  printf 'portability: a root of %s from %s, in %s\n' "$suite" "${from:-the mirror of debootstrap}" "$root"
  rm -rf --one-file-system "$root.new"
  mkdir -p "$root.new"
  debootstrap --variant=minbase "$suite" "$root.new" ${from:+"$from"} >"$root.log" 2>&1 ||
    { tail -n 20 "$root.log" >&2; die "debootstrap failed; all it said is in $root.log"; }
  # No service may ever start in this root.
  printf '#!/bin/sh\nexit 101\n' >"$root.new/usr/sbin/policy-rc.d"
  chmod 755 "$root.new/usr/sbin/policy-rc.d"
  mv "$root.new" "$root"
}

# Copies files that git knows and new files. Equal files are left alone, so that only changed files are built again. A
# copied file gets the current time, because its own time may be older than the build of the file before. Deleted files
# are deleted there too.
copy_checkout() {
  local there=$root/gelombang file
  mkdir -p "$there"
  git -C "$checkout" ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    if [ ! -f "$checkout/$file" ] || cmp -s "$checkout/$file" "$there/$file"; then continue; fi
    mkdir -p "$there/$(dirname "$file")"
    cp --preserve=mode "$checkout/$file" "$there/$file"
  done
  find "$there" \( -path "$there/build" -o -name node_modules \) -prune -o -type f -printf '%P\0' |
    while IFS= read -r -d '' file; do [ -e "$checkout/$file" ] || rm "$there/$file"; done
  find "$root/tmp" -mindepth 1 -delete
}

# The name resolution while packages are fetched, and the authorities that npm trusts in addition.
copy_ways_out() {
  rm -f "$root/etc/resolv.conf"
  cat /etc/resolv.conf >"$root/etc/resolv.conf"
  rm -f "$root/root/authorities.pem"
  [ -z "${NODE_EXTRA_CA_CERTS:-}" ] || cat "$NODE_EXTRA_CA_CERTS" >"$root/root/authorities.pem"
}

# The view has only devices that keep nothing, and of the machine only /proc, whose settings are read-only. Then the
# root becomes the only root: the old root is unmounted.
make_view() {
  local device major minor
  mount --bind "$root" "$root"
  cd "$root"
  mount -t proc proc proc
  mount --bind proc/sys proc/sys
  mount -o remount,bind,ro proc/sys
  mount -t tmpfs -o mode=755,nosuid,noexec dev dev
  while read -r device major minor; do mknod -m 666 "dev/$device" c "$major" "$minor"; done <<'DEVICES'
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
DEVICES
  mkdir dev/pts dev/shm
  mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
  mount -t tmpfs -o mode=1777,nosuid,nodev shm dev/shm
  ln -s pts/ptmx dev/ptmx
  ln -s /proc/self/fd dev/fd
  ln -s fd/0 dev/stdin
  ln -s fd/1 dev/stdout
  ln -s fd/2 dev/stderr
  pivot_root . .  # puts the old root on top of the new one; umount removes it
  umount -l .
  cd /
}

# within "NAMESPACE..." COMMAND [ARGUMENT...]: runs the command in its own namespaces. Only SIGKILL ends unshare, and
# everything in the namespaces ends with it.
within() {
  local status=0
  # shellcheck disable=SC2086 # a list of options
  unshare $1 --propagation private --fork --kill-child "${BASH_SOURCE[0]}" --inside "${@:2}" &
  trap 'kill -KILL '$!' 2>/dev/null' EXIT
  wait $! || status=$?
  trap - EXIT
  return "$status"
}
trap 'exit 130' INT
trap 'exit 143' TERM

# Runs as root of that root, but without the capabilities that reach the machine itself.
inside() {
  make_view
  ip link set lo up 2>/dev/null || true
  exec setpriv --bounding-set -mknod,-sys_module,-sys_rawio,-sys_boot,-sys_time,-syslog \
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" CI=true \
    ${JOBS:+JOBS="$JOBS"} ${NODE_EXTRA_CA_CERTS:+NODE_EXTRA_CA_CERTS=/root/authorities.pem} bash -c "cd /gelombang && $1" portability "${@:2}"
}

if [ "${1:-}" = --inside ]; then
  inside "${@:2}"
fi
[ "$(id -u)" = 0 ] || die "root is needed, to make a root of Debian 13 and namespaces"
make_root
copy_checkout
copy_ways_out
within "--mount --pid --ipc --uts" './dev packages build test web && { ./dev web || true; }'
within "--mount --pid --ipc --uts --net" './dev test "$@"' "$@"
