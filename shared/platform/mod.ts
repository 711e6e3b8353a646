export { nativeCompile, type NativeCompileOptions } from "./compile/native_compile.ts";
export type { Compile, CompiledStep, StepDefinition, Stored, StoredArray, Tensors } from "./compile/step.ts";
export { openFilesystemStore, type FilesystemStoreOptions, HASHED_BYTES } from "./filesystem_store.ts";
export {
  type ObjectInfo,
  PreconditionFailed,
  type PutOptions,
  type Store,
  StoreError,
  StoreFull,
  StoreLocked,
} from "./store.ts";
