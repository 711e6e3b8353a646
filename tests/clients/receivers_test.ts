/** Examples of programs that receive events, as their users run them: by webhooks, and on NATS with the rights of an observer. */
import { createEvent, versionKey } from "@cugro/protocol";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { refuse, until, withLiveGateway } from "../../services/gateway/testing/listening_gateway.ts";
import { signatureHeaders } from "../../services/gateway/webhooks/signature.ts";
import { startConfinedNats } from "../security/confined.ts";
import { type ClientPython, withClientPython, withoutPython } from "./client_python.ts";

const fileOf = (path: string) => fileURLToPath(new URL(`../../shared/client/${path}`, import.meta.url));

/** A program under way, and the lines that it has printed. */
interface Receiver {
  lines: string[];
  errors: () => string;
  end(): Promise<void>;
}

function start(command: string, args: string[], environment: Record<string, string> = {}): Receiver {
  const child: ChildProcess = spawn(command, args, { env: { ...process.env, ...environment } });
  const lines: string[] = [];
  let rest = "";
  let errors = "";
  child.stdout!.on("data", (piece) => {
    const parts = (rest + piece).split("\n");
    rest = parts.pop()!;
    lines.push(...parts);
  });
  child.stderr!.on("data", (piece) => errors += piece);
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  return {
    lines,
    errors: () => errors,
    async end() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Both languages' way to start an example. */
function starters({ python, installed }: ClientPython) {
  return {
    python: (name: string, ...args: string[]) =>
      start(python, [fileOf(`python/examples/${name}.py`), ...args], { PYTHONPATH: installed }),
    typescript: (name: string, ...args: string[]) =>
      start(process.execPath, ["run", "-A", "--no-check", fileOf(`examples/${name}.ts`), ...args]),
  };
}

/** The n-th line. @throws {Error} with what the program said, where it does not come */
async function line(receiver: Receiver, n: number): Promise<string> {
  await until(`line ${n}: ${receiver.errors()}`, () => receiver.lines.length > n);
  return receiver.lines[n]!;
}

Deno.test(
  "receivers of webhooks print what is genuine, once; what is forged, old or changed they refuse with its reason",
  {
    ignore: withoutPython,
  },
  () =>
    withClientPython((client) =>
      withLiveGateway({}, async ({ ask, store }) => {
        const { python, typescript } = starters(client);
        const [one, two] = ["python.secret", "typescript.secret"].map((name) => join(client.folder, name));
        const receivers = [
          python("webhook_receiver", "--secret-file", one!, "--port", "0"),
          typescript("webhook_receiver", two!, "0"),
        ];
        try {
          for (const [i, receiver] of receivers.entries()) {
            const url = (await line(receiver, 0)).replace("listening on ", "");
            const { id, secret } = (await ask("POST", "/v1/webhooks", { url })).body;
            writeFileSync([one, two][i]!, `${secret}\n`);
            const key = await refuse(store, "a", i + 1);
            const expected = `cugro.arrival.rejected a {"arrival":${i + 1},"key":"incoming/a/${
              i + 1
            }.hdf5","reason":"test"}`;
            assertEquals((await line(receiver, 1)).replace(/: |, /g, (text) => text.trim()), expected);
            // The same once more.
            const state = async () => (await ask("GET", `/v1/webhooks/${id}/deliveries`)).body.deliveries[0];
            await until("it is delivered", async () => (await state()).state === "delivered");
            const { id: delivery, attempts } = await state();
            const again = await ask("POST", `/v1/webhooks/${id}/deliveries/${delivery}/redeliver`, {});
            assertEquals(again.status < 300, true, JSON.stringify(again.body));
            // A gateway that finds it without any record for a moment counts its attempts from one.
            await until("it is delivered again", async () => {
              const now = await state();
              return now?.state === "delivered" && now.attempts.at(-1).at !== attempts.at(-1).at;
            });
            await ask("PATCH", `/v1/webhooks/${id}`, { active: false });

            const event = createEvent("cugro.arrival.rejected", "forged", "a", {
              arrival: 1,
              key: "x",
              reason: "y",
            });
            const body = JSON.stringify(event);
            const now = Date.now();
            const genuine = signatureHeaders({ secret, id: key, body, now });
            const foreign = signatureHeaders({ secret: `whsec_${btoa("another")}`, id: key, body, now });
            const old = signatureHeaders({ secret, id: key, body, now: now - 301_000 });
            const { "webhook-id": _, ...nameless } = genuine;
            const cases: [Record<string, string>, string, string][] = [
              [foreign, body, "webhook-signature"],
              [genuine, body.replace("forged", "changed"), "webhook-signature"],
              [{ ...genuine, "webhook-id": "another" }, body, "webhook-signature"],
              [{ ...genuine, "webhook-signature": "v1,?" }, body, "webhook-signature"],
              [old, body, "webhook-timestamp"],
              [{ ...genuine, "webhook-timestamp": "soon" }, body, "webhook-timestamp"],
              [nameless, body, "webhook-id"],
            ];
            for (const [headers, sent, named] of cases) {
              const response = await fetch(url, { method: "POST", headers, body: sent });
              assertEquals(response.status, 401, named);
              assertStringIncludes(await response.text(), named);
            }
            const right = await fetch(url, { method: "POST", headers: genuine, body });
            assertEquals(right.status, 204, await right.text());
            await line(receiver, 2);
            assertEquals([receiver.lines.length, receiver.errors()], [3, ""], receiver.lines.join("\n"));
          }
        } finally {
          for (const receiver of receivers) await receiver.end();
        }
      })
    ),
);

Deno.test(
  "listeners on NATS, with an observer's rights, print all of the journal and what comes, and go on where they stopped",
  {
    ignore: withoutPython,
  },
  () =>
    withClientPython(async (client) => {
      const servers = await startConfinedNats();
      const folder = mkdtempSync(join(tmpdir(), "cugro-places-"));
      const { nats, seedFile, openBus, stop } = servers;
      const bus = await openBus("coordinator", "create");
      const announce = (version: number) =>
        bus.announce(createEvent("cugro.version.published", versionKey("a", version), "a", { version }));
      const { python, typescript } = starters(client);
      const begin = () => [
        python("nats_events", nats.url, "--seed", seedFile("observer"), "--place", join(folder, "python")),
        typescript("nats_events", nats.url, join(folder, "typescript"), seedFile("observer")),
      ];
      const published = (version: number) => `cugro.version.published a {"version":${version}}`;
      const expect = async (receivers: Receiver[], n: number, version: number) => {
        for (const one of receivers) {
          assertEquals((await line(one, n)).replace(": ", ":"), published(version));
        }
      };
      let receivers: Receiver[] = [];
      try {
        await announce(1);
        receivers = begin();
        await expect(receivers, 0, 1);
        await announce(2);
        await expect(receivers, 1, 2);
        for (const one of receivers) await one.end();
        await announce(3);
        receivers = begin();
        await expect(receivers, 0, 3);
        await announce(4);
        await expect(receivers, 1, 4);
        assertEquals(receivers.map(({ errors }) => errors()), ["", ""]);
      } finally {
        for (const one of receivers) await one.end();
        await bus.close();
        await stop();
        rmSync(folder, { recursive: true, force: true });
      }
    }),
);
