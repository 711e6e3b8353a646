/**
 * Pushing a robot: with the mouse or a finger at the place that is touched, or with the keys.
 * @module
 */
import { type Mesh, Plane, Raycaster, Vector2, Vector3 } from "three";
import type { ShownWorld } from "@cugro/environments/shown";
import type { Stage } from "./stage.ts";

/** N for each kg and metre of pulling, and for each kg at most. */
const STIFFNESS = 40;
const MOST = 45;
/** A shove by a key: N for each kg, seconds. */
const SHOVE = 22;
const SHOVE_SECONDS = 0.12;

export interface Pusher {
  /** Sets the force before each step. @param seconds of the step */
  apply(seconds: number): void;
  /** Shoves the robot's first part, along x and z. */
  shove(x: number, z: number): void;
  dispose(): void;
}

interface Held {
  shape: number;
  mesh: Mesh;
  /** In the frame of the shape. */
  at: Vector3;
  plane: Plane;
  target: Vector3;
}

/** Lets the canvas of a stage push what is on it; where nothing can be pushed, it only turns. */
export function createPusher(stage: Stage, world: ShownWorld): Pusher {
  const hand = createHand(stage, world);
  const body = world.shapes.findIndex(({ part }) => part === "robot");
  let shoving = { x: 0, z: 0, seconds: 0 };
  return {
    apply(seconds) {
      const held = hand.held();
      if (held) return pullAt(held, stage, world);
      const { x, z } = shoving.seconds > 0 ? shoving : { x: 0, z: 0 };
      shoving.seconds -= seconds;
      if (body >= 0) world.push(body, [x * SHOVE * world.mass, 0, z * SHOVE * world.mass]);
    },
    shove: (x, z) => void (shoving = { x, z, seconds: SHOVE_SECONDS }),
    dispose: hand.dispose,
  };
}

/** Tracks the part that the pointer holds. */
function createHand(stage: Stage, world: ShownWorld): { held: () => Held | undefined; dispose: () => void } {
  const { canvas, camera, controls } = stage;
  const ray = new Raycaster();
  let held: Held | undefined;
  const aim = ({ clientX, clientY }: PointerEvent) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const point = new Vector2(2 * (clientX - left) / width - 1, 1 - 2 * (clientY - top) / height);
    ray.setFromCamera(point, camera);
  };
  const take = (event: PointerEvent) => {
    if (world.mass === 0 || event.button !== 0) return;
    aim(event);
    held = heldBy(ray, stage, world);
    if (!held) return;
    controls.enabled = false;
    canvas.setPointerCapture(event.pointerId);
  };
  const pull = (event: PointerEvent) => {
    if (!held) return;
    aim(event);
    ray.ray.intersectPlane(held.plane, held.target);
  };
  const letGo = () => {
    held = undefined;
    controls.enabled = true;
    stage.pull(undefined);
  };
  const stop = new AbortController();
  const { signal } = stop;
  // Before the camera controls get the event: a held robot is pushed, not turned.
  canvas.addEventListener("pointerdown", take, { capture: true, signal });
  canvas.addEventListener("pointermove", pull, { signal });
  for (const end of ["pointerup", "pointercancel"] as const) canvas.addEventListener(end, letGo, { signal });
  return { held: () => held, dispose: () => stop.abort() };
}

function heldBy(by: Raycaster, { camera, meshes }: Stage, { shapes }: ShownWorld): Held | undefined {
  const robot = meshes.filter((mesh, i): mesh is Mesh => !!mesh && shapes[i]!.part === "robot");
  const [hit] = by.intersectObjects(robot, false);
  const mesh = robot.find((one) => one === hit?.object);
  if (!hit || !mesh) return undefined;
  const sight = camera.getWorldDirection(new Vector3());
  const plane = new Plane().setFromNormalAndCoplanarPoint(sight, hit.point);
  const at = mesh.worldToLocal(hit.point.clone());
  return { shape: meshes.indexOf(mesh), mesh, at, plane, target: hit.point.clone() };
}

/** As a spring from where it is held to where the pointer is. */
function pullAt({ shape, mesh, at, target }: Held, stage: Stage, world: ShownWorld): void {
  const from = mesh.localToWorld(at.clone());
  const force = target.clone().sub(from).multiplyScalar(STIFFNESS).clampLength(0, MOST);
  world.push(shape, force.multiplyScalar(world.mass).toArray());
  stage.pull(from, target);
}
