/**
 * MuJoCo's loader as a page may run it whose policy allows no code that is made of text. Its bindings are written with `new Function` in two
 * places; there they become functions that do the same, as Emscripten itself writes them for such pages (`DYNAMIC_EXECUTION=0`).
 * A loader of another version, in which the places look different, is refused when the dashboard is built.
 * @module
 */
import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

/** Calls a function of the engine: arguments to the engine's form, the result back. */
const INVOKER = `
  function invokeWired(argTypes, { humanName, isMethod, returns, hasStack, invoker, target, minArgs, maxArgs }) {
    const [retType, thisType, ...types] = argTypes;
    return function (...given) {
      checkArgCount(given.length, minArgs, maxArgs, humanName, throwBindingError);
      const stack = hasStack ? [] : null;
      const undo = [];
      const wire = (type, value) => {
        const wired = type.toWireType(stack, value);
        if (!hasStack && type.destructorFunction !== null) undo.push(() => type.destructorFunction(wired));
        return wired;
      };
      const wires = isMethod ? [wire(thisType, this)] : [];
      types.forEach((type, i) => wires.push(wire(type, given[i])));
      const result = invoker(target, ...wires);
      if (hasStack) runDestructors(stack);
      else for (const each of undo) each();
      return returns ? retType.fromWireType(result) : undefined;
    };
  }
`;

/** Where the loader looks for the engine. In two words, since it is no file of this folder. */
const ENGINE_PLACE = ["new URL('mujoco.wasm',", "import.meta.url)"].join(" ");

/** Replacements in the loader: old and new text. */
const CHANGES: readonly (readonly [string, string])[] = [
  // No part of the bindings is made of text.
  [
    "let [args, invokerFnBody] = createJsInvoker(argTypes, isClassMethodFunc, returns, isAsync);\n" +
    "      var invokerFn = new Function(...args, invokerFnBody)(...closureArgs);",
    "var invokerFn = invokeWired(argTypes, { humanName, returns, isMethod: isClassMethodFunc, hasStack: needsDestructorStack, " +
    "invoker: cppInvokerFunc, target: cppTargetFunc, minArgs, maxArgs: expectedArgCount });",
  ],
  [
    "var invokerFunction = new Function(...params, functionBody)(...args);",
    "var invokerFunction = function (obj, func, destructorsRef, at) {\n" +
    "  const values = types.map((type) => { const value = type.readValueFromPointer(at); at += type.argPackAdvance; return value; });\n" +
    "  const rv = kind === 1 ? new func(...values) : kind === 0 ? func.call(obj, ...values) : func.call(...values);\n" +
    "  return retType.isVoid ? undefined : emval_returnValue(retType, destructorsRef, rv);\n};",
  ],
  ["  function craftInvokerFunction(", `${INVOKER}  function craftInvokerFunction(`],
  // The engine lies beside the scripts, under a name that says what is in it.
  [`${ENGINE_PLACE}.href`, "new URL(engineFile, import.meta.url).href"],
  [
    "ENVIRONMENT_IS_NODE = typeof process == 'object' && process.versions?.node && process.type != 'renderer'",
    "ENVIRONMENT_IS_NODE = false",
  ],
  ["await import('module')", "{}"],
];

/** Puts the patched glue in place of the package's own. */
export const browserMujoco: Plugin = {
  name: "mujoco",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]@mujoco[\\/]mujoco[\\/]mujoco\.js$/ }, async ({ path }) => {
      let contents = await readFile(path, "utf8");
      for (const [found, instead] of CHANGES) {
        if (contents.split(found).length !== 2) {
          return { errors: [{ text: `${path} has no or several places of: ${found.slice(0, 80)}` }] };
        }
        contents = contents.replace(found, () => instead);
      }
      const engine = `import engineFile from ${JSON.stringify("./mujoco.wasm")};\n`;
      return { contents: engine + contents, loader: "js" };
    });
  },
};
