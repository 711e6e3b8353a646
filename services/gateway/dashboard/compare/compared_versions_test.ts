import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { compareSides, type Side } from "./compared_versions.ts";

type Task = Side["learner"]["tasks"][number];

/** Tasks by name; each has a score of some episodes with the same luck in every version. */
function side(name: string, seed: number, tasks: Record<string, number>, more: Partial<Task> = {}): Side {
  const names = Object.keys(tasks);
  return {
    learner: {
      ...{ name, seed },
      tasks: names.map((one, index) =>
        ({
          ...{ task: index + 1, name: one, datasetHash: `${name} ${one}`, environment: null },
          ...more,
        }) as Partial<Task> as Task
      ),
    },
    version: {
      version: 1,
      row: names.map((one, index) => {
        const scores = [-20, 20, 0, -10, 10, 5, -5].map((luck) => tasks[one]! + luck);
        return { task: index + 1, scores } as Partial<
          Side["version"]["row"][number]
        > as Side["version"]["row"][number];
      }),
    },
  };
}

Deno.test("episodes that started alike are compared one by one, others by resampling both sides", () => {
  const alike = compareSides(side("a", 1, { x: 50 }), side("b", 1, { x: 60 }));
  const { difference } = alike.both[0]!;
  assertEquals(
    difference,
    { mean: 10, interval: [10, 10], isPaired: true },
    "the luck of the starts cancels",
  );
  const other = compareSides(side("a", 1, { x: 50 }), side("b", 2, { x: 60 })).both[0]!.difference!;
  assertEquals([other.mean, other.isPaired], [10, false]);
  const [low, high] = other.interval!;
  assert(low < 5 && high > 15 && low > -15 && high < 35, `${low} ${high}`);
});

Deno.test("tasks are the same by their data, else by name and simulator; whatever only one side has is told", () => {
  const left = side("a", 1, { x: 50, y: 80, z: 10 });
  const right = side("b", 1, { y: 70, x: 60 });
  const compared = compareSides(left, right);
  assertEquals(compared.both.map((one) => [one.left, one.right]), [[1, 2], [2, 1]]);
  assertEquals(
    compared.both.map(({ difference }) => difference!.isPaired),
    [false, false],
    "other places, other starts",
  );
  assertEquals([compared.onlyLeft, compared.onlyRight], [["task 3: z"], []]);
  assertAlmostEquals(compared.average!.difference.mean, 0);
  const elsewhere = side("b", 1, { x: 60 }, { environment: { family: "swimmer-dir", goal: [1] } });
  assertEquals(compareSides(left, elsewhere).both, []);
  const renamed = side("b", 1, { w: 60 }, { datasetHash: "a x" });
  assertEquals(compareSides(left, renamed).both[0]!.name, "x");
});

Deno.test("two versions of one learner are compared task by task; without a score there is no difference", () => {
  const before = side("a", 1, { x: 90, y: 80 });
  const after = side("a", 1, { x: 40, y: 80 });
  after.version.row[1]!.scores = [];
  const { both, average } = compareSides(before, after);
  assertEquals(both.map(({ difference }) => difference?.mean), [-50, undefined]);
  assertEquals([average!.left, average!.right, average!.difference.mean], [90, 40, -50]);
  const rate = side("a", 1, { x: 40, y: 1 });
  rate.version.row[0]!.success = [1, 0];
  assertEquals(compareSides(before, rate).both[0]!.difference, null, "success and returns are no one scale");
});
