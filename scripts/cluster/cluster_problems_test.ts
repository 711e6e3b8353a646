import { createProblem, type Problem } from "@cugro/protocol";
import { assertEquals } from "@std/assert";
import { invocation } from "../cli/learners/invocation.ts";
import { OWN_REQUEST } from "./cluster_output.ts";
import { announceClusterProblems } from "./cluster_problems.ts";

Deno.test("announceClusterProblems() advises commands that can be pasted, and asks under an id of its own", async () => {
  const stray = createProblem("file.learner", { name: "ghost" }, {
    since: null,
    message: "1 file waits.",
    advice: "Make it with: cugro learner create ghost, or remove the file.",
  });
  const lists: Problem[][] = [[stray], [stray], []];
  const ids = new Set<string | null>();
  const stop = new AbortController();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, ({ headers }) => {
    ids.add(headers.get("x-request-id"));
    return Response.json({ problems: lists.shift() ?? [] });
  });
  try {
    const gatewayUrl = `http://127.0.0.1:${server.addr.port}`;
    const lines: string[] = [];
    const report = (line: string) => {
      lines.push(line);
      if (line.startsWith("over")) stop.abort();
    };
    await announceClusterProblems({ gatewayUrl, adminToken: "t" }, {
      report,
      signal: stop.signal,
      intervalMs: 1,
    });
    const make = `${invocation()} learner create ghost --url ${gatewayUrl}`;
    assertEquals(lines, [
      `! 1 file waits. Make it with: ${make}, or remove the file.`,
      "over: 1 file waits.",
    ]);
    assertEquals([...ids], [OWN_REQUEST]);
  } finally {
    await server.shutdown();
  }
});
