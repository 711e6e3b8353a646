/**
 * The floor: an endless grid, of which there is always the part that is seen.
 * @module
 */
import {
  CanvasTexture,
  Mesh,
  MeshStandardMaterial,
  PlaneGeometry,
  RepeatWrapping,
  SRGBColorSpace,
} from "three";
import type { Palette } from "./shape_meshes.ts";

/** Metres of one tile, of the whole that is drawn, and pixels of a tile's picture. */
const TILE = 1;
const SIDE = 60;
const PIXELS = 128;

/** A floor that goes along. */
export interface Floor {
  mesh: Mesh;
  /** Puts its middle under a place, a whole number of tiles on, so that it seems to stand still. */
  follow(x: number, y: number): void;
  dispose(): void;
}

export function createFloor(palette: Palette, tile = TILE): Floor {
  const picture = document.createElement("canvas");
  picture.width = picture.height = PIXELS;
  const context = picture.getContext("2d")!;
  context.fillStyle = palette("--soft");
  context.fillRect(0, 0, PIXELS, PIXELS);
  context.strokeStyle = palette("--line");
  context.lineWidth = 4;
  context.strokeRect(0, 0, PIXELS, PIXELS);
  const texture = new CanvasTexture(picture);
  texture.colorSpace = SRGBColorSpace;
  texture.wrapS = texture.wrapT = RepeatWrapping;
  texture.repeat.set(SIDE, SIDE);
  texture.anisotropy = 8;
  const material = new MeshStandardMaterial({ map: texture, roughness: 1 });
  const geometry = new PlaneGeometry(SIDE * tile, SIDE * tile);
  const mesh = new Mesh(geometry, material);
  mesh.receiveShadow = true;
  return {
    mesh,
    follow: (x, y) => void mesh.position.set(Math.round(x / tile) * tile, Math.round(y / tile) * tile, 0),
    dispose() {
      geometry.dispose();
      material.dispose();
      texture.dispose();
    },
  };
}
