/**
 * How a file is to be read, as texts of a query. Without schemas: a page in a browser sends it as well.
 * @module
 */
import type { GymnasiumSpec } from "./gymnasium.ts";
import type { FieldMap } from "./reading.ts";

/**
 * What `parseFieldMap` takes, one text an array.
 *
 * @param map array -> fields
 * @returns texts for `--map`
 */
export function fieldMapTexts(map: FieldMap): string[] {
  return Object.entries(map).map(([array, names]) => {
    const isPlain = names.every((name) => name === name.trim() && !/^\[|,/.test(name));
    return `${array}=${isPlain ? names.join(",") : JSON.stringify(names)}`;
  });
}

/**
 * What `parseGymnasium` takes.
 *
 * @param environment or `none`
 * @returns a text for `--gymnasium`
 */
export function gymnasiumText(environment: GymnasiumSpec | "none"): string {
  return environment === "none" ? environment : JSON.stringify(environment);
}
