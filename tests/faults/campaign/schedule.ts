/**
 * Which faults a run has, and when: a function of its seed, so that a run can be repeated.
 * @module
 */
import { COMPUTE_SERVICES } from "../../../services/services.ts";
import { oneOf, randomOf } from "./seeded_random.ts";
import type { Distortion } from "./damaged_seams.ts";
import type { WayIn } from "./workload.ts";
import { describeStrike, type Strike } from "./sabotage.ts";

/** What can be done to the world. `ms`: how long. */
export type Fault =
  | { kind: "kill"; who: string; ms: 0 }
  | { kind: "freeze" | "cut-bus" | "hold-bus" | "cut-store" | "hold-store"; who: string; ms: number }
  | {
    kind: "kill-bus" | "freeze-bus" | "wipe-bus" | "kill-store" | "freeze-store" | "fill-store";
    ms: number;
  }
  /** Backed up at work, lost, and restored where it was or in another place. */
  | { kind: "lose-store" | "move-store"; ms: number };

/** A fault and when it begins: once this share of all results is there. */
export interface Planned {
  share: number;
  fault: Fault;
}

/** What is done to a run. */
export interface FaultPlan {
  seed: number;
  family: Family;
  store: "folder" | "s3";
  /** How the files of the first learner come in, and of the second. */
  waysIn: [WayIn, WayIn];
  /** Processes by name. */
  processes: string[];
  /** Sabotage in a process, for its first life, its second, ... */
  sabotage: Record<string, string[]>;
  distortion?: Distortion;
  timeline: Planned[];
}

/** Kinds of trouble; each seed has one of them in earnest, and something of another. */
export const FAMILIES = [
  "services killed",
  "killed between the steps of a job",
  "coordinator killed",
  "coordinator killed between the steps of a plan",
  "bus killed",
  "bus frozen",
  "store away",
  "JetStream deleted",
  "two coordinators",
  "event loop blocked",
  "clock jumps",
  "disk full",
  "news lost, doubled, late",
  "worker without bus",
  "worker without store",
  "a bit of everything",
] as const;
/** One of {@link FAMILIES}: a kind of trouble. */
export type Family = typeof FAMILIES[number];

/** Processes that serve every kind, so that two race for a job whose worker has fallen silent. */
export const GENERALISTS = ["worker-1", "worker-2", "worker-3"] as const;

/** Points between the steps of a job, and of a plan, where a process is killed; taken in turn by the seeds. */
const JOB_POINTS = [
  "after-artifact-put:1",
  "after-result-put:1",
  "after-announce:1",
  "before-result-put:2",
  "after-ack:1",
  "before-ack:2",
  "after-checkpoint-put:1",
  "before-artifact-put:3",
  "after-fetch:2",
  "after-dataset-put:1",
  "before-announce:2",
] as const;
const PLAN_POINTS = [
  "after-version-put:1",
  "after-announce:1",
  "before-mark-put:2",
  "after-fact-put:1",
  "before-head-put:1",
  "after-head-put:1",
  "after-job-put:1",
  "before-submit:3",
  "after-arrival-put:1",
  "after-mark-put:2",
] as const;

/** How long faults last, against an ack wait of this many ms. */
export interface Scale {
  ackWaitMs: number;
  /** An outage of the store in every third seed of that family. */
  longOutageMs: number;
}

/** The faults of a seed. */
export function planFaults(seed: number, { ackWaitMs, longOutageMs }: Scale): FaultPlan {
  const random = randomOf(seed * 7919 + 1);
  const family = FAMILIES[seed % FAMILIES.length]!;
  const round = Math.floor(seed / FAMILIES.length);
  const plan: FaultPlan = {
    seed,
    family,
    store: family === "store away" || random() < 0.35 ? "s3" : "folder",
    waysIn: random() < 0.5 ? ["handed", "dropped"] : ["dropped", "handed"],
    processes: [],
    sabotage: {},
    timeline: [],
  };
  const build = new Builder(plan, random, round, ackWaitMs, longOutageMs);
  build.family(family);
  const other = oneOf(random, FAMILIES.slice(0, -1));
  if (family !== "a bit of everything" && other !== family) build.little(other);
  plan.timeline.sort((a, b) => a.share - b.share);
  return plan;
}

/** The faults of a seed, and in their midst the store's loss, with what a backup has of it. */
export function planRestoration(seed: number, scale: Scale): FaultPlan {
  const random = randomOf(seed * 104_729 + 3);
  const plan = planFaults(seed, scale);
  // A family has both in turn.
  const kind = (seed + Math.floor(seed / FAMILIES.length)) % 2 === 0 ? "lose-store" : "move-store";
  const share = 0.1 + 0.6 * random();
  plan.timeline.push({ share, fault: { kind, ms: Math.round(scale.ackWaitMs * 0.75 * random()) } });
  plan.timeline.sort((a, b) => a.share - b.share);
  return plan;
}

/** A plan in one line. */
export function describePlan({ timeline, sabotage, distortion }: FaultPlan): string {
  const parts = timeline.map(({ fault }) =>
    [fault.kind, "who" in fault ? fault.who : "", fault.ms > 0 ? `${fault.ms} ms` : ""].filter(Boolean).join(
      " ",
    )
  );
  for (const [who, lives] of Object.entries(sabotage)) parts.push(...lives.map((life) => `${who} ${life}`));
  if (distortion) parts.push("news distorted");
  return parts.join("; ");
}

