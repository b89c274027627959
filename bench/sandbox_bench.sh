#!/usr/bin/env bash
# What the sandbox serves: requests per second, and per second of its own processor time, because the client
# takes its share of the same machine. usage: sandbox_bench.sh PROGRAM_FOLDER
set -euo pipefail

programs=${1:?the folder of gelombang-sandbox}
seconds=${SECONDS_EACH:-5}
work=$(mktemp -d)
sandbox=
cleanup() {
  if [ -n "$sandbox" ]; then
    kill -TERM "$sandbox" 2>/dev/null || true
    wait "$sandbox" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap cleanup EXIT

# Processor seconds of the sandbox so far, all threads, user and system.
cpu_seconds() { awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) / hz }' "/proc/$sandbox/stat"; }

# bench NAME PATH [LUA]: wrk with 16 connections.
bench() {
  local name=$1 path=$2 before out requests rate
  shift 2
  before=$(cpu_seconds)
  out=$(wrk -t1 -c16 -d"${seconds}s" "$@" "$url$path")
  requests=$(awk '/requests in/ { print $1 }' <<<"$out")
  rate=$(awk '/Requests\/sec/ { print $2 }' <<<"$out")
  awk -v n="$name" -v r="$rate" -v q="$requests" -v a="$before" -v b="$(cpu_seconds)" \
    'BEGIN { printf "%-34s %9.0f /s %12.0f per CPU second\n", n, r, q / (b - a) }'
}

"$programs/gelombang-sandbox" --listen 127.0.0.1:0 --accounts 10000 --hash-cost low >"$work/out" 2>&1 &
sandbox=$!
for _ in $(seq 100); do
  if grep -q '^ready: ' "$work/out"; then break; fi
  sleep 0.1
done
url=$(sed -n 's/^ready: //p' "$work/out")
sed -n '/^hash cost\|^accounts/p' "$work/out"

cat >"$work/register.lua" <<'LUA'
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local i = 0
request = function()
  i = i + 1
  return wrk.format(nil, nil, nil, '{"email":"r' .. i .. '.bench@peserta.test","password":"rahasia1"}')
end
LUA
cat >"$work/login.lua" <<'LUA'
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"email":"r9.bench@peserta.test","password":"rahasia1"}'
LUA

bench "GET /api/waves/current" /api/waves/current
bench "GET /masuk" /masuk
bench "POST /api/accounts (low cost)" /api/accounts -s "$work/register.lua"
# The right password of an account that is not verified: the whole work of a login but for its session.
bench "POST /api/sessions (low cost)" /api/sessions -s "$work/login.lua"

start=$EPOCHREALTIME
delivered() { grep -c . <(find "$(sed -n 's/^mail: maildir://p' "$work/out")/new" -type f) || true; }
first=$(delivered)
sleep "$seconds"
awk -v a="$first" -v b="$(delivered)" -v s="$start" -v e="$EPOCHREALTIME" \
  'BEGIN { if (b > a) printf "%-34s %9.0f /s\n", "mails into the Maildir", (b - a) / (e - s) }'
