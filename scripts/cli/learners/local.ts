/**
 * Learners in a folder or bucket. Reading takes no lock, nor does an operator's decision, which is
 * a single fact; everything else that writes opens the store for writing. Modules that few commands need are loaded on use.
 * @module
 */
import type { Problem } from "@cugro/protocol";
import { userInfo } from "node:os";
import process from "node:process";
import {
  type Act,
  cancel,
  createCache,
  createLearner,
  createReader,
  deleteLearner,
  type FactCache,
  learnerExists,
  learnerOverview,
  type LearnerReader,
  learnerStatus,
  listLearners,
  loadFacts,
  promote,
  relabel,
  restoreLearner,
  retry,
  reviseConfig,
  rollback,
} from "@cugro/learners";
import { acknowledgeProblem, gatherProblems } from "@cugro/problems";
import { createEmbeddedBus, type EmbeddedBus } from "@cugro/bus";
import { lossesOf } from "@cugro/tables";
import type { Store } from "@cugro/store";
import type { Learning } from "../embedded/learn.ts";
import { repairHead } from "../embedded/repair_head.ts";
import { addFile } from "./add_file.ts";
import { episodesOf } from "./episode_scores.ts";
import { openForActing, openForReading, openForWriting } from "./stores_of_flags.ts";
import { displayOnStderr } from "../progress/display.ts";
import { actOnce, exportOnce, reportOf } from "./local_uses.ts";
import type { KnownLearner, Learners, Reason, Work } from "./learners.ts";
import { placeOfStore } from "./place.ts";

/**
 * Learners in a store.
 *
 * @param name folder, or `s3://bucket/prefix`
 * @returns operations on its learners
 */
export function openLocal(name: string): Learners {
  const place = placeOfStore(name);
  const stores = openStores(name);
  const { reading, writing, acting } = stores;
  let open: EmbeddedBus | undefined;
  const bus = () => open ??= createEmbeddedBus();
  return {
    place,
    list: async () => await listLearners(await reading()),
    problems: async (learner) => await findProblems(await reading(), learner),
    acknowledge: async (id, reason) => await acknowledge(await writing(), id, reason),
    status: async (learner) => await statusIn(await reading(), learner, createCache(), learnerOverview),
    whole: async (learner) => await statusIn(await reading(), learner, createCache(), learnerStatus),
    ...lookedAt(reading),
    // A run changes it next: from here on it holds the lock.
    find: async (learner) => await findLearner(await writing(), learner),
    create: async (settings) => await createLearner({ store: await writing(), ...settings }),
    configure: async (learner, change) =>
      await reviseConfig({ store: await writing(), name: learner, ...change }),
    foresee: async (learner, path, reading) =>
      await (await import("./foresee_file.ts")).foresee(await writing(), learner, path, reading),
    add: async (learner, path, ...options) => await addFile(await writing(), learner, path, ...options),
    ...learnIn(name, writing, bus),
    page: async () =>
      await (await import("../page/open_page.ts")).openPage({ place, store: await writing(), bus: bus() }),
    ...verdictsOn(acting),
    ...otherActsOn(acting),
    act: async (learner, request) => await actOnce(await reading(), learner, request),
    export: async (learner, wanted, onCheck) => await exportOnce(await reading(), learner, wanted, onCheck),
    ...shownBy(reading),
    report: async (learner) => await reportOf(await reading(), learner, place),
    reportLink: () => Promise.resolve(undefined),
    async close() {
      await open?.close();
      await stores.close();
    },
  };
}

/** For repeated looks: facts are cached. */
function lookedAt(reading: () => Promise<Store>): Pick<Learners, "look" | "news"> {
  const cache = createCache();
  let reader: LearnerReader | undefined;
  return {
    async look(learner) {
      const store = await reading();
      reader ??= createReader({ store, cache });
      const { status } = reader;
      return await statusIn(store, learner, cache, (_, name) => status(name));
    },
    // A run on a folder sends news only within its own process.
    news: () => Promise.resolve(),
  };
}

/** Acts that decide nothing about a version. */
function otherActsOn(acting: () => Promise<Store>): Pick<Learners, "delete" | "restore" | "relabel"> {
  return {
    delete: async (learner) => await deleteLearner({ store: await acting(), name: learner }),
    restore: async (learner) => await restoreLearner({ store: await acting(), name: learner }),
    relabel: async (learner, task, { reason, ...label }) =>
      await relabel({
        ...{ store: await acting(), name: learner, task, by: whoTypes(), ...label },
        ...(reason === undefined ? {} : { reason }),
      }),
  };
}

