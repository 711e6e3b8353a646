/** What the routes refuse that the dashboard was the first to ask: columns, curves, policies, what is remembered of a task. */
import { assertEquals } from "@std/assert";
import { serving } from "./served_refusals.ts";

const HASH = "a".repeat(64);
/** Behind a learner. */
const PATHS = [
  ...["/history", "/traffic", "/versions?last=3", "/fidelity?last=3", `/jobs/${HASH}/curves`],
  ...["/versions/1/policy", "/tasks/1/memory", "/tasks/1/memory/1", "/tasks/1/memory/1?rows=5"],
  ...["/tasks/1/rows", "/tasks/1/rows?rows=5", "/tasks/1/rows?episode=0"],
];
const NUMBERS = ["0", "-1", "+1", "1e3", "01", "1.0", "0x1", "%201", "999999999999", "%00", "__proto__", "١"];

Deno.test("what the dashboard asks needs a token, and one that sees the learner", () =>
  serving(async ({ refuse, ask }) => {
    await refuse(PATHS.flatMap((path) => [
      { status: 401, path: `/v1/learners/mine${path}`, as: "" as const },
      { status: 404, path: `/v1/learners/mine${path}`, as: "team" as const },
      { status: 404, path: `/v1/learners/none${path}` },
    ]));
    // In the same words, so that nobody learns which names are taken.
    const detailOf = async (name: string, path: string) => {
      const { body } = await ask("GET", `/v1/learners/${name}${path}`, { as: "team" });
      return (body as { detail: string }).detail.replace(`"${name}"`, "");
    };
    for (const path of PATHS) assertEquals(await detailOf("mine", path), await detailOf("none", path), path);
  }));

Deno.test("names and numbers that try to leave their place stay outside of what is remembered", () =>
  serving(async ({ refuse }) => {
    const names = ["..", "%2e%2e", "..%2f..%2fetc", "mine%2f..%2fteam-x", "mine%00", "MINE", "a".repeat(65)];
    await refuse([
      ...names.flatMap((name) => PATHS.map((path) => ({ status: 404, path: `/v1/learners/${name}${path}` }))),
      ...NUMBERS.flatMap((number) => [
        ...["memory", "memory/1", "rows"].map((what) => ({
          ...{ status: 400, path: `/v1/learners/mine/tasks/${number}/${what}` },
        })),
        { status: 400, path: `/v1/learners/mine/tasks/1/memory/${number}` },
        { status: 400, path: `/v1/learners/mine/versions/${number}/policy` },
      ]),
      ...["g".repeat(64), "a".repeat(63), "..%2f..", "%00"].map((job) => ({
        ...{ status: 400, path: `/v1/learners/mine/jobs/${job}/curves` },
      })),
      { status: 400, path: "/v1/learners/mine/tasks/1%2f..%2f..%2f..%2fteam-x/memory" },
    ]);
  }));

Deno.test("bounds are kept, other parameters refused, and nothing is written there", () =>
  serving(async ({ refuse }) => {
    const beyond = [...NUMBERS, "", "2001", "100000", "1,2", "NaN", "Infinity"];
    const episodes = ["-1", "01", "1.0", "1e3", "", "1000000000", "NaN", "%00"];
    const lasts = ["0", "-1", "01", "1e3", "", "100000", "NaN", "%00"];
    const of = (path: string, name: string, values: readonly string[]) =>
      values.map((value) => ({ status: 400, path: `/v1/learners/mine${path}?${name}=${value}` }));
    await refuse([
      ...of("/tasks/1/rows", "rows", beyond),
      ...of("/tasks/1/memory/1", "rows", beyond),
      ...of("/tasks/1/rows", "episode", episodes),
      ...of("/versions", "last", lasts),
      ...of("/fidelity", "last", lasts),
      ...of("/history", "last", ["1"]),
      ...of("/tasks/1/memory", "rows", ["1"]),
      ...of("/tasks/1/rows", "row", ["1"]),
      // In order, and not there: no task has been learnt.
      ...["/tasks/1/memory", "/tasks/1/memory/1", "/tasks/1/rows", "/tasks/1/rows?episode=0"].map((path) => ({
        ...{ status: 404, path: `/v1/learners/mine${path}` },
      })),
      { status: 404, path: `/v1/learners/mine/jobs/${HASH}/curves` },
      ...["POST", "PUT", "PATCH", "DELETE"].flatMap((method) =>
        ["/history", "/tasks/1/memory", "/tasks/1/memory/1", "/tasks/1/rows"].map((path) => ({
          ...{ status: 405, method, path: `/v1/learners/mine${path}` },
        }))
      ),
    ]);
  }));
