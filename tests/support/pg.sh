#!/usr/bin/env bash
# A PostgreSQL server for one run of the tests: no port, no password, nothing left behind.
#
#   pg.sh start DIR   makes a cluster in DIR, starts it on a Unix socket there, prints its URL
#   pg.sh kill DIR    kills all of it at once, as a loss of power does, and leaves its files as they are
#   pg.sh again DIR   starts it anew from its files
#   pg.sh stop DIR    stops it and removes DIR
#
# The server flushes as in production (the product refuses one that does not), so DIR had better be in memory. DIR must
# be short, because a socket's path has about a hundred characters, and lie where other users may pass.
set -euo pipefail

action=${1:?start, kill, again or stop} dir=${2:?a directory}
programs=$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1 || true)
programs=${programs:-$(command -v initdb || true)}
[ -n "$programs" ] || { echo "no PostgreSQL server found: apt-get install postgresql" >&2; exit 3; }
programs=$(dirname "$programs")

# PostgreSQL refuses to run as root; then it runs as its own user, with nothing of root's environment.
owner=
if [ "$(id -u)" = 0 ]; then
  owner=postgres
  id -u "$owner" >/dev/null 2>&1 || owner=nobody
fi
server() {
  if [ -z "$owner" ]; then "$@"; return; fi
  setpriv --reuid="$owner" --regid="$(id -g "$owner")" --clear-groups --inh-caps=-all \
    env -i PATH=/usr/bin:/bin HOME="$dir" LC_ALL=C.UTF-8 "$@"
}

up() {
  server "$programs/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -t 60 start \
    -o "-c listen_addresses= -c unix_socket_directories=$dir -c max_connections=300 -c shared_buffers=128MB" >/dev/null
}

case $action in
start)
  mkdir -p "$dir"
  chmod 711 "$dir"
  [ -z "$owner" ] || chown "$owner": "$dir"
  cd "$dir"
  server "$programs/initdb" -D "$dir/data" -U countersign --auth=trust -E UTF8 --locale=C.UTF-8 --no-sync \
    >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
  up || { cat "$dir/server.log" >&2; exit 1; }
  echo "postgres://countersign@localhost/postgres?host=$dir"
  ;;
kill)
  postmaster=$(head -n 1 "$dir/data/postmaster.pid")
  kill -STOP "$postmaster"
  pkill -KILL -P "$postmaster" || true
  kill -KILL "$postmaster"
  ;;
again)
  # The last process of before may take a moment to go.
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    if up; then exit 0; fi
    sleep 0.3
  done
  cat "$dir/server.log" >&2
  exit 1
  ;;
stop)
  cd /
  if [ -d "$dir/data" ]; then server "$programs/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true; fi
  rm -rf "$dir"
  ;;
*)
  echo "pg.sh: start, kill, again or stop, not $action" >&2
  exit 2
  ;;
esac
