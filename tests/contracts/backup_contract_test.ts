import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { addUploaded, loadFacts } from "@cugro/learners";
import { issueToken, readTokens } from "@cugro/gateway/tokens";
import { openFilesystemStore, openS3Store, type Store } from "@cugro/store";
import { runCommandLine } from "../../scripts/cli/cugro.ts";
import type { RunningServer } from "../../scripts/cluster/servers.ts";
import { S3_ROOT, S3_SERVERS } from "../fakes/s3_servers.ts";
import { addFile, drive, driveUntil, learnerWith, pretend } from "../fakes/world.ts";

/** An open store on a server of its own, and how commands get in. */
interface Place {
  store: Store;
  server: RunningServer;
  name: string;
}

async function placeOn(index: number, folder: string): Promise<Place> {
  const server = await S3_SERVERS[index]!.start({ folder: `${folder}/server-${index}` });
  const options = { bucket: "kept", endpoint: server.url, ...S3_ROOT, createBucket: true };
  return { server, store: await openS3Store(options), name: "s3://kept" };
}

/** Runs a command line with the way into a server in its environment. */
async function cugro(
  { url, backup = url }: Pick<RunningServer, "url"> & { backup?: string },
  ...args: string[]
): Promise<{ code: number; output: string }> {
  const output: string[] = [];
  const { log, error } = console;
  console.log = console.error = (text: unknown) => void output.push(String(text));
  const variables = {
    CUGRO_S3_ENDPOINT: url,
    CUGRO_S3_ACCESS_KEY: S3_ROOT.accessKey,
    CUGRO_S3_SECRET_KEY: S3_ROOT.secretKey,
    ...(backup === url ? {} : {
      CUGRO_BACKUP_S3_ENDPOINT: backup,
      CUGRO_BACKUP_S3_ACCESS_KEY: S3_ROOT.accessKey,
      CUGRO_BACKUP_S3_SECRET_KEY: S3_ROOT.secretKey,
    }),
  };
  for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
  try {
    return { code: await runCommandLine(args), output: output.join("\n") };
  } finally {
    Object.assign(console, { log, error });
    for (const name of Object.keys(variables)) Deno.env.delete(name);
  }
}

/** What a learner's versions are made of. */
async function weightsOf(store: Store): Promise<unknown> {
  return (await loadFacts(store, "a")).versions.map(({ version, weights, row }) => ({
    version,
    weights,
    row,
  }));
}

async function withPlaces(body: (folder: string, one: Place, other: Place) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const places = await Promise.all([0, 1].map((index) => placeOn(index, folder)));
  try {
    await body(folder, places[0]!, places[1]!);
  } finally {
    for (const { store, server } of places) {
      await store.close();
      await server.stop();
    }
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a folder that learns, backed up into one S3 server and restored into another, learns on to the same versions", () =>
  withPlaces(async (folder, one, other) => {
    const root = `${folder}/store`;
    const store = await openFilesystemStore({ root });
    await learnerWith(store, ["one", "two"]);
    let rounds = 0;
    await driveUntil(store, pretend(), () => ++rounds > 4);
    // One that waits, of more than one part in a bucket.
    const large = "three".padEnd(9 << 20, ".");
    await addUploaded({ store, learner: "a", fileName: "three.hdf5", body: new TextEncoder().encode(large) });
    const tokens = `${folder}/tokens.json`;
    const { entry } = issueToken({ name: "admin", scopes: ["admin"], learners: ["*"] });
    await Deno.writeTextFile(tokens, JSON.stringify({ tokens: [entry] }));

    const backup = ["backup", "--all", "--store", root, "--to", one.name, "--tokens", tokens];
    const made = await cugro(one.server, ...backup);
    assertEquals(made.code, 0, made.output);
    assertStringIncludes((await cugro(one.server, ...backup)).output, "0 contents, 0 B");
    assertEquals((await cugro(one.server, "backup", "check", "--from", one.name)).code, 0);

    // From one server into the other.
    const both = { url: other.server.url, backup: one.server.url };
    const restored = await cugro(
      both,
      ...["restore", "--from", one.name, "--store", other.name, "--tokens", `${folder}/t`],
    );
    assertEquals(restored.code, 0, restored.output);
    assertStringIncludes(restored.output, "arrivals name their files as s3://kept does");
    assertEquals([await readTokens(`${folder}/t`), (await Deno.stat(`${folder}/t`)).mode! & 0o777], [
      [entry],
      0o600,
    ]);

    await drive(store, pretend());
    await drive(other.store, pretend());
    assertEquals(await weightsOf(other.store), await weightsOf(store));
    assertEquals((await loadFacts(other.store, "a")).tasks.length, 3);
    const again = await cugro(both, "restore", "--from", one.name, "--store", other.name);
    assertEquals(again.code, 1);
    assertStringIncludes(again.output, "is not empty");
    await store.close();
  }));

Deno.test("backup and restore say what is wrong, and write nothing then", () =>
  withPlaces(async (folder, { server, store: bucket, name }) => {
    const store = await openFilesystemStore({ root: `${folder}/store` });
    await learnerWith(store, ["one"]);
    await drive(store, pretend());
    const root = ["--store", `${folder}/store`];
    const refused = async (words: string, ...args: string[]) => {
      const { code, output } = await cugro(server, ...args);
      assertEquals(code, 1, output);
      assertStringIncludes(output, words);
    };
    await refused("say so with --all", "backup", ...root, "--to", name);
    await refused("Where to is missing", "backup", "--all", ...root);
    await refused("is a store of learners itself", "backup", "--all", ...root, "--to", `${folder}/store`);
    await refused("There is no snapshot", "restore", "--from", name, "--store", `${folder}/new`);
    assertEquals((await cugro(server, "backup", "--all", ...root, "--to", name)).code, 0);
    await refused(
      "has no tokens",
      "restore",
      "--from",
      name,
      "--store",
      `${folder}/new`,
      "--tokens",
      `${folder}/t`,
    );
    await refused(
      'no snapshot whose name begins with "1999"',
      "backup",
      "check",
      "--from",
      name,
      "--at",
      "1999",
    );
    await addFile(store, "two");
    await drive(store, pretend());
    await cugro(server, "backup", "--all", ...root, "--to", name);
    const { key, size } = (await bucket.list("contents/")).find(({ size }) => size > 60)!;
    await bucket.put(key, (await bucket.get(key))!.bytes.slice(0, -20));
    await refused(
      `it has ${size - 20} of ${size} bytes`,
      "restore",
      "--from",
      name,
      "--store",
      `${folder}/new`,
    );
    const left = [...Deno.readDirSync(`${folder}/new`)].map(({ name }) => name);
    assertEquals(left, ["@store"]);
    // A new backup of a store that still has it puts it right.
    assertEquals((await cugro(server, "backup", "--all", ...root, "--to", name)).code, 0);
    assertEquals((await cugro(server, "backup", "check", "--from", name)).code, 0);
    assertStringIncludes(
      (await cugro(server, "backup", "prune", "--from", name, "--keep", "1")).output,
      "2 snapshots",
    );
    assert((await cugro(server, "restore", "--from", name, "--store", `${folder}/new`)).code === 0);
    await store.close();
  }));
