#!/bin/sh
# Becomes one service: `start gateway`. The commands beside this file carry each service's permissions.
case "${1:-}" in
  gateway | coordinator | dataset-import | state-generation | behavior-generation | critic-training | policy-evaluation)
    exec "/app/bin/$1" ;;
esac
echo "Name the service to run: gateway, coordinator, dataset-import, state-generation, behavior-generation," \
  "critic-training or policy-evaluation: current argument is \"${1:-}\"" >&2
exit 64
