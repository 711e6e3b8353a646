import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withFolder } from "../../tests/fakes/test_folder.ts";

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

Deno.test("a dry run of streams that are typed lists their runs and makes nothing, as that of a file does", () =>
  withFolder(async (folder) => {
    const args = [
      "run",
      "-A",
      "--no-check",
      PROGRAM,
      "streams",
      "walker-params",
      "--run",
      "none:3",
      "--dry-run",
    ];
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [...args, "--work", join(folder, "work")],
    }).output();
    assertEquals(
      [code, new TextDecoder().decode(stderr)],
      [
        0,
        "to run   walker-params-none-3\n1 runs, 1 of them to run\ndata that is made first: walker-params\n",
      ],
    );
    assertEquals([...Deno.readDirSync(folder)], []);
  }));
