/**
 * What is laid over compose.yaml for TLS between services, bus and store.
 * @module
 */
import { type Services, WORKER } from "../../services/services.ts";

const TLS = "${CUGRO_SECRETS:-./secrets}/tls";
const CA = "/tls/ca.pem";

const SERVERS = `  nats:
    command: ["-c", "/etc/nats/nats_tls.conf"]
    volumes:
      - ./nats/nats_tls.conf:/etc/nats/nats_tls.conf:ro
      - ${TLS}/nats.pem:/tls/nats.pem:ro
      - ${TLS}/nats.key:/tls/nats.key:ro

  minio:
    command: [server, /data, --address, ":9000", --certs-dir, /certs]
    volumes:
      - ${TLS}/minio.pem:/certs/public.crt:ro
      - ${TLS}/minio.key:/certs/private.key:ro
      - ${TLS}/ca.pem:/certs/CAs/ca.crt:ro
    environment:
      MINIO_NOTIFY_NATS_SECURE_FAST: "on"
      MINIO_NOTIFY_NATS_CERT_AUTHORITY_FAST: /certs/CAs/ca.crt
      MINIO_NOTIFY_NATS_SECURE_SAFE: "on"
      MINIO_NOTIFY_NATS_CERT_AUTHORITY_SAFE: /certs/CAs/ca.crt
    healthcheck:
      test: [CMD, curl, -fsS, --cacert, /certs/CAs/ca.crt, "https://127.0.0.1:9000/minio/health/ready"]

  minio-init:
    volumes: ["${TLS}/ca.pem:${CA}:ro"]
    environment: { ENDPOINT: "https://minio:9000", SSL_CERT_FILE: ${CA} }
`;

/** compose.tls.yaml with the services of the table. */
export function renderComposeTls(services: Services): string {
  const names = Object.entries(services).flatMap(([name, { gpu }]) => gpu ? [name, `${name}-gpu`] : [name]);
  names.push(WORKER);
  return `# Rendered by \`deno task infra --write\`. TLS between services, NATS and the S3 server. First \`deno task infra:certificates\`, then:
#   docker compose -f infra/compose.yaml -f infra/compose.tls.yaml up --build --detach
x-tls: &tls
  volumes: ["${TLS}/ca.pem:${CA}:ro"]
  environment:
    CUGRO_NATS: tls://nats:4222
    CUGRO_NATS_CA_FILE: ${CA}
    CUGRO_S3_ENDPOINT: https://minio:9000
    CUGRO_S3_CA_FILE: ${CA}

services:
${names.map((name) => `  ${name}: *tls`).join("\n")}

${SERVERS}`;
}
