/**
 * The store, the bus and the handlers that the campaign's processes give to the real worker and coordinator: the real
 * ones, with everything recorded, sabotage at its steps, and news that is lost, doubled or late.
 * @module
 */
import type { Bus, Delivery, News, Subject } from "@cugro/bus";
import type { JobHandler, JobHandlers } from "@cugro/worker";
import { PreconditionFailed, type PutOptions, type Store } from "@cugro/store";
import { JOB_KINDS, type JobKind, sha256 } from "@cugro/protocol";
import type { Recorder } from "./run_history.ts";
import { type Saboteur, type Step, stepOfKey } from "./sabotage.ts";

/** What happens to news on its way in: chances in [0, 1], and the longest delay in ms. */
export interface Distortion {
  seed: number;
  lost: number;
  doubled: number;
  lateMs: number;
}

/** A store in which writing is recorded and struck. */
export function watchStore(store: Store, record: Recorder, saboteur: Saboteur): Store {
  const write = async <T>(
    key: string,
    hash: string,
    options: PutOptions,
    run: () => Promise<T>,
  ): Promise<T> => {
    const step = stepOfKey(key);
    const recordOutcome = (outcome: "written" | "refused" | "failed") => {
      if (step) record({ what: "put", key, hash, outcome });
    };
    if (step) saboteur.pass("before", step);
    try {
      saboteur.checkRoom(key);
      const answer = await run();
      recordOutcome("written");
      if (step) saboteur.pass("after", step);
      return answer;
    } catch (error) {
      const refused = error instanceof PreconditionFailed &&
        (options.ifNoneMatch || options.ifMatch !== undefined);
      recordOutcome(refused ? "refused" : "failed");
      throw error;
    }
  };
  return {
    settles: store.settles,
    put: (key, bytes, options = {}) =>
      write(key, sha256(bytes), options, () => store.put(key, bytes, options)),
    putStream: (key, body, options = {}) =>
      write(key, "", options, () => store.putStream(key, body, options)),
    get: (key, options) => store.get(key, options),
    head: (key, options) => store.head(key, options),
    list: (prefix, onStrange) => store.list(prefix, onStrange),
    folders: (prefix) => store.folders(prefix),
    async delete(key) {
      await store.delete(key);
      if (!key.endsWith("/checkpoint") && !key.endsWith("/run.json")) record({ what: "delete", key });
    },
    presign: (key, seconds) => store.presign(key, seconds),
    close: () => store.close(),
  };
}

/** A bus on which everything is recorded and struck, and incoming news distorted. */
export function watchBus(
  bus: NetworkBus,
  record: Recorder,
  saboteur: Saboteur,
  distortion?: Distortion,
): NetworkBus {
  const at = async <T>(step: Step, run: () => Promise<T>, onReached: () => void = () => {}): Promise<T> => {
    saboteur.pass("before", step);
    const answer = await run();
    onReached();
    saboteur.pass("after", step);
    return answer;
  };
  const distort = distortion && createDistorter(distortion);
  return {
    submit: (message) => at("submit", () => bus.submit(message)),
    fetch: (kinds, signal) =>
      at("fetch", async () => {
        const delivery = await bus.fetch(kinds, signal);
        return delivery && watchDelivery(delivery, record, at);
      }),
    announce: (event) =>
      at(
        "announce",
        () => bus.announce(event),
        () => record({ what: "announce", id: event.id, type: event.type }),
      ),
    progress: (progress) => bus.progress(progress),
    hint: (incoming) => bus.hint(incoming),
    subscribe<S extends Subject>(subject: S, handler: (news: News[S]) => void) {
      return bus.subscribe(subject, distort ? (news: News[S]) => distort(() => handler(news)) : handler);
    },
    close: () => bus.close(),
    connected: () => bus.connected?.() ?? true,
  };
}

/** What a coordinator wants of a bus. */
type NetworkBus = Bus & { connected?(): boolean };
type At = <T>(step: Step, run: () => Promise<T>, onReached?: () => void) => Promise<T>;

function watchDelivery(delivery: Delivery, record: Recorder, at: At): Delivery {
  const { jobId } = delivery.message;
  const settled = (how: "ack" | "nak" | "term") => () => record({ what: "settle", jobId, how });
  return {
    message: delivery.message,
    deliveries: delivery.deliveries,
    working: () => delivery.working(),
    ack: () => at("ack", () => delivery.ack(), settled("ack")),
    nak: async (delayMs) => {
      await delivery.nak(delayMs);
      settled("nak")();
    },
    term: async () => {
      await delivery.term();
      settled("term")();
    },
  };
}

/**
 * Handlers whose steps are recorded: where each run began and how far it came.
 *
 * @param everyMs at most one line a job in this time.
 */
export function watchHandlers(handlers: JobHandlers, record: Recorder, everyMs: number): JobHandlers {
  const watch = <K extends JobKind>(kind: K) => {
    const handler = handlers[kind];
    return handler ? [[kind, watchHandler(kind, handler, record, everyMs)]] : [];
  };
  return Object.fromEntries(JOB_KINDS.flatMap((kind) => watch(kind)));
}

function watchHandler<K extends JobKind>(
  kind: K,
  handler: JobHandler<K>,
  record: Recorder,
  everyMs: number,
): JobHandler<K> {
  return async (context) => {
    const { jobId } = context;
    let last = -1;
    let reportedAt = performance.now();
    const report = (state: "started" | "step" | "returned", step: number) =>
      record({ what: "job", jobId, kind, state, step });
    const tick: typeof context.tick = async (position, snapshot) => {
      // The first tick of a run tells where it began.
      if (last < 0) report("started", position.step - 1);
      last = position.step;
      if (performance.now() - reportedAt >= everyMs) {
        reportedAt = performance.now();
        report("step", position.step);
      }
      await context.tick(position, snapshot);
    };
    const output = await handler(Object.assign(Object.create(context), { tick }));
    // A run that found its checkpoint at the last step has done none.
    if (last >= 0) report("returned", last);
    return output;
  };
}

/** News that is lost, doubled, and late by so much that later news overtakes it. */
function createDistorter({ seed, lost, doubled, lateMs }: Distortion): (deliver: () => void) => void {
  let state = seed >>> 0;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return (deliver) => {
    if (random() < lost) return;
    const copies = random() < doubled ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) setTimeout(deliver, random() * lateMs);
  };
}
