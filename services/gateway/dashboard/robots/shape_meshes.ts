/**
 * Shapes of a world as meshes, in the colours of the page.
 * @module
 */
import type { Shape } from "@cugro/environments/shown";
import {
  BoxGeometry,
  type BufferGeometry,
  CapsuleGeometry,
  CylinderGeometry,
  Mesh,
  MeshStandardMaterial,
  SphereGeometry,
} from "three";

/** Colours by their names in the page's style. */
export type Palette = (name: string) => string;

/** The colours as they are now, light or dark. */
export function paletteOf(host: HTMLElement): Palette {
  const style = getComputedStyle(host);
  return (name) => style.getPropertyValue(name).trim() || "#888888";
}

/** Of the style's variables, one a part; parts of a robot alternate between two. */
const COLOURS = { wall: "--line", block: "--line-5", goal: "--line-2", floor: "--soft" } as const;

/** A mesh for each shape but floors, which are drawn otherwise. @param tone which of the page's lines colours the robot */
export function meshOf(shape: Shape, index: number, palette: Palette, tone: number): Mesh | undefined {
  const geometry = geometryOf(shape);
  if (!geometry) return undefined;
  const colour = shape.part === "robot" ? palette(`--line-${tone}`) : palette(COLOURS[shape.part]);
  const material = new MeshStandardMaterial({ color: colour, roughness: 0.55, metalness: 0.05 });
  // Neighbours are told apart where they overlap.
  if (shape.part === "robot" && index % 2 === 0) material.color.multiplyScalar(0.8);
  const mesh = new Mesh(geometry, material);
  mesh.matrixAutoUpdate = false;
  mesh.castShadow = shape.part === "robot";
  mesh.name = shape.name;
  return mesh;
}

/** In the frame of MuJoCo, in which capsules and cylinders stand along z. */
function geometryOf({ type, size: [a = 0, b = 0, c = 0] }: Shape): BufferGeometry | undefined {
  switch (type) {
    case "sphere":
      return new SphereGeometry(a, 24, 16);
    case "capsule":
      return new CapsuleGeometry(a, 2 * b, 8, 20).rotateX(Math.PI / 2);
    case "cylinder":
      return new CylinderGeometry(a, a, 2 * b, 32).rotateX(Math.PI / 2);
    case "box":
      return new BoxGeometry(2 * a, 2 * b, 2 * c);
    default:
      return undefined;
  }
}
