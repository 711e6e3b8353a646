/**
 * The streams and consumers the bus needs: made, or checked where somebody else makes them. What is read back is
 * compared field by field, since an old server ignores options that it does not know.
 * @module
 */
import { JOB_KINDS, type JobKind } from "@cugro/protocol";
import {
  compare,
  type Configuration,
  consumerConfiguration,
  differsInLimits,
  STREAM_CONFIGURATIONS,
} from "./nats_configurations.ts";
import { isMissing, JetStreamFault } from "./nats_faults.ts";
import type { Link } from "./link.ts";
import { STREAMS } from "./subjects.ts";

/** Whether streams and consumers are made if they are missing, or must be there. */
export type StreamsMode = "create" | "verify";

interface Info {
  config: Configuration;
  created: string;
}

interface Found {
  info: Info;
  created: boolean;
}

/** The server's code for too little disk, or too much set aside already. */
const NO_ROOM = 10047;

/** A stream or consumer, as messages call it, and where JetStream's API keeps it. */
interface Wanted {
  what: string;
  configuration: Configuration;
  infoSubject: string;
  createSubject: string;
  createBody: unknown;
  /** Where its limits are changed, if they may be. */
  updateSubject?: string;
}

/** The streams and consumers of one connection, kept as they must be. */
export class Topology {
  #running: Promise<void> | undefined;
  #kinds = new Set<JobKind>();
  /** When the stream JOBS was made: deliveries of an earlier one mean nothing to it. */
  epoch = "";

  constructor(
    private readonly link: Link,
    private readonly mode: StreamsMode,
    private readonly ackWaitMs: number,
  ) {
    if (mode === "create") { for (const kind of JOB_KINDS) this.#kinds.add(kind); }
  }

  /** Checks the consumers of these kinds too, from now on. */
  async include(kinds: readonly JobKind[]): Promise<void> {
    const added = kinds.filter((kind) => !this.#kinds.has(kind));
    if (added.length === 0) return;
    await this.settled();
    for (const kind of added) this.#kinds.add(kind);
    try {
      await this.ensure();
    } catch (error) {
      for (const kind of added) this.#kinds.delete(kind);
      throw error;
    }
  }

  /**
   * Everything is there and as it must be. Calls that come while one runs share it.
   *
   * @throws {Error} naming each field that differs; if a stream or consumer is missing in mode `verify`.
   */
  ensure(): Promise<void> {
    this.#running ??= this.#ensure().finally(() => this.#running = undefined);
    return this.#running;
  }

  /** Waits for a check that runs, however it ends. */
  async settled(): Promise<void> {
    await this.#running?.catch(() => {});
  }

  async #ensure(): Promise<void> {
    // One after the other: asked for at once, the server grants room that it has only once.
    for (const configuration of STREAM_CONFIGURATIONS) {
      const { created } = await this.#one(stream(configuration));
      if (configuration.name === STREAMS.jobs) this.epoch = created;
    }
    await Promise.all(
      [...this.#kinds].map((kind) => this.#one(consumer(consumerConfiguration(kind, this.ackWaitMs)))),
    );
  }

  async #one(wanted: Wanted): Promise<Info> {
    const { info, created } = await this.#limited(wanted, await this.#find(wanted));
    const differences = compare(wanted.configuration, info.config);
    if (differences.length === 0) return info;
    const version = this.link.connection.info?.version ?? "unknown";
    const advice = created
      ? `nats-server ${version} does not know these options: use a newer one`
      : differsInLimits(wanted.configuration, info.config)
      ? 'Change its limits, or let a service with CUGRO_NATS_STREAMS "create" change them'
      : "Delete it and start again (nothing is lost: jobs are submitted again from the store), or make it as needed";
    throw new Error(`The ${wanted.what} is not as it must be: ${differences.join("; ")}. ${advice}.`);
  }

  /** A journal that an earlier version made may have other limits: a process with the right to make streams changes them. */
  async #limited(wanted: Wanted, found: Found): Promise<Found> {
    const { configuration, updateSubject } = wanted;
    const differs = differsInLimits(configuration, found.info.config);
    if (this.mode === "verify" || found.created || !differs || updateSubject === undefined) return found;
    const body = JSON.stringify({ ...found.info.config, ...configuration });
    return { info: await this.#ask(wanted, updateSubject, body), created: false };
  }

  /** @throws {Error} saying what to do where the server has too little room */
  async #ask({ what, configuration: { max_bytes } }: Wanted, subject: string, body: string): Promise<Info> {
    try {
      return await this.link.askJetStream<Info>(subject, body);
    } catch (error) {
      if (!(error instanceof JetStreamFault) || error.code !== NO_ROOM) throw error;
      const advice = `it sets ${max_bytes} bytes aside: free disk, or raise max_file_store of the server`;
      throw new JetStreamFault(
        error.code,
        error.status,
        `no room for the ${what} (${error.message}); ${advice}`,
      );
    }
  }

  async #find(wanted: Wanted): Promise<Found> {
    const { link, mode } = this;
    try {
      return { info: await link.askJetStream<Info>(wanted.infoSubject, ""), created: false };
    } catch (error) {
      if (!isMissing(error)) throw error;
      if (mode === "verify" && error instanceof JetStreamFault) {
        const advice = 'make it, or let a service with CUGRO_NATS_STREAMS "create" make it';
        throw new JetStreamFault(error.code, error.status, `there is no ${wanted.what}: ${advice}`);
      }
      if (mode === "verify") throw error;
    }
    const body = JSON.stringify(wanted.createBody);
    return { info: await this.#ask(wanted, wanted.createSubject, body), created: true };
  }
}

function stream(configuration: Configuration): Wanted {
  return {
    what: `stream ${configuration.name}`,
    configuration,
    infoSubject: `$JS.API.STREAM.INFO.${configuration.name}`,
    createSubject: `$JS.API.STREAM.CREATE.${configuration.name}`,
    createBody: {
      storage: "file",
      max_consumers: -1,
      max_msgs: -1,
      max_bytes: -1,
      num_replicas: 1,
      ...configuration,
    },
    // A journal forgets anyway; a queue must never lose a job to a new limit.
    ...(configuration.discard === "old"
      ? { updateSubject: `$JS.API.STREAM.UPDATE.${configuration.name}` }
      : {}),
  };
}

function consumer(configuration: Configuration): Wanted {
  const path = `${STREAMS.jobs}.${configuration.durable_name}`;
  return {
    what: `consumer ${configuration.durable_name} of stream ${STREAMS.jobs}`,
    configuration,
    infoSubject: `$JS.API.CONSUMER.INFO.${path}`,
    createSubject: `$JS.API.CONSUMER.DURABLE.CREATE.${path}`,
    createBody: {
      stream_name: STREAMS.jobs,
      config: { ...configuration, replay_policy: "instant", max_waiting: 4096 },
    },
  };
}
