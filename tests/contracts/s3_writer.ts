/** A process with four writers that race for keys of an S3 store when told to go; prints what it won with. */
import { openS3Store, PreconditionFailed } from "@cugro/store";

const store = await openS3Store(JSON.parse(Deno.args[0]!));
console.log("ready");
await Deno.stdin.read(new Uint8Array(3));
for (let round = 0; round < 10; round++) {
  await Promise.all(Array.from({ length: 4 }, async (_, writer) => {
    const content = `${round}: ${Deno.pid} ${writer}`;
    try {
      await store.put(`race/${round}`, new TextEncoder().encode(content), { ifNoneMatch: true });
      console.log(content);
    } catch (error) {
      if (!(error instanceof PreconditionFailed)) throw error;
    }
  }));
}
await store.close();
