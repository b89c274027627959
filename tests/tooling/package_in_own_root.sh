#!/usr/bin/env bash
# Installs, uses and removes a package in its own root. The root shows this system, but everything that is written goes
# to memory and vanishes with the script's namespaces. If that is not possible, exits 77 and says why.
#
# usage: unshare --mount --net --pid --fork --kill-child package_in_own_root.sh DEB EMPTY_FOLDER
set -euo pipefail
deb=$1 folder=$2
changed=$folder/changed root=$folder/root

mount --make-rprivate /
mount -t tmpfs tmpfs "$folder"
mkdir "$changed" "$folder/work" "$root"
if ! why=$(mount -t overlay overlay -o "lowerdir=/,upperdir=$changed,workdir=$folder/work" "$root" 2>&1); then
  echo "no overlay of this root can be had here: $why" >&2
  exit 77
fi
mount -t proc proc "$root/proc"
# Programs in there run as root. They must not change this system's /dev, so they get only the devices that everybody
# may use.
mount -t tmpfs tmpfs "$root/dev"
mkdir "$root/dev/shm"
for device in null zero full random urandom; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
ip link set lo up

die() { printf '%s\n' "$*" >&2; exit 1; }
# Without the caller's environment, from an empty folder.
enter=(chroot "$root" env -i -C /var/use HOME=/var/use PATH=/usr/sbin:/usr/bin:/sbin:/bin)
inside() { "${enter[@]}" "$@"; }

if chroot "$root" dpkg-query -W gelombang >/dev/null 2>&1; then
  echo "gelombang is installed on this system already" >&2
  exit 77
fi
mkdir "$root/var/use"
cp "$deb" "$root/var/gelombang.deb"
inside dpkg --install /var/gelombang.deb

# shellcheck disable=SC2016 # it is dpkg-query that expands it
version=$(inside dpkg-query -W -f '${Version}' gelombang)
for program in gelombang gelombang-sandbox; do
  [ "$(inside "$program" --version)" = "$program $version" ] || die "$program does not say that it is $version"
done
inside gelombang check portal_mix.lua >"$root/var/check"
grep -q '^portal_mix' "$root/var/check" || die "check does not show the scenario: $(cat "$root/var/check")"
# Without Debian's manual pages (container images leave them out) man finds none.
if [ -e "$root/usr/share/man/man1/gelombang.1.gz" ] && [ -x "$root/usr/bin/man" ]; then
  for page in gelombang gelombang-run gelombang-sandbox; do
    [ "$(inside man -w "$page")" = "/usr/share/man/man1/$page.1.gz" ] || die "man does not find $page"
  done
fi

log=$root/var/use/sandbox.log
"${enter[@]}" gelombang-sandbox --listen 127.0.0.1:0 --accounts 50 --hash-cost low --data /var/use/data >"$log" 2>&1 &
sandbox=$!
for _ in {1..300}; do
  ! grep -q '^ready:' "$log" || break
  sleep 0.1
done
url=$(sed -n 's|^ready: *||p' "$log")
[ -n "$url" ] || die "the sandbox is not ready: $(cat "$log")"
# A scenario of the user with the installed library. Nobody thinks for long in it.
sed 's/think([0-9, ]*)/think(0.1)/' "$root/usr/share/gelombang/scenarios/login.lua" >"$root/var/use/mine.lua"
inside gelombang run mine.lua --target "$url" --users 2 --iterations 2 --duration 30s --metrics-listen off \
  --json /var/use/summary.json || die "the run ended with $?"
[ -s "$root/var/use/summary.json" ] || die "the run left no summary"
inside gelombang report last --out /var/use/report.md --format md
kill "$sandbox"
wait "$sandbox" || die "the sandbox ended with $?"

inside dpkg-query --listfiles gelombang | sort >"$folder/listed"
inside dpkg --remove gelombang
inside dpkg --purge gelombang 2>&1
rm -r "$root/var/use" "$root/var/gelombang.deb" "$root/var/check"
while IFS= read -r path; do
  [ -d "$root$path" ] || [ ! -e "$root$path" ] || die "$path is still there"
done <"$folder/listed"
# dpkg and the index of manual pages keep their own records.
left=$(find "$changed" ! -type d -printf '/%P\n' |
  grep -vE '^/var/(lib/dpkg|log|cache/(man|debconf|ldconfig))/' | grep -vE '^/etc/ld\.so\.cache$' || true)
left+=$(find "$changed" -iname '*gelombang*' -printf '/%P\n')
[ -z "$left" ] || die "left behind: $left"
