export { nativeCompile, type NativeCompileOptions } from "./compile/native_compile.ts";
export type { Compile, CompiledStep, StepDefinition, Stored, StoredArray, Tensors } from "./compile/step.ts";
