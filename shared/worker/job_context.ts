/**
 * What a handler is given, and the pacing of its work: between steps it yields to the event loop, heartbeats, tells
 * how far it is, writes checkpoints, and stops when asked to.
 * @module
 */
import { besideLimit } from "@cugro/algorithm/knobs";
import { sleep } from "@cugro/async";
import { type OpenedInput, openInput, readInput } from "./read_input.ts";
import process from "node:process";
import {
  type ConfigOf,
  damageKey,
  type InputsOf,
  type Job,
  type JobInput,
  type JobKind,
  type JsonObject,
  type ParsedJob,
} from "@cugro/protocol";
import { CorruptArtifactError, type Store, StoreError } from "@cugro/store";
import type { Bus, Delivery } from "@cugro/bus";
import { type Checkpoint, writeCheckpoint } from "./checkpoints.ts";
import { Interrupted, Unneeded } from "./job_errors.ts";
import { isUnneeded } from "./unneeded.ts";
import type { Log, Metrics } from "@cugro/telemetry";

/** How far a job is. `loss`: a moving value of the training loss. */
export interface Position {
  step: number;
  steps: number;
  loss?: number;
}

/** What a handler is given: its job, of the types of its kind, and the means to do it. */
export interface JobContext<K extends JobKind = JobKind> extends ParsedJob<K> {
  jobId: string;
  /** The bytes of one of `inputs`. */
  read(input: JobInput): Promise<Uint8Array>;
  /** Opens one of them, of which only parts are needed. */
  open(input: JobInput): Promise<OpenedInput>;
  store: Store;
  /** Where an earlier run stopped: the bytes its last snapshot gave. */
  checkpoint: Uint8Array | undefined;
  /** Tells how far the job is; as often as you like. */
  progress(position: Position): void;
  /**
   * To be awaited between steps.
   *
   * @param snapshot the whole state as safetensors, called when a checkpoint is due; without it the job starts again
   *   after an interruption.
   * @throws {Interrupted} if the worker has been asked to stop, or the job is no longer needed; the checkpoint is
   *   written then. Let it pass.
   */
  tick(position: Position, snapshot?: () => Promise<Uint8Array>): Promise<void>;
  /** What bytes of results depend on besides the job: backend, library, processor, threads. */
  profile: JsonObject;
}

/** What a run needs besides its job. */
export interface RunSettings {
  bus: Bus;
  store: Store;
  signal: AbortSignal;
  profile: JsonObject;
  ackWaitMs: number;
  checkpointSeconds: number;
  checkpointSteps: number;
  metrics: Metrics;
  /** What this worker is called where progress is shown. */
  name?: string | undefined;
}

/** Between two yields to the event loop, in ms; with a step of up to 50 ms on top, 200 ms are kept. */
const YIELD_MS = 150;
const PROGRESS_MS = 500;

/** Processor time that this process has used so far, all threads together. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** One run of one job; {@link JobRun.stop} ends its heartbeats. */
export class JobRun<K extends JobKind = JobKind> implements JobContext<K> {
  readonly kind: K;
  readonly seed: number;
  readonly config: ConfigOf<K>;
  readonly knobs: JsonObject;
  readonly inputs: InputsOf<K>;
  readonly store: Store;
  readonly profile: JsonObject;
  readonly checkpoint: Uint8Array | undefined;
  /** Step of the last checkpoint. */
  savedStep: number;
  /** Whether there may be a checkpoint. */
  hasCheckpoint: boolean;
  #started = performance.now();
  /** When the event loop last had its turn, and how much processor time this process had used by then. */
  #loopSeen = { at: performance.now(), usedMs: processorMs() };
  #yielded = performance.now();
  #savedAt = performance.now();
  #reported = { at: -Infinity, step: 0 };
  #ticks = 0;
  /** Whether the planner has noted that the job is not needed. */
  #unneeded = false;
  #pulse: ReturnType<typeof setInterval>;

