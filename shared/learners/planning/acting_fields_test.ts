import { WAYS_OF_ACTING as WAYS_OF_POLICIES } from "@cugro/algorithm/arrays";
import { type RowCell, type VersionFact, WAYS_OF_ACTING } from "@cugro/protocol";
import { assertEquals } from "@std/assert";
import { actingFields, type ActingInput, oneStepRefs } from "./acting_fields.ts";

const NETWORKS = { proposer: "p", actor: "a" };
const knobs = { actingEpisodes: 60, maxForgetting: 10, evaluationEpisodes: 20 };

/** A version with these cells; `networks`: whether it has such. */
const version = (cells: Partial<RowCell>[], networks = true): VersionFact =>
  ({ version: 1, row: cells, ...networks ? NETWORKS : {} }) as unknown as VersionFact;

function fieldsOf(task: number, parent: VersionFact | null, more: Partial<ActingInput> = {}) {
  const learnt = new Map(parent ? [[1, parent]] : []);
  return actingFields({ k: 3, knobs, parent, learnt, ...more }, { task }, NETWORKS).acting;
}

Deno.test("actingFields(): the new task is compared, an old one goes on as it was served, down to a floor", () => {
  const ways = ["actor", "proposer", "sampler"];
  assertEquals(fieldsOf(3, null), { ways: ways as ["actor"], compare: 60 });
  const parent = version([{ task: 1, acting: "proposer", meanScore: 80 }, {
    task: 2,
    acting: "actor",
    meanScore: null,
  }]);
  assertEquals(fieldsOf(1, parent), { ways: ["proposer", "sampler"], floor: 70 });
  assertEquals(fieldsOf(2, parent), { ways: ways as ["actor"] });
  const before = new Map([[1, version([{ task: 1, meanScore: 95 }])]]);
  assertEquals(fieldsOf(1, parent, { learnt: before })!.floor, 85, "of the best, not of the last");
  const few = { knobs: { ...knobs, evaluationEpisodes: 4 } };
  assertEquals(fieldsOf(1, parent, few), { ways: ["proposer", "sampler"] });
});

Deno.test("actingFields(): a parent that can only sample leaves all ways to its tasks that have a score; a sampled task stays so", () => {
  const alone = version([{ task: 1, meanScore: 90 }], false);
  assertEquals(fieldsOf(1, alone), { ways: ["actor", "proposer", "sampler"], floor: 80 });
  const unscored = version([{ task: 1, meanScore: null }], false);
  assertEquals(fieldsOf(1, unscored), { ways: ["sampler"] }, "what nothing compares is not served");
  const other = version([{ task: 1, acting: "actor", meanScore: null }]);
  const input = { k: 3, knobs, parent: other, learnt: new Map() };
  assertEquals(actingFields(input, { task: 1 }, { proposer: "p" }).acting, { ways: ["sampler"] });
  const sampled = version([{ task: 1, acting: "sampler", meanScore: 90 }]);
  assertEquals(fieldsOf(1, sampled), { ways: ["sampler"], floor: 80 });
  assertEquals(actingFields({ k: 3, knobs, parent: alone, learnt: new Map() }, { task: 3 }, {}), {});
  assertEquals(oneStepRefs({ actor: "a" }), { actor: { job: "a", output: "weights" } });
});

Deno.test("policies act in the ways that the protocol names: the algorithm, which knows no protocol, has a list of its own", () => {
  assertEquals(WAYS_OF_POLICIES, WAYS_OF_ACTING);
});
