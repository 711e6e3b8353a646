import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseStrikes } from "./sabotage.ts";
import { describePlan, FAMILIES, planFaults, planRestoration } from "./schedule.ts";

const scale = { ackWaitMs: 2_000, longOutageMs: 30_000 };
const plans = Array.from({ length: 96 }, (_, seed) => planFaults(seed, scale));

Deno.test("planFaults() gives the same faults for the same seed, and others for another", () => {
  assertEquals(planFaults(17, scale), plans[17]);
  assert(describePlan(plans[17]!) !== describePlan(plans[33]!));
});

Deno.test("planFaults() has every family six times in 96 seeds, on both stores, and faults in each", () => {
  for (const family of FAMILIES) {
    const own = plans.filter((plan) => plan.family === family);
    assertEquals(own.length, 6);
    if (family !== "store away") assertEquals(new Set(own.map(({ store }) => store)).size, 2, family);
  }
  for (const plan of plans) {
    assert(describePlan(plan).length > 0 || plan.processes.includes("coordinator-2"), String(plan.seed));
  }
});

Deno.test("planFaults() names only processes that run, sabotage that exists, and shares in order", () => {
  for (const { processes, sabotage, timeline } of plans) {
    for (const { fault } of timeline) if ("who" in fault) assert(processes.includes(fault.who), fault.who);
    for (const [who, lives] of Object.entries(sabotage)) {
      assert(processes.includes(who), who);
      for (const life of lives) assertEquals(parseStrikes(life).length, 1);
    }
    const shares = timeline.map(({ share }) => share);
    assertEquals(shares, [...shares].sort((a, b) => a - b));
  }
});

Deno.test("planFaults() kills between each two steps of a job's end, and between fact and announcement", () => {
  const strikes = plans.flatMap(({ sabotage }) =>
    Object.entries(sabotage).flatMap(([who, lives]) =>
      lives.flatMap(parseStrikes).map((strike) => ({ who, ...strike }))
    )
  );
  const struck = (coordinator: boolean, moment: string, step: string) =>
    strikes.some((strike) =>
      strike.action === "crash" && strike.who.startsWith("coordinator") === coordinator &&
      strike.moment === moment && strike.step === step
    );
  for (const step of ["artifact-put", "result-put", "announce", "ack"]) {
    assert(struck(false, "after", step), step);
  }
  for (const step of ["version-put", "announce", "head-put"]) assert(struck(true, "after", step), step);
});

Deno.test("planRestoration() loses the store once beside a seed's faults, on both stores, in its place and in another", () => {
  const found = new Set<string>();
  for (const plan of plans.slice(0, 24)) {
    const { store, timeline, ...rest } = planRestoration(plan.seed, scale);
    const losses = timeline.filter(({ fault }) => /^(lose|move)-store$/.test(fault.kind));
    assertEquals(losses.length, 1);
    found.add(`${store} ${losses[0]!.fault.kind}`);
    const others = timeline.filter((planned) => !losses.includes(planned));
    assertEquals({ store, timeline: others, ...rest }, plan);
  }
  assertEquals(found.size, 4);
});

Deno.test("planFaults() has outages of the store of 30 s", () => {
  assert(plans.some(({ timeline }) => timeline.some(({ fault }) => fault.ms === 30_000)));
});

Deno.test("parseStrikes() names what is no strike", () => {
  assertThrows(
    () => parseStrikes("crash@after-result-put:1,crash@sometimes"),
    RangeError,
    '"crash@sometimes"',
  );
});
