import type { BodyFacts, GeomFacts, JointFacts, RobotFacts } from "./robots.ts";

type Attribute = number | string | readonly number[] | undefined;

/** One MJCF element. Numbers are written in full length: six digits already cost 1e-4 within ten steps. */
function element(
  tag: string,
  attributes: Record<string, Attribute>,
  children: readonly string[] = [],
): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${Array.isArray(value) ? value.join(" ") : value}"`)
    .join("");
  return children.length === 0 ? `<${tag}${written}/>` : `<${tag}${written}>${children.join("")}</${tag}>`;
}

function jointXml(joint: JointFacts): string {
  const { name, type, pos, axis, range, ref, stiffness, damping, armature, margin, solimplimit } = joint;
  if (type === "free") return element("joint", { name, type });
  // An unlimited joint still needs its flag: the compiler would otherwise guess from the range.
  const limits = range ? { limited: "true", range } : { limited: "false" };
  return element("joint", {
    name,
    type,
    pos,
    axis,
    ...limits,
    ref,
    stiffness,
    damping,
    armature,
    margin,
    solimplimit,
  });
}

function geomXml(geom: GeomFacts): string {
  const { body: _, ...attributes } = geom;
  return element("geom", attributes);
}

function inertialXml(body: BodyFacts): string {
  const { mass, ipos, iquat, diaginertia } = body;
  return element("inertial", { pos: ipos, quat: iquat, mass, diaginertia });
}

function bodyXml(robot: RobotFacts, body: BodyFacts): string {
  return element("body", { name: body.name, pos: body.pos, quat: body.quat }, [
    inertialXml(body),
    ...robot.joints.filter((joint) => joint.body === body.name).map(jointXml),
    ...contentsOf(robot, body.name),
  ]);
}

/** Geoms and child bodies of a body, in the order of the facts: the compiled order follows it. */
function contentsOf(robot: RobotFacts, bodyName: string): string[] {
  return [
    ...robot.geoms.filter((geom) => geom.body === bodyName).map(geomXml),
    ...robot.bodies.filter((body) => body.parent === bodyName).map((body) => bodyXml(robot, body)),
  ];
}

/**
 * The MJCF model of a robot, written from its facts alone. Every quantity the compiler could guess (inertials, joint
 * limits, control limits) is given explicitly, so that the compiled model has the facts' numbers to the last digit.
 *
 * @param robot lengths in m, angles in rad, masses in kg
 * @returns MJCF XML for `MjModel.from_xml_string`
 */
export function modelXml(robot: RobotFacts): string {
  const motors = robot.actuators.map(({ joint, gear }) =>
    element("motor", { name: joint, joint, gear, ctrllimited: "true", ctrlrange: [-1, 1] })
  );
  return element("mujoco", { model: robot.model }, [
    element("compiler", { angle: "radian", autolimits: "false", inertiafromgeom: "false" }),
    element("option", { ...robot.options }),
    // Without a size every simulation takes an arena of 13.6 MB; these robots hold a dozen contacts at most.
    element("size", { memory: "1M" }),
    element("worldbody", {}, contentsOf(robot, "world")),
    element("actuator", {}, motors),
  ]);
}
