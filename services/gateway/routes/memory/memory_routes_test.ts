import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { createRng } from "@cugro/algorithm/arrays";
import { createClient, GatewayError } from "@cugro/client";
import { encodeDataset } from "@cugro/datasets";
import { openDataset, type StoredDataset } from "@cugro/jobs";
import { loadFacts } from "@cugro/learners";
import { datasetKey } from "@cugro/protocol";
import { openBackend } from "@cugro/tensors";
import { publishExample } from "../../../../scripts/lab/experiments/example_learner.ts";
import { exampleDataset } from "../../../../tests/fakes/example_dataset.ts";
import { withLiveGateway } from "../../testing/listening_gateway.ts";
import { readEpisode } from "./memory_rows.ts";

const [ROWS, STATE_DIM, ACTION_DIM] = [256, 3, 2];

Deno.test("of a task are told its sketch, what each version's generators make of it, and its rows while they exist", () =>
  withLiveGateway({}, async ({ store, url, tokens }) => {
    await openBackend();
    const states = createRng(1, "states").normals(ROWS * STATE_DIM);
    const environment = { family: "unknown", goal: [1] };
    for (let task = 1; task <= 2; task++) {
      await publishExample({ store, name: "team-a", states, environment });
    }
    const { tasks } = createClient({ url, token: tokens.reader });
    const memory = await tasks.memory("team-a", 1);
    assertEquals(memory.generations, [
      { version: 1, learnt: 1, generation: 0 },
      { version: 2, learnt: 2, generation: 1 },
    ]);
    assertEquals(memory.names, ["state 1", "state 2", "state 3", "action 1", "action 2"]);
    assertEquals([memory.real!.rows, memory.real!.quantiles.length, memory.dataset.kept], [ROWS, 5, false]);
    // The middle of what the sketch has kept is that of the rows.
    const column = Array.from({ length: ROWS }, (_, row) => states[row * STATE_DIM]!).sort((a, b) => a - b);
    assert(Math.abs(memory.real!.quantiles[0]![16]! - column[132]!) < 0.05, "in raw units");

    const drawn = await tasks.pseudoRows("team-a", 1, 1, { rows: 7 });
    assertEquals([drawn.version, drawn.rows, drawn.states.length, drawn.quantiles!.length], [1, 1024, 7, 5]);
    assertEquals([drawn.states[0]!.length, drawn.actions[0]!.length], [STATE_DIM, ACTION_DIM]);
    assertEquals(await tasks.pseudoRows("team-a", 1, 1, { rows: 7 }), drawn, "the same ones again");

    const gone = await assertRejects(() => tasks.rows("team-a", 1), GatewayError, "are gone");
    const unknown = await assertRejects(() => tasks.pseudoRows("team-a", 2, 1), GatewayError, "it knows 1");
    const nothing = await assertRejects(() => tasks.memory("team-a", 9), GatewayError, "no task 9");
    assertEquals([gone.status, unknown.status, nothing.status], [404, 404, 404]);
  }));

Deno.test("the answer about a version without weights says that they were cleared away", () =>
  withLiveGateway({}, async ({ store, url, tokens }) => {
    await openBackend();
    const states = createRng(1, "states").normals(ROWS * STATE_DIM);
    await publishExample({ store, name: "team-a", states });
    const { tasks, versions } = createClient({ url, token: tokens.admin });
    for (const { key } of await store.list("artifacts/")) await store.delete(key);
    const gone = await assertRejects(() => tasks.pseudoRows("team-a", 1, 1), GatewayError, "cleared away");
    const policy = await assertRejects(() => versions.policy("team-a", 1), GatewayError, "cleared away");
    assertEquals([gone.status, policy.status], [404, 404]);
  }));

Deno.test("rows that exist are told evenly or episode by episode, read in parts", () =>
  withLiveGateway({}, async ({ store, url, tokens }) => {
    await openBackend();
    await publishExample({ store, name: "team-a", stateDim: 2, actionDim: 1 });
    const dataset = exampleDataset(4, 10);
    const [fact] = (await loadFacts(store, "team-a")).tasks;
    await store.put(datasetKey(fact!.datasetHash), encodeDataset(dataset));
    const { tasks } = createClient({ url, token: tokens.reader });
    const width = dataset.states.length / 40;
    const rowOf = (row: number) =>
      [...dataset.states.subarray(row * width, (row + 1) * width)].map((value) =>
        Number(value.toPrecision(6))
      );
    const some = await tasks.rows("team-a", 1, { rows: 4 });
    assertEquals([some.rows, some.version], [40, null]);
    assertEquals([some.states, some.rewards], [[0, 10, 20, 30].map(rowOf), null]);
    const episode = await tasks.rows("team-a", 1, { episode: 2 });
    assertEquals([episode.rows, episode.quantiles], [10, null]);
    assertEquals(episode.states, Array.from({ length: 10 }, (_, i) => rowOf(20 + i)));
    assertEquals(episode.rewards, [0, .1, .2, .3, .4, .5, .6, .7, .8, .9]);
    const missing = await assertRejects(
      () => tasks.rows("team-a", 1, { episode: 4 }),
      GatewayError,
      "it has 4",
    );
    assertEquals(missing.status, 404);
    for (const query of ["rows=0", "rows=2001", "rows=x", "episode=-1"]) {
      const answer = await fetch(`${url}/v1/learners/team-a/tasks/1/rows?${query}`, {
        headers: { authorization: `Bearer ${tokens.reader}` },
      });
      assertEquals(answer.status, 400, query);
      await answer.body?.cancel();
    }
  }));

Deno.test("an episode is found without reading where all others end", async () => {
  const [size, length] = [5_000_000, 100];
  let asked = 0;
  const dataset: StoredDataset = {
    ...{ size, stateDim: 1, actionDim: 1 },
    numbers: (_, rows) => Promise.resolve(new Float32Array(rows.length)),
    flags(name, rows) {
      asked += rows.length;
      return Promise.resolve(rows.map((row) => Number(name === "timeouts" && row % length === length - 1)))
        .then((flags) => Uint8Array.from(flags));
    },
  };
  assertEquals((await readEpisode(dataset, 3, 1)).rows, length);
  assert(asked < size, `${asked} flags read`);
  const late = await readEpisode(dataset, size / length - 1, 1);
  assertEquals(late.rows, length);
});

Deno.test("of an episode are read the rows that are told, however long it is", async () => {
  const [bytes, length] = [encodeDataset(exampleDataset(2, 5_000)), 5_000];
  const stored = await openDataset({
    size: bytes.length,
    read: (start, end) => Promise.resolve(bytes.slice(start, end)),
  });
  const asked: number[] = [];
  const watched: StoredDataset = {
    ...stored,
    numbers(name, rows) {
      if (name !== "rewards") asked.push(rows.length);
      return stored.numbers(name, rows);
    },
  };
  const { states, size, rows, rewards } = await readEpisode(watched, 1, 1);
  assertEquals([rows, size, asked], [length, 2_000, [2_000, 2_000]]);
  assertEquals([...states.subarray(0, 6)], [0, 1, 2, 1, 5, 1], "step and episode, evenly");
  // Steps 0 and 1, then 2, 3 and 4, each of which has earned its number over 5,000.
  const sums = [...rewards.slice(0, 2), rewards.reduce((sum, reward) => sum + reward, 0)];
  [1 / length, 9 / length, (length - 1) / 2].forEach((sum, i) =>
    assertAlmostEquals(sums[i]!, sum, sum * 1e-5)
  );
});
