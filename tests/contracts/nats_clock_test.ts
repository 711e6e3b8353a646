import { sleep } from "@cugro/async";
import { assert } from "@std/assert";
import { createLog } from "@cugro/telemetry";
import { openNatsBus } from "@cugro/bus";
import { startNats } from "../../scripts/cluster/servers.ts";

Deno.test("openNatsBus() finds a restarted server though the clock was set back by an hour", async () => {
  const folder = await Deno.makeTempDir();
  const first = await startNats({ folder });
  const port = Number(new URL(first.url).port);
  const log = createLog({ level: "silent" });
  const bus = await openNatsBus({ servers: [first.url], name: "clock", log });
  const realNow = Date.now;
  try {
    await first.stop();
    // Long enough for an attempt, whose time the client remembers.
    await until(() => !bus.connected());
    await sleep(1_500);
    Date.now = () => realNow() - 3_600_000;
    const second = await startNats({ folder, port });
    try {
      await until(() => bus.connected());
      assert(bus.connected());
    } finally {
      await bus.close();
      await second.stop();
    }
  } finally {
    Date.now = realNow;
    await bus.close();
    await Deno.remove(folder, { recursive: true });
  }
});

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!holds() && performance.now() < deadline) await sleep(50);
}
