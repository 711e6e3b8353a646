#!/bin/sh
# Becomes one service: `start gateway`. The commands in services/ beside this file carry each service's permissions.
services=${0%/*}/services
case "${1:-}" in
  "" | */* | .*) ;;
  *) if [ -x "$services/$1" ]; then exec "$services/$1"; fi ;;
esac
echo "Name the service to run, one of: $(echo $(ls "$services")): current argument is \"${1:-}\"" >&2
exit 64