  constructor(
    private readonly job: Job,
    parsed: ParsedJob<K>,
    readonly jobId: string,
    private readonly delivery: Delivery,
    private readonly from: Checkpoint | undefined,
    private readonly settings: RunSettings,
    private readonly log: Log,
  ) {
    this.kind = parsed.kind;
    this.seed = parsed.seed;
    this.config = parsed.config;
    this.knobs = parsed.knobs;
    this.inputs = parsed.inputs;
    this.store = settings.store;
    this.profile = settings.profile;
    this.checkpoint = from?.bytes;
    this.savedStep = from?.step ?? 0;
    this.hasCheckpoint = from !== undefined;
    let pulses = 0;
    this.#pulse = setInterval(() => {
      this.#seeLoop();
      if (++pulses % 8 === 0) delivery.working();
      if (pulses % 2 === 0) void this.#askIfNeeded();
    }, settings.ackWaitMs / 32);
    delivery.working();
  }

  /** Of all runs that led here. */
  get seconds(): number {
    return (this.from?.seconds ?? 0) + (performance.now() - this.#started) / 1000;
  }

  stop(): void {
    clearInterval(this.#pulse);
  }

  read = (input: JobInput): Promise<Uint8Array> => this.#reporting(readInput(this.store, this.kind, input));

  open = (input: JobInput): Promise<OpenedInput> => this.#reporting(openInput(this.store, this.kind, input));

  progress = ({ step, steps, loss }: Position): void => {
    const now = performance.now();
    if (now - this.#reported.at < PROGRESS_MS && step < steps) return;
    const { kind, learner } = this.delivery.message;
    const elapsed = (now - this.#reported.at) / 1000;
    const rate = Number.isFinite(elapsed) && elapsed > 0 ? (step - this.#reported.step) / elapsed : 0;
    this.#reported = { at: now, step };
    if (loss !== undefined && Number.isFinite(loss)) {
      this.settings.metrics.trainingLoss.set({ kind, learner }, loss);
    }
    this.settings.bus.progress({
      ...{ jobId: this.jobId, kind, learner, step, steps },
      ...(loss !== undefined && Number.isFinite(loss) ? { loss } : {}),
      ...(rate > 0 ? { ratePerSecond: rate } : {}),
      ...(this.settings.name === undefined ? {} : { worker: this.settings.name }),
    });
  };

  tick = async (position: Position, snapshot?: () => Promise<Uint8Array>): Promise<void> => {
    this.#checkStep(position.step);
    this.progress(position);
    const { signal, ackWaitMs, checkpointSeconds, checkpointSteps } = this.settings;
    if (performance.now() - this.#yielded >= Math.min(YIELD_MS, ackWaitMs / 16)) await this.#yield();
    if (signal.aborted || this.#unneeded) {
      if (snapshot) await this.#save(position.step, snapshot);
      const End = this.#unneeded ? Unneeded : Interrupted;
      throw new End(`Stopped at step ${position.step}`);
    }
    const due = performance.now() - this.#savedAt >= checkpointSeconds * 1000 ||
      position.step - this.savedStep >= checkpointSteps;
    if (snapshot && due) await this.#save(position.step, snapshot);
  };

  /** One small request every sixteenth of the ack wait, 1.9 s; a store that is away says nothing about the job. */
  async #askIfNeeded(): Promise<void> {
    try {
      if (await isUnneeded(this.store, this.kind, this.jobId)) this.#unneeded = true;
    } catch (error) {
      this.log.debug("whether the job is still needed could not be checked", { error });
    }
  }

  async #yield(): Promise<void> {
    // A timer and not `setImmediate`: under Deno that one comes back before timers and signals have had their turn.
    await sleep(0);
    this.#yielded = performance.now();
    this.#seeLoop();
  }

  #seeLoop(): void {
    this.#loopSeen = { at: performance.now(), usedMs: processorMs() };
  }

  /**
   * The event loop cannot heartbeat during a step; the first may take longer, since it compiles. Only processor time is
   * held against a step: a process that was stopped or starved for a while goes on. Should the job have been given to
   * another worker meanwhile, the first result stands.
   */
  #checkStep(step: number): void {
    const { ackWaitMs } = this.settings;
    const limit = this.#ticks++ === 0 ? ackWaitMs * 0.9 : ackWaitMs / 4;
    const tookMs = performance.now() - this.#loopSeen.at;
    if (tookMs <= limit) return;
    if (processorMs() - this.#loopSeen.usedMs <= limit) {
      this.log.warn("the worker was kept from running and goes on", { step, seconds: tookMs / 1000 });
      return;
    }
    const { value: took, limit: most } = besideLimit(tookMs / 1000, limit / 1000);
    const fault = `Step ${step} blocked the worker for ${took} s; at most ${most} s are allowed`;
    throw new Error(`${fault}, or the job would be given to another worker. Lower the batch size`);
  }

  /** A worker of a cluster may remove no artifact: it leaves a note beside its job, and the coordinator looks for itself. */
  async #reporting<T>(reading: Promise<T>): Promise<T> {
    try {
      return await reading;
    } catch (error) {
      if (error instanceof CorruptArtifactError && !error.removed) {
        await this.store.put(damageKey(this.kind, this.jobId, error.hash), new Uint8Array());
      }
      throw error;
    }
  }

  async #save(step: number, snapshot: () => Promise<Uint8Array>): Promise<void> {
    this.#savedAt = performance.now();
    this.hasCheckpoint = true;
    try {
      const checkpoint = { bytes: await snapshot(), step, seconds: this.seconds };
      await writeCheckpoint(this.store, this.jobId, this.job, this.profile, checkpoint);
      this.savedStep = step;
      this.log.debug("checkpoint written", { step });
    } catch (error) {
      // Work goes on without it; the result may still find room, and the next checkpoint is tried when due.
      if (!(error instanceof StoreError)) throw error;
      this.log.error("checkpoint could not be written", { step, error });
    }
    await this.#yield();
  }
}
