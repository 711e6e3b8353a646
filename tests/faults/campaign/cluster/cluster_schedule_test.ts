import { assert, assertEquals } from "@std/assert";
import type { Asked } from "../../acting/acting_client.ts";
import { actedOf, sumUp, unanswered } from "./acted.ts";
import { CLUSTER_FAMILIES, nameOf, planClusterFaults } from "./cluster_schedule.ts";

const plans = Array.from({ length: 64 }, (_, seed) => planClusterFaults(seed));

Deno.test("planClusterFaults() gives the same faults for the same seed, every family, and every kind of fault", () => {
  assertEquals(planClusterFaults(9), plans[9]);
  for (const family of CLUSTER_FAMILIES) {
    assertEquals(plans.filter((plan) => plan.family === family).length, 8);
  }
  const kinds = new Set(plans.flatMap(({ timeline }) => timeline.map(({ fault }) => fault.kind)));
  assertEquals([...kinds].sort(), ["hang", "hang-server", "kill", "kill-service", "second-cluster", "stop"]);
  for (const { timeline } of plans) {
    const shares = timeline.map(({ share }) => share);
    assertEquals(shares, [...shares].sort((a, b) => a - b));
    assert(timeline.every(({ fault }) => nameOf(fault).length > 0));
  }
});

Deno.test("actedOf() counts what was sent during a fault, and leaves out what the struck process could not answer", () => {
  const asked = (at: number, status = 200): Asked => ({
    ...{ at, ms: 10, status, version: 1, headAgeSeconds: at / 100, stale: false },
  });
  const all = [asked(0), asked(100), asked(195), asked(300, 503), asked(400, 0)];
  const gone = [{ what: "kill-service", from: 390, to: 450 }];
  const faults = [{ what: "kill-bus", from: 200, to: 320 }, ...gone];
  const acted = actedOf(all, faults, gone);
  assertEquals([acted.all.sent, acted.all.answered], [4, 3]);
  assertEquals([acted.byFault["kill-bus"]!.sent, acted.byFault["kill-bus"]!.answered], [2, 1]);
  assertEquals(acted.byFault["kill-service"]!.sent, 0);
  assertEquals(acted.all.oldestHead, 1.95);
  assertEquals(unanswered(all, gone), ["sent at 300: status 503 after 10 ms"]);
  assertEquals(sumUp([acted, acted]).all.sent, 8);
});
