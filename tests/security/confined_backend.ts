/**
 * Opens the tensor backend as a service's process does, gives up native code, and computes a compiled step: prints the
 * profile, the step's output and how loading native code ends then. Run with a service's flags by
 * `deno_permissions_test.ts`.
 * @module
 */
import { openCompute, profileId } from "@cugro/tensors";
import { nativeLibraries } from "@cugro/tensors/native";
import * as tf from "tf";

const { profile, compile } = await openCompute();
await Deno.permissions.revoke({ name: "ffi" });
const square = compile(
  { name: "square", step: (state, { x }) => ({ state, outputs: { y: tf.square(x!) } }) },
  {},
  { x: { shape: [2], data: Float32Array.of(0, 0) } },
);
const { y } = await square.run({ x: { shape: [2], data: Float32Array.of(3, 4) } });
let loading = "allowed";
try {
  Deno.dlopen(nativeLibraries()[0]!, {});
} catch (error) {
  loading = (error as Error).name;
}
console.log(JSON.stringify({ profile: profileId(profile), y: [...y!.data as Float32Array], loading }));
