/**
 * A real disk that fills up at once, for tests of full disks.
 * @module
 */

/** Makes the disk larger, as `1m` says. */
export type Grow = (size: string) => Promise<void>;

/** A disk of its own size. */
export interface Disk {
  grow: Grow;
  unmount(): Promise<void>;
}

/**
 * Mounts a disk of this size on a folder; undefined where this user may not.
 *
 * @param size as mount writes it, e.g. `180k`
 */
export async function mountDisk(root: string, size: string): Promise<Disk | undefined> {
  if (!await command("mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", root)) return undefined;
  return {
    async grow(larger) {
      if (await command("mount", "-o", `remount,size=${larger}`, root)) return;
      throw new Error(`${root} cannot grow`);
    },
    unmount: async () => void await command("umount", root),
  };
}

/**
 * Runs on a disk of its own; says so where this user may not mount one.
 *
 * @param size see {@link mountDisk}
 */
export async function onSmallDisk(
  size: string,
  run: (root: string, grow: Grow) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  const disk = await mountDisk(root, size);
  try {
    if (disk) await run(root, disk.grow);
    else console.warn("skipped: a full disk needs the right to mount a small one");
  } finally {
    await disk?.unmount();
    await Deno.remove(root);
  }
}

async function command(name: string, ...args: string[]): Promise<boolean> {
  return await new Deno.Command(name, { args }).output().then(({ success }) => success, () => false);
}
