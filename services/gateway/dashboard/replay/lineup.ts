/**
 * Robots side by side, each in the pose of a remembered state.
 * @module
 */
import type { ShownWorld } from "@cugro/environments/shown";
import {
  Color,
  DirectionalLight,
  Group,
  HemisphereLight,
  PerspectiveCamera,
  Scene,
  WebGLRenderer,
} from "three";
import { createFloor } from "../robots/floor.ts";
import { meshOf, paletteOf } from "../robots/shape_meshes.ts";
import { setPlace } from "../robots/stage.ts";

/** Metres from one robot to the next, by how one looks at it. */
const APART = { side: 2, corner: 2.4, above: 1.9 } as const;

/** One robot: its state and the page's line that colours it. */
export interface Posed {
  state: readonly number[];
  colour: number;
}

/** Draws robots in these poses. @returns what gives the canvas back */
export function drawLineup(
  canvas: HTMLCanvasElement,
  world: ShownWorld,
  poses: readonly Posed[],
): () => void {
  const palette = paletteOf(canvas);
  const webgl = new WebGLRenderer({ canvas, antialias: true });
  const scene = new Scene();
  scene.background = new Color(palette("--card"));
  const sun = new DirectionalLight(0xffffff, 2.1);
  sun.position.set(3, -4, 8);
  scene.add(new HemisphereLight(0xffffff, 0x8890a0, 1.6), sun);
  const apart = APART[world.view];
  const floor = createFloor(palette, apart / 2);
  scene.add(floor.mesh);
  poses.forEach((pose, index) => {
    const group = posed(world, pose, palette);
    group.position.x = apart * (index - (poses.length - 1) / 2);
    scene.add(group);
  });
  const { clientWidth: width, clientHeight: height } = canvas;
  webgl.setPixelRatio(Math.min(2, devicePixelRatio));
  webgl.setSize(width, height, false);
  const camera = cameraFor(world, apart * poses.length, width / height);
  scene.updateMatrixWorld();
  webgl.render(scene, camera);
  return () => {
    floor.dispose();
    webgl.dispose();
    webgl.forceContextLoss();
  };
}

function posed(world: ShownWorld, { state, colour }: Posed, palette: ReturnType<typeof paletteOf>): Group {
  world.show(state);
  const places = new Float64Array(12 * world.shapes.length);
  world.places(places);
  const group = new Group();
  world.shapes.forEach((shape, i) => {
    const mesh = meshOf(shape, i, palette, colour);
    if (!mesh) return;
    setPlace(mesh, places, 12 * i);
    group.add(mesh);
  });
  return group;
}

/** Far enough away for all of them. */
function cameraFor({ view }: ShownWorld, wide: number, aspect: number): PerspectiveCamera {
  const camera = new PerspectiveCamera(30, aspect, 0.05, 200);
  camera.up.set(0, 0, 1);
  const half = Math.tan(Math.PI / 12);
  const far = Math.max(wide / 2 / (half * aspect), 1.25 / half);
  const height = view === "above" ? 0 : 0.6;
  camera.position.set(0, view === "above" ? -0.35 * far : -far, view === "above" ? far : height + 0.12 * far);
  camera.lookAt(0, 0, view === "above" ? 0 : 0.75);
  return camera;
}
