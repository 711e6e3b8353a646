/**
 * What each kind of job computes, held against recorded figures: a change asks whether the kind's revision must rise.
 *
 * After raising a revision in `shared/protocol/job_kinds.ts`, run this test once with `CUGRO_GOLDEN=write`: it adds the
 * figures of revisions that have none, drops those of revisions that no code computes any more, and never overwrites one.
 */
import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { decodeTensors, encodeTensors, JOB_KINDS, type JobKind, REVISIONS } from "@cugro/protocol";
import { openFilesystemStore } from "@cugro/store";
import { openBackend, openCompute } from "@cugro/tensors";
import { type Compile, eager } from "@cugro/tensors/seam";
import { withFolder } from "../fakes/test_folder.ts";
import { computeAll, deviation, type Disturb, type Figures } from "./golden_jobs.ts";

const RECORD = fileURLToPath(new URL("./golden.json", import.meta.url));

/** Figures by kind and revision. */
type Recorded = Record<string, Figures>;

async function compute(compile: Compile, disturb?: Disturb): Promise<Figures> {
  await openBackend();
  return await withFolder(async (folder) => {
    const store = await openFilesystemStore({ root: folder });
    try {
      return await computeAll(store, compile, disturb);
    } finally {
      await store.close();
    }
  });
}

async function readRecord(): Promise<Recorded> {
  return JSON.parse(await readFile(RECORD, "utf8").catch(() => "{}"));
}

function figuresOfKind(figures: Figures, kind: string): Figures {
  return Object.fromEntries(Object.entries(figures).filter(([name]) => name.startsWith(`${kind} `)));
}

/** The record with what it lacks of these figures, and without what is no longer computed. */
async function write(figures: Figures): Promise<void> {
  const before = await readRecord();
  const marks = JOB_KINDS.map((kind) =>
    [`${kind}@${REVISIONS[kind]}`, figuresOfKind(figures, kind)] as const
  );
  const recorded = Object.fromEntries(marks.map(([mark, own]) => [mark, before[mark] ?? own]));
  await writeFile(
    RECORD,
    JSON.stringify(recorded, null, 1).replace(/\[\s+(\S+)\s+(\S+)?\s*\]/g, "[$1 $2]") + "\n",
  );
}

Deno.test("every kind of job computes what its revision has recorded", async () => {
  const figures = await compute(eager);
  if (process.env.CUGRO_GOLDEN === "write") await write(figures);
  const recorded = await readRecord();
  for (const kind of JOB_KINDS) {
    const mark = `${kind}@${REVISIONS[kind]}`;
    const wanted = recorded[mark];
    const file = join("tests", "pipeline", "golden.json");
    assert(wanted, `${mark} has no record in ${file}: see the head of this file`);
    const own = figuresOfKind(figures, kind);
    const advice = `raise the revision of ${kind} in shared/protocol/job_kinds.ts`;
    assertEquals(Object.keys(own), Object.keys(wanted), `${kind} makes other tensors: ${advice}`);
    for (const [name, values] of Object.entries(own)) {
      const message = `${name} is ${values}, revision ${REVISIONS[kind]} gave ${wanted[name]}: ${advice}`;
      assertLess(deviation(name, values, wanted[name]!), 1, message);
    }
  }
});

/** The file with one of its tensors negated. */
function negated(bytes: Uint8Array, name: string): Uint8Array {
  const { tensors, metadata } = decodeTensors(bytes);
  const { shape, data } = tensors[name]!;
  return encodeTensors(
    { ...tensors, [name]: { shape, data: (data as Float32Array).map((x) => -x) } },
    metadata,
  );
}

/** The file with two of its tensors exchanged. */
function exchanged(bytes: Uint8Array, one: string, other: string): Uint8Array {
  const { tensors, metadata } = decodeTensors(bytes);
  return encodeTensors({ ...tensors, [one]: tensors[other]!, [other]: tensors[one]! }, metadata);
}

/** Of each training of a task: the tolerances by which its worst figure leaves the record. */
async function deviationsOf(task: number, disturb: (inputs: Record<string, Uint8Array>) => typeof inputs) {
  const figures = await compute(
    eager,
    (kind, about, inputs) => kind.endsWith(".train") && about === task ? disturb(inputs) : inputs,
  );
  const recorded = await readRecord();
  const worst = (kind: JobKind) => {
    const wanted = figuresOfKind(recorded[`${kind}@${REVISIONS[kind]}`]!, `${kind} ${task}`);
    return Math.max(...Object.entries(wanted).map(([name, was]) => deviation(name, figures[name]!, was)));
  };
  return {
    states: worst("states.train"),
    actions: worst("behavior.train"),
    values: worst("critic.train"),
    proposals: worst("proposer.train"),
  };
}

Deno.test("the figures see a sign that is flipped in one input, and two arrays that are exchanged", async (t) => {
  /** Of those trainings that read it. */
  const ofDataset = (change: (dataset: Uint8Array) => Uint8Array) => (inputs: Record<string, Uint8Array>) =>
    inputs.dataset ? { ...inputs, dataset: change(inputs.dataset) } : inputs;
  await t.step("actions of the dataset negated", async () => {
    const { states, actions, values } = await deviationsOf(
      1,
      ofDataset((dataset) => negated(dataset, "actions")),
    );
    // A state generator reads no actions.
    assertLess(states, 1);
    assertGreater(Math.min(actions, values), 50);
  });
  await t.step("states of the replay negated", async () => {
    const { states, actions, values, proposals } = await deviationsOf(2, (inputs) => ({
      ...inputs,
      "replay/1/0": negated(inputs["replay/1/0"]!, "states"),
    }));
    assertGreater(Math.min(states, actions, proposals), 50);
    assertGreater(values, 5);
  });
  await t.step("states and next states exchanged", async () => {
    const { states, actions, values } = await deviationsOf(
      1,
      ofDataset((dataset) => exchanged(dataset, "states", "nextStates")),
    );
    assertGreater(Math.min(states, actions, values), 50);
  });
  await t.step("noise of the labels exchanged with their targets", async () => {
    const { proposals } = await deviationsOf(
      1,
      (inputs) =>
        // An actor's have none.
        inputs["labels/1/0"] && decodeTensors(inputs["labels/1/0"]).tensors.noise
          ? { ...inputs, "labels/1/0": exchanged(inputs["labels/1/0"], "noise", "targets") }
          : inputs,
    );
    assertGreater(proposals, 50);
  });
});

Deno.test({
  name: "every kind of job computes the same compiled and eager, to the last digit",
  ignore: (await openBackend()).name !== "native",
  fn: async () => {
    assertEquals(await compute((await openCompute()).compile), await compute(eager));
  },
});
