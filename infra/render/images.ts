/**
 * Images that are not ours: `images.json` says which version of each is used, and by which digest once it is pinned. Where
 * compose, Kubernetes and the Dockerfile name one of them, the version is rendered.
 * @module
 */
import { readFileSync } from "node:fs";

/** The version of an image. */
export interface ImageVersion {
  tag: string;
  /** `sha256:...` of its index or manifest; without it the tag decides, which its owner may move. */
  digest?: string;
}

/** Versions by the image's name, as in `nats` or `ghcr.io/owner/name`. */
export type Images = Readonly<Record<string, ImageVersion>>;

/** An image as files name it, `name:tag@digest`. */
export interface Reference {
  name: string;
  tag: string;
  digest: string;
}

const FILE = new URL("../images.json", import.meta.url);

/** The committed versions. */
export function readImages(file: string | URL = FILE): Images {
  return JSON.parse(readFileSync(file, "utf8"));
}

/** The parts of an image's reference; empty where they are missing. A colon before a slash belongs to a port. */
export function parseReference(text: string): Reference {
  const [rest = "", digest = ""] = text.split("@");
  const [, name = "", tag = ""] = /^(.*?)(?::([^/:]+))?$/.exec(rest) ?? [];
  return { name, tag, digest };
}

/** `name:tag`, with `@digest` where it is pinned. */
export function referenceOf(name: string, { tag, digest }: ImageVersion): string {
  return `${name}:${tag}${digest === undefined ? "" : `@${digest}`}`;
}

/** The text with the version of every image that it names, in YAML after `image:`, in a Dockerfile after `FROM`. */
export function renderImages(text: string, images: Images): string {
  return text.replaceAll(
    /^(\s*(?:-\s+)?image: +|FROM +)(\S+)/gm,
    (whole, before: string, reference: string) => {
      const { name } = parseReference(reference);
      return Object.hasOwn(images, name) ? before + referenceOf(name, images[name]!) : whole;
    },
  );
}

/** Names of the images that are held by their tag alone. */
export function unpinned(images: Images = readImages()): string[] {
  return Object.keys(images).filter((name) => images[name]!.digest === undefined);
}
