import { assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("experiment.ts", import.meta.url));

Deno.test("an experiment says in a sentence which folder it cannot read", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", PROGRAM, "compiled", "/no/such/folder"],
  }).output();
  assertEquals(code, 1);
  assertMatch(
    new TextDecoder().decode(stderr),
    /^experiment: Cannot read \/no\/such\/folder: there is no such file or folder\n$/,
  );
});
