/**
 * nats.conf from the table of rights. Public keys of the users come from the environment, so that the file can be
 * committed and is the same everywhere.
 * @module
 */
import { SERVICES, type Services } from "../../services/services.ts";
import { natsUsers } from "../permissions.ts";

/** Name of the environment variable that holds a user's public nkey: `CUGRO_NKEY_STATE_GENERATION`. */
export const nkeyVariable = (user: string): string => `CUGRO_NKEY_${user.toUpperCase().replaceAll("-", "_")}`;

const HEAD = `# Rendered from infra/permissions.ts by \`deno task infra --write\`: change it there.
# Each $CUGRO_NKEY_... is the public half of a user's nkey, from the environment; \`deno task infra:secrets\` makes them.
port: 4222
# For KEDA, Prometheus and health checks. It asks nobody for a name: keep it inside.
http: 8222
# Messages carry references, never tensors.
max_payload: 256KB
ping_interval: "10s"
ping_max: 2
jetstream {
  store_dir: /data
  max_memory_store: 64MB
  # Below the volume's size: a full disk wedges JetStream. EVENTS and INCOMING have 1.125 GiB of it set aside, jobs the rest.
  max_file_store: 4GB
}
system_account: SYS
`;

/** The whole file. */
export function renderNatsConfig(services: Services = SERVICES): string {
  const users = Object.entries(natsUsers(services)).map(([name, rights]) =>
    [
      `      {`,
      `        # ${name}`,
      `        nkey: $${nkeyVariable(name)}`,
      `        permissions {`,
      `          publish { allow: ${list(rights.publish)} }`,
      `          subscribe { allow: ${list(rights.subscribe)} }`,
      ...(rights.answers ? [`          allow_responses: { max: 1, expires: "2m" }`] : []),
      `        }`,
      `      }`,
    ].join("\n")
  );
  return `${HEAD}accounts {
  SYS {}
  CUGRO {
    jetstream: enabled
    users: [
${users.join("\n")}
    ]
  }
}
`;
}

function list(subjects: readonly string[]): string {
  const lines = subjects.map((subject) => `            ${JSON.stringify(subject)}`);
  return lines.length === 0 ? "[]" : `[\n${lines.join("\n")}\n          ]`;
}
