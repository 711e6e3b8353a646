/**
 * Images that are not ours: compose, Kubernetes and the Dockerfile name those of images.json, and NATS in them is the
 * version that tests run.
 * @module
 */
import { GO_PROGRAMS } from "../../scripts/setup/go_programs.ts";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Images, type ImageVersion, parseReference, readImages, referenceOf } from "../render/images.ts";
import { parseDockerfile } from "./dockerfile.ts";
import { type Document, filesBelow, INFRA, readDocuments, type Value } from "./documents.ts";

/** An image and where it is named. */
interface Named {
  reference: string;
  place: string;
}

const OURS = ["cugro", "cugro-gpu"];

/** Everything that names images. */
export function imageDocuments(): Document[] {
  return [...readDocuments("compose.yaml"), ...filesBelow("kubernetes", ".yaml").flatMap(readDocuments)];
}

/** Faults of the images' versions: each is in images.json, as it is used. */
export function checkImages(
  documents: Document[] = imageDocuments(),
  natsServer: string = GO_PROGRAMS["nats-server"].version,
  images: Images = readImages(),
): string[] {
  const named = [...documents.flatMap(imagesOf), ...basesOf(readFileSync(join(INFRA, "Dockerfile"), "utf8"))];
  const faults = named.flatMap(({ reference, place }) => {
    const { name } = parseReference(reference);
    if (!Object.hasOwn(images, name)) return [`${place}: image ${name} must be in infra/images.json`];
    const wanted = referenceOf(name, images[name]!);
    return reference === wanted ? [] : [
      `${place}: ${reference} must be ${wanted}, as in infra/images.json: run \`deno task infra --write\``,
    ];
  });
  const used = new Set(named.map(({ reference }) => parseReference(reference).name));
  // An image comes out after its source, so that the last number may be behind.
  const release = natsServer.replace(/^v/, "").split(".").slice(0, 2).join(".");
  const nats = images.nats?.tag ?? "";
  return [
    ...faults,
    ...Object.entries(images).flatMap(([name, version]) => faultsOfVersion(name, version)),
    ...Object.keys(images).filter((name) => !used.has(name)).map((name) =>
      `infra/images.json: nothing uses ${name}`
    ),
    ...nats.startsWith(`${release}.`) ? [] : [
      `infra/images.json: nats must be a ${release}, as scripts/setup/go_programs.ts builds it: it is ${nats}`,
    ],
  ];
}

function faultsOfVersion(name: string, { tag, digest }: ImageVersion): string[] {
  return [
    ...isVersion(tag) ? [] : [`infra/images.json: ${name} must have a tag with a version: it is "${tag}"`],
    ...digest === undefined || /^sha256:[0-9a-f]{64}$/.test(digest)
      ? []
      : [`infra/images.json: the digest of ${name} must be sha256: and 64 hex digits: it is "${digest}"`],
  ];
}

/** Whether a tag names a version: of its numbers, or of the day it came out. */
export function isVersion(tag: string): boolean {
  return /\d+\.\d+|\d{4}-\d\d-\d\d/.test(tag);
}

/** Images that the Dockerfile starts from. */
function basesOf(dockerfile: string): Named[] {
  const stages = parseDockerfile(dockerfile);
  const names = ["scratch", ...stages.map(({ name }) => name)];
  return stages.filter(({ from }) => !names.includes(from)).map(({ from, name }) => ({
    reference: from,
    place: `infra/Dockerfile, stage ${name}`,
  }));
}

function imagesOf({ file, value }: Document): Named[] {
  const services = Object.entries(value.services ?? {}) as [string, Value][];
  const containers = (value.spec?.template?.spec?.containers ?? []) as Value[];
  return [
    ...services.map(([name, { image }]) => ({ name, image })),
    ...containers.map(({ name, image }) => ({ name, image })),
  ].filter(({ image }) => image !== undefined && !OURS.includes(parseReference(String(image)).name)).map((
    { name, image },
  ) => ({ reference: String(image), place: `${file}, ${name}` }));
}
