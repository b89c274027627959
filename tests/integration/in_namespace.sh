#!/bin/sh
# Runs a command in its own network namespace, without root. The namespace has only loopback, with addresses of the
# public range that lead nowhere else. If namespaces are not permitted, exits 77 (ctest: skipped) and says so. Listing
# tests needs no namespace.
#
# usage: in_namespace.sh PROGRAM [ARGUMENT ...]
for argument; do
  case $argument in --list-*) exec "$@" ;; esac
done

if ! why=$(unshare -Urn ip link set lo up 2>&1); then
  echo "SKIPPED: unprivileged network namespaces are not permitted here: $why" >&2
  exit 77
fi

export GELOMBANG_IN_NAMESPACE=1
# shellcheck disable=SC2016 # the inner shell expands it
exec unshare -Urn sh -ec '
  ip link set lo up
  for address in 11.22.33.44 11.22.33.55 10.20.30.40 100.64.0.1; do ip address add "$address/32" dev lo; done
  ip -6 address add 2a00:1::44/128 dev lo nodad || true
  exec "$@"' in_namespace "$@"
