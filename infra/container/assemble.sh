#!/bin/sh
# In the image's build, in /app: start commands, everything transpiled, nothing writable.
set -eu
deno run -A infra/container/write_commands.ts bin
cp infra/container/start.sh bin/start
deno cache --frozen services/*/main.ts services/all_jobs_worker.ts shared/datasets/isolated/reader_worker.ts shared/process/hang_watch_worker.ts \
  shared/export/bundle_worker.ts infra/container/healthy.ts
deno run -A scripts/setup/dashboard.ts
deno run -A infra/container/prune_packages.ts node_modules
CUGRO_BACKEND=native CUGRO_DEVICE=cpu deno run -A scripts/setup/check_backend.ts
# Where the code version looks for the revision.
if [ -n "${REVISION:-}" ]; then mkdir -p .git && echo "$REVISION" >.git/HEAD; fi
# node_modules has what was in there.
rm -rf "$DENO_DIR/npm"
chmod 0755 bin/start bin/healthy bin/services/*
chmod -R a+rX,go-w /app /opt
