import { assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("start_service.ts", import.meta.url));

Deno.test("a service that is started by itself is configured by the environment, and says in a sentence what is wrong there", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", PROGRAM, "coordinator"],
      env: { CUGRO_STORE: folder, CUGRO_NATS: "nats://127.0.0.1:1", CUGRO_LOG: "loud" },
    }).output();
    assertEquals(code, 1);
    const { error } = JSON.parse(new TextDecoder().decode(stderr).trim().split("\n").at(-1)!);
    assertMatch(error, /^The environment is not a valid configuration:\n {2}CUGRO_LOG [^\n]*$/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
