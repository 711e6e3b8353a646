/**
 * The picture of the system in the README: the services between the object store and the bus.
 * @module
 */

/** A service as the picture shows it. `kinds`: of jobs that it does; none for the gateway and the coordinator. */
export interface DrawnService {
  name: string;
  kinds: readonly string[];
}

const WIDTH = 960;
const HEIGHT = 400;
const LEFT = 140;
const RIGHT = 816;
const GAP = 8;
const STORE = { top: 30, height: 84 };
const ROW = { top: 164, height: 88 };
const BUS = { top: 302, height: 56 };
const WORDS: Record<string, readonly string[]> = {
  gateway: ["HTTP API,", "acting"],
  coordinator: ["plans,", "decides"],
};

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

function text(x: number, y: number, words: string, style = ""): string {
  return `<text x="${x}" y="${y}" ${style}>${escaped(words)}</text>`;
}

function box(x: number, y: number, width: number, height: number, kind: string): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" class="${kind}"/>`;
}

function arrow(x1: number, y1: number, x2: number, y2: number, both = false): string {
  const start = both ? ' marker-start="url(#head)"' : "";
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" class="flow" marker-end="url(#head)"${start}/>`;
}

function band(area: { top: number; height: number }, kind: string, title: string, lines: readonly string[]) {
  const middle = (LEFT + RIGHT) / 2;
  return [
    box(LEFT, area.top, RIGHT - LEFT, area.height, kind),
    text(middle, area.top + 22, title, 'class="title middle"'),
    ...lines.map((line, i) => text(middle, area.top + 42 + 17 * i, line, 'class="middle small"')),
  ];
}

function serviceBox({ name, kinds }: DrawnService, x: number, width: number): string[] {
  const middle = x + width / 2;
  const compute = kinds.length > 0;
  const [first, ...rest] = name.split("-");
  const title = rest.length > 0 ? [`${first}-`, rest.join("-")] : [name];
  const lines = WORDS[name] ?? kinds;
  const { top, height } = ROW;
  return [
    // A second outline behind it: as many processes as one likes.
    ...(compute ? [box(x + 4, top + 4, width, height, "behind")] : []),
    box(x, top, width, height, compute ? "compute" : "service"),
    ...title.map((word, i) => text(middle, top + 20 + 14 * i, word, 'class="name middle"')),
    ...lines.map((line, i) => text(middle, top + 56 + 15 * i, line, 'class="middle tiny"')),
    arrow(middle, top - 4, middle, STORE.top + STORE.height + 4, true),
    arrow(middle, top + height + 8, middle, BUS.top - 4, true),
  ];
}

function sides(): string[] {
  const gateway = ROW.top + ROW.height / 2;
  const store = STORE.top + 44;
  return [
    text(10, store - 12, "a file dropped", 'class="side"'),
    text(10, store + 4, "into incoming/", 'class="side"'),
    arrow(106, store - 2, LEFT - 6, store - 2),
    text(10, gateway - 18, "datasets and", 'class="side"'),
    text(10, gateway - 2, "observations", 'class="side"'),
    text(10, gateway + 14, "over HTTP", 'class="side"'),
    arrow(106, gateway - 4, LEFT - 6, gateway - 4),
    text(RIGHT + 44, store - 12, "policies,", 'class="side"'),
    text(RIGHT + 44, store + 4, "results", 'class="side"'),
    arrow(RIGHT + 6, store - 2, RIGHT + 38, store - 2),
    text(RIGHT + 44, BUS.top + 24, "events: a better", 'class="side"'),
    text(RIGHT + 44, BUS.top + 40, "policy is live", 'class="side"'),
    arrow(RIGHT + 6, BUS.top + 30, RIGHT + 38, BUS.top + 30),
  ];
}

const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #222 }
.middle { text-anchor: middle } .title { font-weight: 600; font-size: 15px } .name { font-weight: 600; font-size: 12.5px }
.small { font-size: 12px; fill: #444 } .tiny { font-size: 11px; fill: #444 } .side { font-size: 12px; fill: #333 }
.store { fill: #e8f1e4; stroke: #6f9a5c } .bus { fill: #fdf1dc; stroke: #c9973f }
.service { fill: #e6edf7; stroke: #5d7fae } .compute { fill: #f3e8f3; stroke: #94689a } .behind { fill: #fff; stroke: #c9aecb }
.flow { stroke: #777; stroke-width: 1.2 }
`;

/**
 * Draws the services, in the order given, between store and bus.
 *
 * @param services with what each does
 * @returns the text of an SVG file
 */
export function drawSystem(services: readonly DrawnService[]): string {
  const width = (RIGHT - LEFT - GAP * (services.length - 1)) / services.length;
  const body = [
    ...band(STORE, "store", "object store (a folder, MinIO, any S3): the memory", [
      "datasets · jobs and their results · pseudo-sample shards · weights · versions",
      "every fact is written once; what exists decides what is missing",
    ]),
    ...services.flatMap((service, i) => serviceBox(service, LEFT + i * (width + GAP), width)),
    ...band(BUS, "bus", "bus (pipes, or NATS JetStream): carries news, and may forget all of it", [
      "job ids for the next free worker · progress · events",
    ]),
    ...sides(),
    text(
      LEFT,
      HEIGHT - 12,
      "Purple services scale by themselves: more processes, more shards at a time.",
      'class="small"',
    ),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}">
<style>${STYLE}</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0,0 L8,4 L0,8 z" fill="#777"/></marker></defs>
<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>
${body.join("\n")}
</svg>
`;
}
