/**
 * Meta-World's tasks, and data that is made with their scripted experts, in a process of Python.
 * @module
 */
export {
  collectMetaWorld,
  META_WORLD_MIX,
  META_WORLD_NOISE,
  type MetaWorldActor,
  type MetaWorldCollection,
  type MetaWorldData,
  type MetaWorldFigures,
} from "./collect_meta_world.ts";
export { META_WORLD_HORIZON, META_WORLD_STREAMS, META_WORLD_TASKS, metaWorldId } from "./meta_world_tasks.ts";
