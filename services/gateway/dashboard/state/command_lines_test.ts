import { assertEquals } from "@std/assert";
import { execFileSync } from "node:child_process";
import { commandOf, curlOf, pathOf, quoted } from "./command_lines.ts";

/** What a shell takes a line for. */
const words = (line: string) =>
  execFileSync("sh", ["-c", `for word in ${line}; do printf '%s\\0' "$word"; done`], {
    encoding: "utf8",
    env: { CUGRO_TOKEN: "T" },
  }).split("\0").slice(0, -1);

Deno.test("whatever is in a name stays one word of a shell, in commands and with curl", () => {
  const hostile = ["it's", "$(rm x)", "a; b", "`id`", '"', "\\", "x\ny", "--set", "", "ü\u202e"];
  for (const name of hostile) assertEquals(words(quoted(name)), [name]);
  const doing = {
    method: "POST" as const,
    path: pathOf("m'x", "/tasks/1/cancel"),
    body: { reason: "it's $(over)" },
    command: ["cancel", 1, "--reason", "it's $(over)"],
  };
  assertEquals(words(commandOf(doing, "http://h:1")!), [
    ...["deno", "task", "cugro", "cancel", "1", "--reason", "it's $(over)", "--url", "http://h:1"],
  ]);
  assertEquals(words(curlOf(doing, "http://h:1")), [
    ...["curl", "-X", "POST", "-H", "Authorization: Bearer T", "-H", "content-type: application/json"],
    ...["-d", '{"reason":"it\'s $(over)"}', "http://h:1/v1/learners/m'x/tasks/1/cancel"],
  ]);
});

Deno.test("what no command does has none; a file is the body of its request", () => {
  const doing = { method: "POST" as const, path: "/v1/x?fileName=a+b", file: "a b" };
  assertEquals(commandOf(doing, "http://h"), undefined);
  assertEquals(words(curlOf(doing, "http://h")).slice(-3), [
    "--data-binary",
    "@a b",
    "http://h/v1/x?fileName=a+b",
  ]);
});
