#!/bin/sh
# Bucket, one policy and one user a service, and notifications of what lands in incoming/. May run at any time again.
# Environment: ENDPOINT, MINIO_ROOT_USER, MINIO_ROOT_PASSWORD; /run/secrets/minio_users has lines `service access secret`.
set -eu
bucket=cugro
mc --quiet alias set store "$ENDPOINT" "$MINIO_ROOT_USER" "$MINIO_ROOT_PASSWORD" >/dev/null
mc --quiet mb --ignore-existing "store/$bucket"
while read -r service access secret; do
  mc admin policy create store "cugro-$service" "/init/policies/$service.json"
  mc admin user add store "$access" "$secret"
  mc admin policy attach store "cugro-$service" --user "$access" ||
    mc admin user info store "$access" | grep -q "cugro-$service"
done </run/secrets/minio_users
# A hint may come twice; both targets together are fast and survive an outage of NATS.
for target in FAST SAFE; do
  mc --quiet event add --ignore-existing "store/$bucket" "arn:minio:sqs::$target:nats" --event put --prefix incoming/
done
