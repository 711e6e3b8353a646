import { assertEquals, assertMatch } from "@std/assert";
import { SERVICE_NAMES } from "../../services/services.ts";
import { withProcesses } from "./service_table.ts";

const MARKS =
  "# x\n<!-- processes: rendered by `deno task docs --write` -->\nold\n<!-- end of processes -->\n";

Deno.test("withProcesses() has every service and kind of job with what it takes, and leaves the rest alone", () => {
  const text = withProcesses(MARKS)!;
  for (const name of SERVICE_NAMES) assertMatch(text, new RegExp(`^\\| \\[\`${name}\`\\]`, "m"));
  assertMatch(text, /^\| .* \| `states\.train` \| 0 to 4 \| 1, 2Gi \| 8Gi \| overlay `gpu` \|$/m);
  assertEquals([text.startsWith("# x\n"), text.includes("old"), withProcesses(text)], [true, false, text]);
  assertEquals(withProcesses("# no marks"), undefined);
});
