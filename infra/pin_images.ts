/**
 * `deno task infra:pin [--update]`: asks the registries which digests the tags of `images.json` have, and writes down
 * those that are missing. A pinned tag that has moved since is reported and left as it is, unless with `--update`. An image whose
 * registry cannot be asked stays as it was.
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { writeRendered } from "./check/rendered.ts";
import { digestOf } from "./registry.ts";
import { type Images, type ImageVersion, readImages } from "./render/images.ts";

/** The outcome of asking. */
export interface Pinned {
  images: Images;
  /** One line for each image that is now, or already was, held by its digest. */
  done: string[];
  /** Failures: registries that cannot be asked, tags that have moved. */
  faults: string[];
}

/** The images with the digests of their tags. @param update take what a moved tag points at now */
export async function pinImages(images: Images, update: boolean): Promise<Pinned> {
  const asked = await Promise.all(
    Object.entries(images).map(async ([name, version]) => ({ name, ...await pinOne(name, version, update) })),
  );
  return {
    images: Object.fromEntries(asked.map(({ name, version }) => [name, version])),
    done: asked.flatMap(({ done }) => done ?? []),
    faults: asked.flatMap(({ fault }) => fault ?? []),
  };
}

async function pinOne(
  name: string,
  version: ImageVersion,
  update: boolean,
): Promise<{ version: ImageVersion; done?: string; fault?: string }> {
  const what = `${name}:${version.tag}`;
  try {
    const digest = await digestOf(name, version.tag);
    const moved = version.digest !== undefined && version.digest !== digest;
    if (moved && !update) {
      return { version, fault: `${what} has moved from ${version.digest} to ${digest}: --update takes it` };
    }
    const done = `${what} is ${digest}${moved ? `, no longer ${version.digest}` : ""}`;
    return { version: { ...version, digest }, done };
  } catch (error) {
    return { version, fault: (error as Error).message };
  }
}

/** `images.json` as it is written: one image a line. */
export function formatImages(images: Images): string {
  const version = ({ tag, digest }: ImageVersion) =>
    [`"tag": ${JSON.stringify(tag)}`, ...digest === undefined ? [] : [`"digest": ${JSON.stringify(digest)}`]]
      .join(", ");
  const lines = Object.keys(images).sort().map((name) =>
    `  ${JSON.stringify(name)}: { ${version(images[name]!)} }`
  );
  return `{\n${lines.join(",\n")}\n}\n`;
}

if (import.meta.main) {
  const file = fileURLToPath(new URL("images.json", import.meta.url));
  const { images, done, faults } = await pinImages(readImages(file), Deno.args.includes("--update"));
  const text = formatImages(images);
  if (text !== readFileSync(file, "utf8")) {
    writeFileSync(file, text);
    writeRendered();
  }
  for (const line of done) console.log(line);
  for (const line of faults) console.error(line);
  if (faults.length > 0) Deno.exit(1);
}
