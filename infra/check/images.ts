/**
 * Images that are not ours: compose and Kubernetes name the same ones, and NATS in them is the version that tests run.
 * @module
 */
import { GO_PROGRAMS } from "../../scripts/setup/go_programs.ts";
import { type Document, filesBelow, readDocuments, type Value } from "./documents.ts";

/** An image and where it is named. */
interface Named {
  image: string;
  tag: string;
  place: string;
}

/** Everything that names images. */
export function imageDocuments(): Document[] {
  return [...readDocuments("compose.yaml"), ...filesBelow("kubernetes", ".yaml").flatMap(readDocuments)];
}

/** Faults of the images' tags. */
export function checkImages(
  documents: Document[] = imageDocuments(),
  natsServer: string = GO_PROGRAMS["nats-server"].version,
): string[] {
  const named = documents.flatMap(imagesOf).filter(({ tag }) => tag !== "");
  const first = new Map<string, Named>();
  const faults: string[] = [];
  for (const one of named) {
    const other = first.get(one.image) ?? one;
    first.set(one.image, other);
    if (one.tag !== other.tag) {
      faults.push(`${one.place}: ${one.image} must be ${other.tag} as in ${other.place}: it is ${one.tag}`);
    }
  }
  // An image comes out after its source, so that the last number may be behind.
  const release = natsServer.replace(/^v/, "").split(".").slice(0, 2).join(".");
  return [
    ...faults,
    ...named.filter(({ image, tag }) => image === "nats" && !tag.startsWith(`${release}.`)).map((
      { tag, place },
    ) => `${place}: nats must be a ${release}, as scripts/setup/go_programs.ts builds it: it is ${tag}`),
  ];
}

function imagesOf({ file, value }: Document): Named[] {
  const services = Object.entries(value.services ?? {}) as [string, Value][];
  const containers = (value.spec?.template?.spec?.containers ?? []) as Value[];
  return [
    ...services.map(([name, { image }]) => ({ name, image })),
    ...containers.map(({ name, image }) => ({ name, image })),
  ].filter(({ image }) => image !== undefined).map(({ name, image }) => {
    const [repository, tag = ""] = String(image).split(":");
    return { image: repository!, tag, place: `${file}, ${name}` };
  }).filter(({ image }) => image !== "cugro");
}
