import ant from "./models/ant.json" with { type: "json" };
import halfCheetah from "./models/half_cheetah.json" with { type: "json" };
import hopper from "./models/hopper.json" with { type: "json" };
import swimmer from "./models/swimmer.json" with { type: "json" };
import walker2d from "./models/walker2d.json" with { type: "json" };

/** A rigid body: pose relative to its parent (m, quaternion w x y z), and its inertial frame written out in full. */
export interface BodyFacts {
  readonly name: string;
  readonly parent: string;
  readonly pos: readonly number[];
  readonly quat: readonly number[];
  /** kg */
  readonly mass: number;
  readonly ipos: readonly number[];
  readonly iquat: readonly number[];
  /** kg m^2 about the principal axes */
  readonly diaginertia: readonly number[];
}

/** A joint; a free joint has only name, body and type. Angles in radians; `range` null means not limited. */
export interface JointFacts {
  readonly name: string;
  readonly body: string;
  readonly type: string;
  readonly pos?: readonly number[];
  readonly axis?: readonly number[];
  readonly range?: readonly number[] | null;
  readonly ref?: number;
  readonly stiffness?: number;
  readonly damping?: number;
  readonly armature?: number;
  readonly margin?: number;
  readonly solimplimit?: readonly number[];
}

/** A collision shape in the frame of its body; size as in MJCF (capsule: radius, half length). */
export interface GeomFacts {
  readonly name: string;
  readonly body: string;
  readonly type: string;
  readonly size: readonly number[];
  readonly pos: readonly number[];
  readonly quat: readonly number[];
  readonly friction: readonly number[];
  readonly condim: number;
  readonly contype: number;
  readonly conaffinity: number;
  readonly solimp: readonly number[];
  readonly margin: number;
}

/** Part of the state: entries `first` to `last` (both included) of qpos or qvel. */
export interface StatePart {
  readonly of: string;
  readonly first: number;
  readonly last: number;
}

/** One piece of the observation, clipped to [-clip, clip] where `clip` is a number. */
export interface ObservationPart extends StatePart {
  readonly clip: number | null;
}

/** Entries that must lie between two bounds; null means unbounded but finite. */
export interface HealthyBound extends StatePart {
  readonly low: number | null;
  readonly high: number | null;
  readonly inclusive: boolean;
}

/** Values the engine's compiler derives: what a rebuilt model is checked against. */
export interface CompiledFacts {
  readonly totalMass: number;
  readonly bodyInvweight0: readonly (readonly number[])[];
  readonly dofInvweight0: readonly number[];
  readonly dofM0: readonly number[];
  readonly actuatorAcc0: readonly number[];
  readonly meanInertia: number;
}

/** Everything that is known of one robot: physics, reset, observation and done law (`models/<model>.json`). */
export interface RobotFacts {
  readonly model: string;
  readonly title: string;
  /** the environment of Gymnasium whose physics this is, e.g. Hopper-v5 */
  readonly gymnasiumId: string;
  readonly options: {
    /** seconds */
    readonly timestep: number;
    readonly integrator: string;
    readonly density: number;
    readonly viscosity: number;
  };
  /** engine steps per environment step */
  readonly frameSkip: number;
  readonly bodies: readonly BodyFacts[];
  readonly joints: readonly JointFacts[];
  readonly geoms: readonly GeomFacts[];
  readonly actuators: readonly { readonly joint: string; readonly gear: number }[];
  readonly initialQpos: readonly number[];
  readonly initialQvel: readonly number[];
  readonly reset: { readonly qposHalfRange: number; readonly qvelLaw: string; readonly qvelScale: number };
  readonly observation: readonly ObservationPart[];
  /** The robot is healthy while all of these hold; an empty list means always. */
  readonly healthy: readonly HealthyBound[];
  readonly compiled: CompiledFacts;
}

/** Names of the robots this room knows. */
export type RobotName = "half_cheetah" | "swimmer" | "hopper" | "walker2d" | "ant";

/** The facts of every robot, by name. */
export const ROBOTS: Readonly<Record<RobotName, RobotFacts>> = {
  half_cheetah: halfCheetah,
  swimmer,
  hopper,
  walker2d,
  ant,
};
