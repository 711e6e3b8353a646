/**
 * What people do with a cluster for hours: learners come and go, datasets are dropped and sent, versions taken back, let
 * through, learnt again.
 * @module
 */
import { sleep } from "@cugro/async";
import type { GatewayClient, NewLearner, VersionSummary } from "@cugro/client";
import { incomingKey } from "@cugro/protocol";
import type { Store } from "@cugro/store";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";

/** A learner that takes one dataset after the other. */
export interface Course {
  learner: NewLearner;
  /** It is deleted after this many tasks. @default it stays, and learns whatever comes */
  leavesAfter?: number;
  /** After every this many tasks the newest version is taken back, and its task learnt again. @default never */
  takeBackEvery?: number;
}

/** What a course is told and tells. */
export interface CourseWorld {
  client: GatewayClient;
  store: Store;
  /** The next dataset, a file; undefined when there are no more. */
  nextFile: () => Promise<string | undefined>;
  report: (sentence: string) => void;
  /** A version has been decided and acts. */
  onVersion: (learner: string, version: number, seconds: number) => void;
  signal: AbortSignal;
}

/** How long a task may take: with work to do, restarts, and other programs on the machine. */
const TASK_MS = 1_200_000;
/** How long an act of a person may be refused, while what it needs is restarted. */
const ACT_MS = 240_000;
const POLL_MS = 1_000;
/** Of the swimmer. */
const STATES = 8;

/**
 * Takes a learner through its course.
 *
 * @throws {Error} if a task does not become a version
 */
export async function attend(course: Course, world: CourseWorld): Promise<void> {
  const { learner: { name }, takeBackEvery = Infinity, leavesAfter = Infinity } = course;
  const { client, nextFile, report } = world;
  await insist(world, `create ${name}`, () => client.learners.create(course.learner), /exists/);
  for (let task = 1; task <= leavesAfter; task++) {
    const file = await nextFile();
    if (file === undefined) return;
    const before = (await versionsOf(world, name)).length;
    await handOver(world, name, file, task % 2 === 1);
    const version = await untilDecided(world, name, before);
    if (version === undefined) return;
    if (task % takeBackEvery === 0) await takeBack(world, name, version);
  }
  await insist(world, `delete ${name}`, () => client.learners.delete(name), /no learner|deleted/i);
  report(`${name} has learnt ${leavesAfter} tasks and is deleted`);
}

/** By a drop into the bucket, or over HTTP. */
async function handOver(world: CourseWorld, name: string, file: string, drop: boolean): Promise<void> {
  const { client, store } = world;
  const send = drop
    ? async () => store.put(incomingKey(name, basename(file)), new Uint8Array(await readFile(file)))
    : () => client.tasks.uploadFile(name, file);
  await insist<unknown>(world, `hand ${basename(file)} to ${name}`, send);
}

/** The next version, once it has been decided, let through if it was parked, and acted; undefined when stopped. */
async function untilDecided(world: CourseWorld, name: string, before: number): Promise<number | undefined> {
  const { client, signal, onVersion, report } = world;
  const began = performance.now();
  while (!signal.aborted) {
    const version = (await versionsOf(world, name))[before];
    if (version !== undefined) {
      if (version.state === "parked") {
        await insist(
          world,
          `promote ${name} ${version.version}`,
          () => client.versions.promote(name, version.version),
          /published/,
        );
        report(`${name}: version ${version.version} was parked, and let through`);
      }
      await actWith(world, name, version);
      onVersion(name, version.version, (performance.now() - began) / 1000);
      return version.version;
    }
    await retryFailed(world, name);
    if (performance.now() - began > TASK_MS) {
      throw new Error(
        `${name} has no further version after ${TASK_MS / 1000} s: ${await described(world, name)}`,
      );
    }
    await sleep(POLL_MS);
  }
  return undefined;
}

/** In every task so far, until it is this version that acts. */
async function actWith(world: CourseWorld, name: string, { version, tasks }: VersionSummary): Promise<void> {
  for (const task of tasks) {
    await insist(world, `act with ${name} ${version}`, async () => {
      const answer = await world.client.act(name, { task, observations: [Array(STATES).fill(0)] });
      if (answer.version !== version) throw new Error(`version ${answer.version} acts instead of ${version}`);
    });
  }
}

/** Withdrawn, so that the one before acts; then the task is learnt again, which makes the next version. */
async function takeBack(world: CourseWorld, name: string, version: number): Promise<void> {
  const { client, report } = world;
  const all = await versionsOf(world, name);
  const { parent, task } = all.find((one) => one.version === version)!;
  await insist(world, `roll ${name} back`, () => client.versions.rollback(name, parent ?? 0), /not valid/);
  const before = all.find((one) => one.version === parent);
  if (before !== undefined) await actWith(world, name, before);
  await insist(
    world,
    `retry task ${task} of ${name}`,
    () => client.tasks.retry(name, task),
    /still to be decided/,
  );
  report(`${name}: version ${version} was taken back, and task ${task} is learnt again`);
  await untilDecided(world, name, all.length);
}

/** A job that was struck too often is given up: a person asks for it once more. */
async function retryFailed(world: CourseWorld, name: string): Promise<void> {
  const { client, report } = world;
  const { tasks } = await insist(world, `list tasks of ${name}`, () => client.tasks.list(name));
  for (const { task, state } of tasks) {
    if (state !== "failed") continue;
    await insist(
      world,
      `retry task ${task} of ${name}`,
      () => client.tasks.retry(name, task),
      /decided|published/,
    );
    report(`${name}: task ${task} had failed, and is retried`);
  }
}

function versionsOf(world: CourseWorld, name: string): Promise<VersionSummary[]> {
  return insist(world, `list versions of ${name}`, () => world.client.versions.list(name));
}

async function described({ client }: CourseWorld, name: string): Promise<string> {
  const { tasks, jobs, problems } = await client.learners.show(name);
  return JSON.stringify({ tasks: tasks.map(({ task, state }) => [task, state]), jobs, problems });
}

/**
 * Does it again until it is done: what it needs may be away for a while.
 *
 * @param done an error that says that an earlier try, whose answer was lost, has done it
 */
async function insist<T>(world: CourseWorld, what: string, act: () => Promise<T>, done?: RegExp): Promise<T> {
  const deadline = performance.now() + ACT_MS;
  for (let tries = 1;; tries++) {
    try {
      return await act();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      // Only what was tried before can have been done by it.
      if (tries > 1 && done?.test(message)) return undefined as T;
      if (performance.now() > deadline || world.signal.aborted) {
        throw new Error(`Cannot ${what} after ${tries} tries: ${message}`, { cause: error });
      }
    }
    await sleep(POLL_MS);
  }
}
