/**
 * A world on a canvas: its shapes where they are, a floor, a light and a camera that goes along.
 * @module
 */
import type { ShownWorld } from "@cugro/environments/shown";
import {
  ArrowHelper,
  Color,
  DirectionalLight,
  Fog,
  HemisphereLight,
  type Mesh,
  PerspectiveCamera,
  Scene,
  Vector3,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { createFloor } from "./floor.ts";
import { meshOf, type Palette, paletteOf } from "./shape_meshes.ts";

/** Where the processor draws, pictures are this wide at most (px) and so far apart (ms). */
const SOFTWARE_WIDTH = 400;
const SOFTWARE_MS = 60;
/** Numbers of one place: position and rotation. */
const NUMBERS = 12;

export interface Stage {
  readonly canvas: HTMLCanvasElement;
  readonly camera: PerspectiveCamera;
  readonly scene: Scene;
  readonly controls: OrbitControls;
  /** By the order of the shapes; floors have none. */
  readonly meshes: readonly (Mesh | undefined)[];
  /** The renderer's name. */
  readonly renderer: string;
  /** Shows where a force pulls; undefined: none does. */
  pull(from: Vector3 | undefined, to?: Vector3): void;
  /** Takes the places of the shapes, and goes along. */
  place(): void;
  /** Draws, if anything is elsewhere than before. */
  draw(): void;
  dispose(): void;
}

/** Opens a stage on a canvas. @param tone which of the page's lines colours the robot @throws Error where there is no WebGL */
export function openStage(canvas: HTMLCanvasElement, world: ShownWorld, tone: number): Stage {
  const palette = paletteOf(canvas);
  const { renderer, isSoftware } = graphicsOf();
  const webgl = new WebGLRenderer({ canvas, antialias: !isSoftware });
  webgl.shadowMap.enabled = !isSoftware;
  const { scene, shineOn } = sceneOf(palette, !isSoftware);
  const meshes = world.shapes.map((shape, index) => meshOf(shape, index, palette, tone));
  const [floor, arrow] = [createFloor(palette, world.dt === 0 ? 0.5 : 1), arrowOf(palette)];
  scene.add(...meshes.filter((mesh) => mesh !== undefined), floor.mesh, arrow);
  const { camera, controls, follow } = openCamera(canvas, world);
  const places = new Float64Array(NUMBERS * world.shapes.length);
  const pen = createPen(() => webgl.render(scene, camera), isSoftware ? SOFTWARE_MS : 0);
  const observer = fitting({ canvas, webgl, camera, isSoftware }, pen.due);
  controls.addEventListener("change", pen.due);
  return {
    ...{ canvas, camera, scene, controls, meshes, renderer },
    pull(from, to) {
      showPull(arrow, from, to);
      pen.due();
    },
    place() {
      if (takePlaces(world, places)) pen.due();
      meshes.forEach((mesh, i) => mesh && setPlace(mesh, places, NUMBERS * i));
      const middle = middleOf(world, places);
      follow(middle);
      floor.follow(middle.x, middle.y);
      shineOn(middle);
      scene.updateMatrixWorld();
    },
    draw: pen.draw,
    dispose() {
      observer.disconnect();
      controls.dispose();
      floor.dispose();
      for (const mesh of meshes) mesh?.geometry.dispose();
      webgl.dispose();
      webgl.forceContextLoss();
    },
  };
}

/** A lit place without anything in it; the sun goes along. */
function sceneOf(
  palette: Palette,
  hasShadows: boolean,
): { scene: Scene; shineOn: (middle: Vector3) => void } {
  const scene = new Scene();
  scene.background = new Color(palette("--card"));
  scene.fog = new Fog(scene.background, 9, 26);
  const sun = new DirectionalLight(0xffffff, 2.1);
  sun.castShadow = hasShadows;
  sun.shadow.mapSize.set(1024, 1024);
  scene.add(new HemisphereLight(0xffffff, 0x8890a0, 1.6), sun, sun.target);
  return {
    scene,
    shineOn(middle) {
      sun.position.set(middle.x + 3, middle.y - 4, 8);
      sun.target.position.copy(middle);
    },
  };
}

/** Keeps the picture as large as its canvas. A processor that draws is given fewer points. */
function fitting(
  { canvas, webgl, camera, isSoftware }: {
    canvas: HTMLCanvasElement;
    webgl: WebGLRenderer;
    camera: PerspectiveCamera;
    isSoftware: boolean;
  },
  onChange: () => void,
): ResizeObserver {
  const fit = () => {
    const { clientWidth: width, clientHeight: height } = canvas;
    if (width === 0 || height === 0) return;
    webgl.setPixelRatio(isSoftware ? Math.min(1, SOFTWARE_WIDTH / width) : Math.min(2, devicePixelRatio));
    webgl.setSize(width, height, false);
    camera.aspect = width / height;
    camera.updateProjectionMatrix();
    onChange();
  };
  const observer = new ResizeObserver(fit);
  observer.observe(canvas);
  fit();
  return observer;
}

/** Metres above the floor, so that a robot that hops does not shake the picture. */
const LOOKS_AT = 0.6;
/** From where one looks at first, and how far. */
const VIEWS = {
  side: { from: [0.2, -1, 0.26], distance: 3.4 },
  corner: { from: [0.7, -1, 0.75], distance: 5 },
  above: { from: [0, -0.45, 1], distance: 3.6 },
} as const;

function openCamera(canvas: HTMLCanvasElement, world: ShownWorld) {
  const camera = new PerspectiveCamera(40, 16 / 10, 0.05, 100);
  camera.up.set(0, 0, 1);
  const { from, distance } = VIEWS[world.view];
  camera.position.copy(new Vector3(...from).setLength(distance));
  const controls = new OrbitControls(camera, canvas);
  controls.enablePan = false;
  controls.maxPolarAngle = 1.52;
  controls.minDistance = 1;
  controls.maxDistance = 15;
  let isFirst = true;
  return {
    camera,
    controls,
    /** The camera keeps its place beside what it looks at. */
    follow(middle: Vector3) {
      const goal = world.follows ? middle : controls.target.clone().lerp(middle, isFirst ? 1 : 0);
      if (world.view === "side") goal.z = LOOKS_AT;
      const step = goal.clone().sub(controls.target);
      if (!isFirst && step.length() < 3) step.multiplyScalar(0.25);
      controls.target.add(step);
      camera.position.add(step);
      isFirst = false;
      controls.update();
    },
  };
}

/** The middle of the robot; of a maze that of the maze. */
function middleOf(world: ShownWorld, places: Float64Array): Vector3 {
  const part = world.follows ? "robot" : "block";
  const middle = new Vector3();
  let count = 0;
  world.shapes.forEach((shape, i) => {
    if (shape.part !== part) return;
    middle.add(new Vector3(places[NUMBERS * i], places[NUMBERS * i + 1], places[NUMBERS * i + 2]));
    count++;
  });
  return middle.divideScalar(Math.max(1, count));
}

/** Takes place and rotation of a shape from a list of numbers. */
export function setPlace(mesh: Mesh, places: Float64Array, at: number): void {
  const n = (i: number) => places[at + i]!;
  mesh.matrix.set(n(3), n(4), n(5), n(0), n(6), n(7), n(8), n(1), n(9), n(10), n(11), n(2), 0, 0, 0, 1);
  mesh.matrixWorldNeedsUpdate = true;
}

function arrowOf(palette: Palette): ArrowHelper {
  const arrow = new ArrowHelper(new Vector3(1, 0, 0), new Vector3(), 1, palette("--line-1"));
  arrow.visible = false;
  return arrow;
}

function showPull(arrow: ArrowHelper, from: Vector3 | undefined, to: Vector3 | undefined): void {
  arrow.visible = from !== undefined && to !== undefined;
  if (!from || !to) return;
  const way = to.clone().sub(from);
  arrow.position.copy(from);
  arrow.setDirection(way.clone().normalize());
  arrow.setLength(Math.max(0.05, way.length()), 0.15, 0.1);
}

/** Draws when it is due, and not more often than that. */
function createPen(render: () => void, apartMs: number): { due: () => void; draw: () => void } {
  let [isDue, drawnAt] = [true, -Infinity];
  return {
    due: () => void (isDue = true),
    draw() {
      const now = performance.now();
      if (!isDue || now - drawnAt < apartMs) return;
      [isDue, drawnAt] = [false, now];
      render();
    },
  };
}

/** Reads the places of all shapes. @returns whether any is another */
function takePlaces(world: ShownWorld, places: Float64Array): boolean {
  const before = places.slice();
  world.places(places);
  return places.some((value, i) => value !== before[i]);
}

let graphics: { renderer: string; isSoftware: boolean } | undefined;

/** The renderer of this machine, looked up once. */
function graphicsOf(): { renderer: string; isSoftware: boolean } {
  if (graphics) return graphics;
  const context = document.createElement("canvas").getContext("webgl2");
  if (!context) throw new Error("this browser has no WebGL 2, by which robots are drawn");
  const rendererInfo = context.getExtension("WEBGL_debug_renderer_info");
  const renderer = String(
    context.getParameter(rendererInfo ? rendererInfo.UNMASKED_RENDERER_WEBGL : context.RENDERER),
  );
  context.getExtension("WEBGL_lose_context")?.loseContext();
  return graphics = { renderer, isSoftware: /swiftshader|llvmpipe|software/i.test(renderer) };
}