/** A learner's results. */
function shownBy(reading: () => Promise<Store>): Pick<Learners, "losses" | "episodes"> {
  return {
    async losses(learner) {
      const store = await reading();
      return await lossesOf(store, (await learnerStatus(store, learner)).jobs);
    },
    episodes: async (learner, version) =>
      episodesOf((await learnerOverview(await reading(), learner)).versions, version),
  };
}

/** Learners that are learnt at the same time share workers; these end with the last of them. */
function learnIn(
  folder: string,
  writing: () => Promise<Store>,
  bus: () => EmbeddedBus,
): Pick<Learners, "learn" | "learnOn"> {
  let open: Promise<Learning> | undefined;
  let users = 0;
  const using = async <T>({ workers, waitForRoom }: Work, use: (learning: Learning) => Promise<T>) => {
    const waitForRoomMs = waitForRoom * 60_000;
    users += 1;
    open ??= Promise.all([writing(), import("../embedded/learn.ts")]).then(([store, { openLearning }]) =>
      openLearning({ store, folder, workers, bus: bus(), display: displayOnStderr(), waitForRoomMs })
    );
    const learning = open;
    try {
      return await use(await learning);
    } finally {
      users -= 1;
      if (users === 0) {
        open = undefined;
        await (await learning).close();
      }
    }
  };
  return {
    learn: (learner, work) => using(work, (learning) => learning.learn(learner)),
    learnOn: (work) => using(work, (learning) => learning.learnOn()),
  };
}

function findProblems(store: Store, learner?: string, cache = createCache()): Promise<Problem[]> {
  return gatherProblems({ store, cache, ...(learner === undefined ? {} : { learner }) });
}

/** One after the other, so that the second can use the first one's cache. */
async function statusIn<Status>(
  store: Store,
  learner: string,
  cache: FactCache,
  read: (store: Store, learner: string, cache: FactCache) => Promise<Status>,
): Promise<Status & { problems: Problem[] }> {
  const status = await read(store, learner, cache);
  const problems = await findProblems(store, learner, cache);
  return { ...status, problems: problems.filter(({ acknowledged }) => acknowledged === null) };
}

async function acknowledge(store: Store, id: string, reason: Reason): Promise<Problem> {
  const problem = (await findProblems(store)).find((one) => one.id === id);
  if (!problem) throw new RangeError(`There is no problem ${id} now: cugro problems lists those there are`);
  return await acknowledgeProblem({ store, problem, by: whoTypes(), reason });
}

/** A user of a container may have no name. */
function whoTypes(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? "unknown";
  }
}

/** The store, opened when it is first needed, and no oftener than that. */
function openStores(name: string) {
  let held: Promise<Store> | undefined;
  let looked: Promise<Store> | undefined;
  let beside: Promise<Store> | undefined;
  return {
    reading: () => held ?? (looked ??= openForReading(name)),
    writing: () => held ??= openForWriting(name),
    acting: () => held ?? (beside ??= openForActing(name)),
    async close() {
      for (const store of [held, looked, beside]) await (await store?.catch(() => undefined))?.close();
    },
  };
}

/** An operator's decisions. The head follows at once; jobs wait for workers. */
function verdictsOn(
  acting: () => Promise<Store>,
): Pick<Learners, "promote" | "rollback" | "retry" | "cancel"> {
  const decide = async <T>(name: string, reason: Reason, verdict: (act: Act) => Promise<T>): Promise<T> => {
    const store = await acting();
    const decided = await verdict({ store, name, ...(reason === undefined ? {} : { reason }) });
    await repairHead(store, name);
    return decided;
  };
  return {
    promote: (name, version, reason) => decide(name, reason, (act) => promote({ ...act, version })),
    rollback: (name, version, reason) => decide(name, reason, (act) => rollback({ ...act, version })),
    retry: (name, task, reason, overrides) =>
      decide(name, reason, (act) => retry({ ...act, task, overrides })),
    cancel: (name, task, reason) => decide(name, reason, (act) => cancel({ ...act, task })),
  };
}

async function findLearner(store: Store, name: string): Promise<KnownLearner | undefined> {
  if (!await learnerExists(store, name)) return undefined;
  const { learner, configs, rejections, cancelled } = await loadFacts(store, name);
  const rejected = rejections.map(({ seq }) => seq);
  return { seed: learner.seed, config: configs.at(-1)!, rejected, cancelled: [...cancelled] };
}
