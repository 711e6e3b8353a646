/**
 * What `deno task cluster` prints once all is ready: where everything is, and commands that can be pasted.
 * @module
 */
import { incomingPrefix } from "@cugro/protocol";
import type { Cluster } from "./cluster.ts";

/**
 * The lines.
 *
 * @param learner that files are sent for; undefined: it is still to be made, and is called `mine` here
 */
export function summaryOf(cluster: Cluster, learner: string | undefined): string {
  const { gatewayUrl, s3, natsUrl, adminToken, processes, storeConfig, targetsFile } = cluster;
  const metrics = processes.map(({ name, url }) => `              ${url}/metrics  ${name}`);
  return [
    `\n${processes.length} processes are ready. Ctrl-C stops them.`,
    // The page takes the token out of its address, and keeps it in its tab.
    ...gatewayUrl ? [`  look        ${gatewayUrl}/#token=${adminToken}`] : [],
    ...gatewayUrl ? [`  gateway     ${gatewayUrl}/docs`, `  token       ${adminToken}`] : [],
    ...s3
      ? [`  S3          ${s3.endpoint}  bucket ${s3.bucket}  key ${s3.accessKey}  secret ${s3.secretKey}`]
      : [`  store       ${storeConfig.store}`],
    `  NATS        ${natsUrl}`,
    `  Prometheus  ${targetsFile}  (file_sd_configs)`,
    ...metrics,
    ...gatewayUrl ? ["", ...requests(gatewayUrl, adminToken, learner)] : [],
    drop(cluster, learner ?? "mine"),
  ].join("\n");
}

function requests(gatewayUrl: string, token: string, learner: string | undefined): string[] {
  const curl = `curl -H "Authorization: Bearer $CUGRO_TOKEN"`;
  const name = learner ?? "mine";
  const make = `${curl} $CUGRO_URL/v1/learners -H 'content-type: application/json' ` +
    `-d '{"name": "${name}", "preset": "default"}'`;
  return [
    `export CUGRO_URL=${gatewayUrl} CUGRO_TOKEN=${token}`,
    ...learner === undefined ? [make] : [],
    `${curl} --data-binary @task1.hdf5 "$CUGRO_URL/v1/learners/${name}/tasks?fileName=task1.hdf5"`,
    `${curl} $CUGRO_URL/v1/learners/${name}`,
  ];
}

function drop({ s3, storeConfig }: Cluster, learner: string): string {
  if (s3) {
    return `curl --aws-sigv4 aws:amz:us-east-1:s3 -H x-amz-content-sha256:UNSIGNED-PAYLOAD ` +
      `--user ${s3.accessKey}:${s3.secretKey} -T task2.hdf5 ${s3.endpoint}/${s3.bucket}/${
        incomingPrefix(learner)
      }`;
  }
  const folder = `${storeConfig.store}/${incomingPrefix(learner)}`;
  return `mkdir -p ${folder} && cp task2.hdf5 ${folder}`;
}
