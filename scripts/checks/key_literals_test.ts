import { assertEquals } from "@std/assert";
import { keyLiterals } from "./key_literals.ts";

const found = (code: string) => keyLiterals("some.ts", code).map(({ text }) => text);

Deno.test("keyLiterals() finds keys that are built or matched by hand", () => {
  for (
    const spelt of [
      '"learners/"',
      "'jobs/readiness'",
      "`incoming/a/x`",
      "`announced/${learnerPrefix(name)}`",
      "`artifacts/${hash}`",
      "`deliveries/pending/`",
      String.raw`/^artifacts\/([0-9a-f]{64})$/`,
      String.raw`/^(artifacts|datasets|incoming)\//`,
      String.raw`/^learners\/[^/]+\/(?:tasks|versions)\/\d+\.json$/`,
      String.raw`/\/result\.json$/`,
      '"/result.json"',
      '"learner.json"',
      "`${id}/checkpoint`",
      "`${learnerPrefix(name)}arrivals/`",
      "`${webhookPrefix(id)}settings/`",
      "`${PREFIXES.jobs}readiness`",
    ]
  ) assertEquals(found(`const key = ${spelt};`), [spelt]);
});

Deno.test("keyLiterals() leaves makers, parsers, paths of HTTP, messages and comments alone", () => {
  const fine = [
    'import { x } from "./jobs/mod.ts";',
    'const path = "/v1/learners/{name}";',
    "/** `learners/<name>/head.json` */",
    "const key = taskKey(name, 1); // learners/a/tasks/1.json",
    "const left = `remove everything under ${learnerPrefix(name)}, please`;",
    'const text = "jobs that wait"; const other = "learners";',
    "const url = `${base}/v1/webhooks/${id}`;",
    "const all = `${PREFIXES.jobs}*`;",
    'const file = "deno.json"; const ratio = /jobs per second/;',
  ];
  for (const code of fine) assertEquals(found(code), []);
});

Deno.test("keyLiterals() says on which line", () => {
  assertEquals(keyLiterals("some.ts", 'const a = 1;\nconst b = "jobs/x";'), [{ line: 2, text: '"jobs/x"' }]);
});
