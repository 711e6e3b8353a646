#!/bin/sh
# Bucket, one policy and one user a service, and notifications of what lands in incoming/. May run at any time again.
# Environment: ENDPOINT, MINIO_ROOT_USER, MINIO_ROOT_PASSWORD; USERS (default /run/secrets/minio_users) has lines
# `service access secret`. Needs mc and a shell, nothing else; the server's image has both.
set -eu
here=${0%/*}
bucket=cugro
mc --quiet alias set store "$ENDPOINT" "$MINIO_ROOT_USER" "$MINIO_ROOT_PASSWORD" >/dev/null
mc --quiet mb --ignore-existing "store/$bucket"

while read -r service access secret; do
  mc admin policy create store "cugro-$service" "$here/policies/$service.json"
  mc admin user add store "$access" "$secret"
  # Attaching what is attached is an error, and the only one that does not matter.
  if ! said=$(mc admin policy attach store "cugro-$service" --user "$access" 2>&1); then
    case $said in
      *"already in effect"*) ;;
      *) echo "$said" >&2 && exit 1 ;;
    esac
  fi
done <"${USERS:-/run/secrets/minio_users}"

# A hint may come twice; both targets together are fast and survive an outage of NATS.
for target in FAST SAFE; do
  mc --quiet event add --ignore-existing "store/$bucket" "arn:minio:sqs::$target:nats" --event put --prefix incoming/
done
