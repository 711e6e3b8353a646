/**
 * Packages whose environments are run with something of ours: which they are, and the Python that each needs.
 * @module
 */
import { installLine, typedVenv } from "./interpreter.ts";

/** A package; `host.py` names the file of Python that is loaded with it. */
export interface AdaptedPackage {
  /** The prefix of its ids, before the slash. */
  namespace: string;
  /** Its name where it is imported, and in `CUGRO_GYMNASIUM_PACKAGES`. */
  module: string;
  /** The name of its virtual environment's folder: it needs versions that others cannot have. */
  venv: string;
  requirements: readonly string[];
}

/** Fifty tasks of a robot's arm. It wants this version of MuJoCo, and does not say that it imports `packaging`. */
export const META_WORLD: AdaptedPackage = {
  namespace: "Meta-World",
  module: "metaworld",
  venv: "metaworld",
  requirements: [
    "metaworld==3.1.1",
    "gymnasium[mujoco]==1.4.0",
    "mujoco==3.3.0",
    "numpy==2.4.6",
    "packaging==26.4",
  ],
};
const ADAPTED = [META_WORLD];

/**
 * The package that an id is of; undefined for ids of others.
 *
 * @param id of an environment
 * @returns the package and what it needs
 */
export function adaptedPackage(id: string): AdaptedPackage | undefined {
  return ADAPTED.find(({ namespace }) => id.startsWith(`${namespace}/`));
}

/**
 * The package of that name, where it is one of these.
 *
 * @param module as Python imports it
 * @returns undefined for other packages
 */
export function adaptedModule(module: string | undefined): AdaptedPackage | undefined {
  return ADAPTED.find((one) => one.module === module);
}

/**
 * How such a package gets an interpreter of its own, and which processes need its path, in words: everywhere the same.
 *
 * @param adapted the package
 * @returns sentences with a line for a shell
 */
export function adaptedAdvice({ namespace, venv, module, requirements }: AdaptedPackage): string {
  const folder = typedVenv(venv);
  return `${namespace} needs a Python of its own, which one line makes: ${
    installLine(folder, requirements)
  }; cugro collect and the experiments find it there, and for cugro run or a cluster ` +
    `set ${adaptedVariables({ module }, `${folder}/bin/python`)}`;
}

/**
 * The setting for `cugro run`, and for a cluster, as a shell takes it.
 *
 * @param adapted the package
 * @param python path of the interpreter
 * @returns `NAME=value ...`
 */
export function adaptedVariables({ module }: Pick<AdaptedPackage, "module">, python: string): string {
  return `CUGRO_PYTHON=${python} CUGRO_GYMNASIUM_PACKAGES=gymnasium,${module}`;
}
