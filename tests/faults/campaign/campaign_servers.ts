/**
 * The servers of a run, and what can be done to them: a bus that forgets, a store that is away or full.
 * @module
 */
import { sleep } from "@cugro/async";
import { rm } from "node:fs/promises";
import { appendFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { MINIO_ROOT, startMinio } from "../../../scripts/cluster/object_store/minio.ts";
import { freePort, type RunningServer, startNats } from "../../../scripts/cluster/servers.ts";
import { type Disk, mountDisk } from "../../fakes/small_disk.ts";
import { bucketPlaces, folderPlaces, openPlaces, type Places } from "./places.ts";

/** Servers under way. */
export interface Servers {
  natsPort: number;
  /** Undefined for a folder. */
  s3Port: number | undefined;
  /** The store as the runner reads it: past every cable. A folder's lock is held here. */
  places: Places;
  /** Environment that leads a process to bus and store, perhaps by other ports. */
  environment(ports?: { nats?: number; s3?: number }): Record<string, string>;
  killBus(ms: number): Promise<void>;
  freezeBus(ms: number): Promise<void>;
  /** Kills the bus and deletes everything it stored. */
  wipeBus(ms: number): Promise<void>;
  killStore(ms: number): Promise<void>;
  freezeStore(ms: number): Promise<void>;
  /** Whether the disk could be filled; not where this user may not mount one. */
  fillStore(ms: number): Promise<boolean>;
  close(): Promise<void>;
}

const DISK = "96m";

/** Starts NATS, and MinIO for an S3 store; `small`: the store lies on a disk that can be filled. */
export async function startServers(
  { folder, kind, small }: { folder: string; kind: "folder" | "s3"; small: boolean },
): Promise<Servers> {
  const [natsPort, s3Port] = [await freePort(), await freePort()];
  const natsFolder = join(folder, "nats");
  const storeFolder = join(folder, "store");
  await mkdir(storeFolder, { recursive: true });
  const disk: Disk | undefined = small ? await mountDisk(storeFolder, DISK) : undefined;
  const bus = new Restartable(() => startNats({ folder: natsFolder, port: natsPort }));
  const minio = kind === "s3"
    ? new Restartable(() => startMinio({ folder: join(storeFolder, "minio"), port: s3Port }))
    : undefined;
  await Promise.all([bus.start(), minio?.start()]);
  const keys = { accessKey: MINIO_ROOT.user, secretKey: MINIO_ROOT.password };
  const endpoint = `http://127.0.0.1:${s3Port}`;
  const places = await openPlaces(
    minio ? bucketPlaces({ endpoint, ...keys }) : folderPlaces(join(storeFolder, "objects")),
  );
  return {
    natsPort,
    s3Port: minio && s3Port,
    places,
    environment: ({ nats = natsPort, s3 = s3Port } = {}) => ({
      CUGRO_NATS: `nats://127.0.0.1:${nats}`,
      CUGRO_STORE: places.name(),
      ...(minio
        ? {
          CUGRO_S3_ENDPOINT: `http://127.0.0.1:${s3}`,
          CUGRO_S3_ACCESS_KEY: keys.accessKey,
          CUGRO_S3_SECRET_KEY: keys.secretKey,
        }
        : {}),
    }),
    killBus: (ms) => bus.outage(ms),
    freezeBus: (ms) => bus.freeze(ms),
    wipeBus: (ms) => bus.outage(ms, () => rm(natsFolder, { recursive: true, force: true })),
    killStore: async (ms) => await minio?.outage(ms),
    freezeStore: async (ms) => await minio?.freeze(ms),
    fillStore: (ms) => fill(disk, storeFolder, ms),
    close: async () => {
      await places.close();
      await Promise.all([bus.stop(), minio?.stop()]);
      await disk?.unmount();
    },
  };
}

/** Writes a file until there is no room left, and removes it later. */
async function fill(disk: Disk | undefined, folder: string, ms: number): Promise<boolean> {
  if (!disk) return false;
  const ballast = join(folder, "ballast");
  for (const bytes of [1 << 20, 1 << 12]) {
    try {
      while (true) appendFileSync(ballast, new Uint8Array(bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  }
  await sleep(ms);
  await rm(ballast);
  return true;
}

/** A server that is killed or frozen, and is back at its address later. */
class Restartable {
  #server: RunningServer | undefined;

  constructor(private readonly open: () => Promise<RunningServer>) {}

  async start(): Promise<void> {
    this.#server = await this.open();
  }

  async outage(ms: number, meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    this.#server?.signal("SIGKILL");
    await this.#server?.stop();
    await meanwhile();
    await sleep(ms);
    await this.start();
  }

  async freeze(ms: number): Promise<void> {
    this.#server?.signal("SIGSTOP");
    await sleep(ms);
    this.#server?.signal("SIGCONT");
  }

  async stop(): Promise<void> {
    this.#server?.signal("SIGKILL");
    await this.#server?.stop();
  }
}
