#!/bin/sh
# Starts redis-server with the password of REDIS_PASSWORD, which is handed over in a file and not on the command line, where
# every process of the host could read it.
set -eu
if [ -n "${REDIS_PASSWORD:-}" ]; then
    umask 077
    # Redis reads a quoted string with backslash escapes.
    escaped=$(printf '%s' "$REDIS_PASSWORD" | sed 's/[\\"]/\\&/g')
    printf 'include /etc/push-redis/redis.conf\nrequirepass "%s"\nbind * -::*\n' "$escaped" >/run/push-redis/redis.conf
elif [ "${REDIS_ALLOW_EMPTY_PASSWORD:-no}" = yes ]; then
    printf 'include /etc/push-redis/redis.conf\nprotected-mode no\nbind * -::*\n' >/run/push-redis/redis.conf
else
    echo "push-redis: set REDIS_PASSWORD, or REDIS_ALLOW_EMPTY_PASSWORD=yes if only trusted containers reach this network" >&2
    exit 1
fi
unset REDIS_PASSWORD
exec redis-server /run/push-redis/redis.conf --dir /data "$@"
