import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError, readConfig } from "./config.ts";

Deno.test("readConfig() fills in what is not set", () => {
  assertEquals(readConfig({ CUGRO_STORE: "/data", CUGRO_DEVICE: "", HOME: "/" }), {
    store: "/data",
    backend: undefined,
    device: "cpu",
    compile: true,
    checkpointSeconds: 60,
    checkpointSteps: undefined,
    logLevel: "info",
  });
});

Deno.test("readConfig() reads every variable", () => {
  const environment = {
    CUGRO_STORE: "here",
    CUGRO_BACKEND: "wasm",
    CUGRO_DEVICE: "gpu",
    CUGRO_COMPILE: "off",
    CUGRO_CHECKPOINT_SECONDS: "0.5",
    CUGRO_CHECKPOINT_STEPS: "20",
    CUGRO_LOG: "debug",
  };
  assertEquals(readConfig(environment), {
    store: "here",
    backend: "wasm",
    device: "gpu",
    compile: false,
    checkpointSeconds: 0.5,
    checkpointSteps: 20,
    logLevel: "debug",
  });
});

Deno.test("readConfig() lists all faults at once, with what is allowed", () => {
  const environment = {
    CUGRO_BACKEND: "cuda",
    CUGRO_CHECKPOINT_SECONDS: "-1",
    CUGRO_CHECKPOINT_STEPS: "2.5",
    CUGRO_LOG: "loud",
  };
  const error = assertThrows(() => readConfig(environment), ConfigError);
  assertEquals(error.message.split("\n"), [
    "The environment is not a valid configuration:",
    "  CUGRO_STORE must name the store's folder",
    '  CUGRO_BACKEND must be native or wasm: current value is "cuda"',
    '  CUGRO_CHECKPOINT_SECONDS must be above 0: current value is "-1"',
    '  CUGRO_CHECKPOINT_STEPS must be a whole number from 1: current value is "2.5"',
    '  CUGRO_LOG must be debug or info or warn or error or silent: current value is "loud"',
  ]);
});
