import { assertEquals, assertThrows } from "@std/assert";
import { readSetting, tensorSettings } from "./tensor_settings.ts";

Deno.test("readSetting() takes every word for on and off, in any case", () => {
  for (const setting of [tensorSettings.compile, tensorSettings.nativeLog]) {
    for (const word of ["on", "1", "true", "yes", "ON", "True"]) {
      assertEquals(readSetting(setting, { [setting.variable]: word }), true, word);
    }
    for (const word of ["off", "0", "false", "no", "Off", "NO"]) {
      assertEquals(readSetting(setting, { [setting.variable]: word }), false, word);
    }
  }
});

Deno.test("readSetting() takes backends and devices by name, in any case", () => {
  assertEquals(readSetting(tensorSettings.backend, { CUGRO_BACKEND: "native" }), "native");
  assertEquals(readSetting(tensorSettings.backend, { CUGRO_BACKEND: "WASM" }), "wasm");
  assertEquals(readSetting(tensorSettings.device, { CUGRO_DEVICE: "GPU" }), "gpu");
});

Deno.test("readSetting() says nothing of a variable that is not set, or empty", () => {
  for (const setting of Object.values(tensorSettings)) {
    assertEquals(readSetting(setting as typeof tensorSettings.backend, {}), undefined);
    const empty = { [setting.variable]: "" };
    assertEquals(readSetting(setting as typeof tensorSettings.backend, empty), undefined);
  }
});

Deno.test("readSetting() names a variable that cannot be used, what it may be, and what it is", () => {
  const wrong: [() => unknown, string][] = [
    [
      () => readSetting(tensorSettings.backend, { CUGRO_BACKEND: "cuda" }),
      "CUGRO_BACKEND as it must be native or wasm",
    ],
    [
      () => readSetting(tensorSettings.device, { CUGRO_DEVICE: "cuda" }),
      "CUGRO_DEVICE as it must be cpu or gpu",
    ],
    [
      () => readSetting(tensorSettings.compile, { CUGRO_COMPILE: "cuda" }),
      "CUGRO_COMPILE as it must be on or off (or 1, true, yes, 0, false, no)",
    ],
  ];
  for (const [read, message] of wrong) {
    assertThrows(read, RangeError, `Cannot use ${message}: current value is "cuda"`);
  }
});