const GENERAL: readonly Family[] = [
  "event loop blocked",
  "worker without bus",
  "worker without store",
  "killed between the steps of a job",
];

class Builder {
  constructor(
    private readonly plan: FaultPlan,
    private readonly random: () => number,
    private readonly round: number,
    private readonly ackWaitMs: number,
    private readonly longOutageMs: number,
  ) {
    const workers = GENERAL.includes(plan.family) ? GENERALISTS : COMPUTE_SERVICES;
    plan.processes = [...workers, "coordinator-1"];
  }

  get workers(): string[] {
    return this.plan.processes.filter((who) => !who.startsWith("coordinator"));
  }

  /** The family's faults in earnest. */
  family(family: Family): void {
    if (family === "a bit of everything") {
      const families = [...FAMILIES.slice(0, -1)];
      for (let n = 0; n < 4; n++) {
        this.little(families.splice(Math.floor(this.random() * families.length), 1)[0]!);
      }
      return;
    }
    const times =
      { "services killed": 3, "coordinator killed": 3, "store away": 1, "disk full": 1 }[family as string];
    for (let n = 0; n < (times ?? 2); n++) this.add(family, n);
  }

  /** Something of it. */
  little(family: Family): void {
    this.add(family, 0);
  }

  private at(fault: Fault): void {
    this.plan.timeline.push({ share: 0.05 + 0.75 * this.random(), fault });
  }

  private sabotage(who: string, strike: Strike): void {
    (this.plan.sabotage[who] ??= []).push(describeStrike(strike));
  }

  private some(milliseconds: number): number {
    return Math.round(milliseconds * (0.5 + this.random()));
  }

  private strikeAt(action: Strike["action"], ms: number, point: string): Strike {
    const [, moment, step, n] = /^(before|after)-([a-z-]+):(\d+)$/.exec(point)!;
    return { action, ms, moment: moment as Strike["moment"], step: step as Strike["step"], n: Number(n) };
  }

  private add(family: Family, n: number): void {
    const { random, workers } = this;
    const who = oneOf(random, workers);
    const point = <T>(points: readonly T[]): T =>
      points[(2 * this.round + n + this.plan.seed) % points.length]!;
    switch (family) {
      case "services killed":
        return this.at({ kind: "kill", who, ms: 0 });
      case "killed between the steps of a job":
        return this.sabotage(workers[n % workers.length]!, this.strikeAt("crash", 0, point(JOB_POINTS)));
      case "coordinator killed":
        return this.at({ kind: "kill", who: "coordinator-1", ms: 0 });
      case "coordinator killed between the steps of a plan":
        return this.sabotage("coordinator-1", this.strikeAt("crash", 0, point(PLAN_POINTS)));
      case "bus killed":
        return this.at({ kind: "kill-bus", ms: this.some(600) });
      case "bus frozen":
        return this.at({ kind: "freeze-bus", ms: this.some(2500) });
      case "store away":
        return this.storeAway();
      case "JetStream deleted":
        return this.at({ kind: "wipe-bus", ms: this.some(300) });
      case "two coordinators":
        return this.twoCoordinators(n);
      case "event loop blocked":
        return this.blocked(who, n);
      case "clock jumps":
        return this.turnedClock(n === 0 ? who : "coordinator-1");
      case "disk full":
        return this.at({ kind: "fill-store", ms: this.some(1500) });
      case "news lost, doubled, late":
        this.plan.distortion = { seed: this.plan.seed, lost: 0.4, doubled: 0.4, lateMs: 800 };
        return;
      case "worker without bus":
        return this.at({ kind: n === 0 ? "cut-bus" : "hold-bus", who, ms: this.some(1.5 * this.ackWaitMs) });
      case "worker without store":
        return this.withoutStore(who, n);
    }
  }

  private storeAway(): void {
    const inEarnest = this.plan.family === "store away";
    if (this.plan.store === "folder") return this.at({ kind: "fill-store", ms: this.some(1000) });
    const ms = inEarnest && this.round % 3 === 0 ? this.longOutageMs : this.some(2000);
    this.at({ kind: this.random() < 0.5 ? "kill-store" : "freeze-store", ms });
  }

  private twoCoordinators(n: number): void {
    if (!this.plan.processes.includes("coordinator-2")) this.plan.processes.push("coordinator-2");
    if (n === 1) this.at({ kind: "kill", who: "coordinator-2", ms: 0 });
  }

  private blocked(who: string, n: number): void {
    const ms = Math.round(2.2 * this.ackWaitMs);
    if (n === 1) return this.at({ kind: "freeze", who, ms });
    const points = ["before-artifact-put:2", "before-result-put:1", "after-checkpoint-put:1", "before-ack:1"];
    this.sabotage(who, this.strikeAt("block", ms, oneOf(this.random, points)));
  }

  private turnedClock(who: string): void {
    const hours = oneOf(this.random, [-72, -1, 1, 25, 24 * 365]);
    const step = who.startsWith("coordinator") ? "after-submit:3" : "after-fetch:1";
    this.sabotage(who, this.strikeAt("clock", hours * 3_600_000, step));
  }

  private withoutStore(who: string, n: number): void {
    const ms = this.some(this.ackWaitMs);
    if (this.plan.store === "folder") {
      return this.sabotage(
        who,
        this.strikeAt("full", ms, oneOf(this.random, ["after-fetch:2", "before-artifact-put:2"])),
      );
    }
    this.at({ kind: n === 0 ? "cut-store" : "hold-store", who, ms });
  }
}
