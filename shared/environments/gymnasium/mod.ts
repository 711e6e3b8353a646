/**
 * Environments of Gymnasium, in a process of Python that steps many copies at once.
 * @module
 */
export {
  adaptedAdvice,
  type AdaptedPackage,
  adaptedPackage,
  adaptedVariables,
  META_WORLD,
} from "./adapted.ts";
export {
  type GymnasiumCall,
  GymnasiumFault,
  GymnasiumLost,
  GymnasiumUnavailable,
  noInterpreter,
  TRUST_ADVICE,
} from "./gymnasium_faults.ts";
export {
  checkPackages,
  type GymnasiumEnvironment,
  type GymnasiumLimits,
  type GymnasiumOptions,
  type GymnasiumRules,
  type GymnasiumStep,
  openGymnasium,
} from "./gymnasium_environment.ts";
export {
  checkEnvironment,
  type EpisodeOptions,
  type EpisodesResult,
  type GymnasiumAct,
  runEpisodes,
} from "./gymnasium_episodes.ts";
export {
  type Environment,
  findInterpreter,
  installLine,
  interpreterAdvice,
  REQUIREMENTS,
  venvFolder,
} from "./interpreter.ts";
export { type PythonOptions, type PythonProcess, startPython } from "./python_process.ts";
