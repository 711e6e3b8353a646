/**
 * The table of commands: what each is called, what it does in a sentence, and the file that it is in. A command line loads the
 * one file that it is about; the help of all commands loads none.
 * @module
 */
import type { Command } from "commander";

/** Adds the commands of a file; what they do stands in the table. */
type Register = (program: Command) => void;

/** Commands that are in one file. */
interface CommandFile {
  /** Name -> what it does, in the order of the help. */
  commands: Readonly<Record<string, string>>;
  /** Heading of the help that they stand below. */
  group: string;
  /** Loads the file. Names are literals, so that `deno info` and `deno compile` see them. */
  load: () => Promise<Register>;
}

const LEARN = "Learn:";
const LOOK = "Look:";
const DECIDE = "Decide:";
const USE = "Use a policy:";
const DATA = "Data:";
const KEEP = "Stores, tokens, machine:";

/** In the order of the help. */
export const COMMAND_FILES: readonly CommandFile[] = [
  {
    group: LEARN,
    commands: {
      run: "learn dataset files one after the other; resumes where it stopped",
      add: "hand a dataset to a learner without learning it yet",
    },
    load: async () => (await import("./commands/run_command.ts")).registerRun,
  },
  {
    group: LEARN,
    commands: { plan: "list the jobs of a learner's next task, or of a number of tasks" },
    load: async () => (await import("./commands/plan_command.ts")).registerPlan,
  },
  {
    group: LEARN,
    commands: {
      sweep:
        "learn the same datasets with several seeds and knobs, and compare the results; resumes where it stopped",
    },
    load: async () => (await import("./commands/numbers/sweep_command.ts")).registerSweep,
  },
  {
    group: LEARN,
    commands: { knobs: "list the knobs of --set: value in each preset, range, meaning" },
    load: async () => (await import("./commands/knobs_command.ts")).registerKnobs,
  },
  {
    group: LEARN,
    commands: { learner: "create, delete, restore, copy and list learners" },
    load: async () => (await import("./commands/learner_command.ts")).registerLearner,
  },
  {
    group: LOOK,
    commands: {
      status:
        "show tasks, jobs, scores and problems of a learner; without --learner, one line for each learner",
    },
    load: async () => (await import("./commands/status_command.ts")).registerStatus,
  },
  {
    group: LOOK,
    commands: { versions: "list a learner's versions, and why each was published or parked" },
    load: async () => (await import("./commands/versions_command.ts")).registerVersions,
  },
  {
    group: LOOK,
    commands: { problems: "list all problems, and what to do about each" },
    load: async () => (await import("./commands/problems_command.ts")).registerProblems,
  },
  {
    group: LOOK,
    commands: {
      results:
        "show scores of every version on every task; as a table with --csv, or --out FILE.csv or FILE.parquet",
      fidelity:
        "show how far each replay was from real data; as a table with --csv, or --out FILE.csv or FILE.parquet",
      losses:
        "show losses of all finished trainings; as a table with --csv, or --out FILE.csv or FILE.parquet",
    },
    load: async () => (await import("./commands/numbers/table_commands.ts")).registerTables,
  },
  {
    group: LOOK,
    commands: {
      compare:
        "compare learners on the tasks that all of them have been run on: a table with intervals, and a page",
    },
    load: async () => (await import("./commands/numbers/compare_command.ts")).registerCompare,
  },
  {
    group: LOOK,
    commands: {
      watch:
        "follow events of learners, line by line: arrivals, jobs, versions, drops, problems; until Ctrl-C",
    },
    load: async () => (await import("./following/watch_command.ts")).registerWatch,
  },
  {
    group: LOOK,
    commands: {
      logs:
        "show the log of a cluster or run on this machine, by service, job or learner; --follow for new lines",
    },
    load: async () => (await import("./following/logs_command.ts")).registerLogs,
  },
  {
    group: LOOK,
    commands: { report: "write a learner's report as one self-contained HTML file" },
    load: async () => (await import("./commands/report_command.ts")).registerReport,
  },
  {
    group: LOOK,
    commands: {
      dashboard:
        "serve the page of a store without a cluster, until Ctrl-C: work, scores and losses of its learners",
    },
    load: async () => (await import("./page/dashboard_command.ts")).registerDashboard,
  },
  {
    group: DECIDE,
    commands: {
      promote: "publish a parked version",
      rollback: "go back to a version (0: before the first); later ones are withdrawn",
      retry: "learn a failed, parked, withdrawn or cancelled task again",
      cancel: "skip a task that is not decided yet",
      relabel:
        "correct a task's labels (its goal, environment, name ...); what depends on them is measured again",
    },
    load: async () => (await import("./commands/operate_commands.ts")).registerOperate,
  },
  {
    group: USE,
    commands: { act: "ask the serving version for actions" },
    load: async () => (await import("./commands/act_command.ts")).registerActing,
  },
  {
    group: USE,
    commands: { evaluate: "run a version on its tasks in the simulator" },
    load: async () => (await import("./commands/evaluate_command.ts")).registerEvaluate,
  },
  {
    group: USE,
    commands: {
      serve:
        "serve a learner's policy over HTTP: POST /v1/learners/<name>/act {task, observations, seed}, or the same as messages over a WebSocket there",
    },
    load: async () => (await import("./commands/serve_command.ts")).registerServe,
  },
  {
    group: USE,
    commands: {
      export:
        "write a version as a folder that acts without this software: ONNX graphs, weights, loaders for Python, C++ and JavaScript",
    },
    load: async () => (await import("./commands/export_command.ts")).registerExport,
  },
  {
    group: DATA,
    commands: { datasets: "check, describe and convert dataset files" },
    load: async () => (await import("./commands/datasets_command.ts")).registerDatasets,
  },
  {
    group: DATA,
    commands: {
      collect: "collect datasets in a simulator: one file per goal, task1.hdf5, task2.hdf5 ...",
    },
    load: async () => (await import("./commands/collecting/collect_command.ts")).registerCollect,
  },
  {
    group: KEEP,
    commands: {
      push: "copy a learner and everything it needs into a bucket, or update the copy there",
      pull: "copy a learner and everything it needs out of a bucket, or update the copy here",
    },
    load: async () => (await import("./commands/transfer_commands.ts")).registerTransfer,
  },
  {
    group: KEEP,
    commands: { backup: "copy a whole store into a backup; objects already in it are not copied again" },
    load: async () => (await import("./stores/backup_command.ts")).registerBackup,
  },
  {
    group: KEEP,
    commands: { restore: "restore a backup into an empty store, and verify it" },
    load: async () => (await import("./stores/restore_command.ts")).registerRestore,
  },
  {
    group: KEEP,
    commands: {
      verify:
        "execute a version's jobs again on this machine and compare their bytes; the store is only read",
    },
    load: async () => (await import("./stores/verify_command.ts")).registerVerify,
  },
  {
    group: KEEP,
    commands: { gc: "remove objects that no learner needs any more" },
    load: async () => (await import("./stores/gc_command.ts")).registerGarbage,
  },
  {
    group: KEEP,
    commands: { token: "create, list and revoke bearer tokens of the gateway" },
    load: async () => (await import("./commands/token_command.ts")).registerToken,
  },
  {
    group: KEEP,
    commands: {
      doctor:
        "check this machine: backend, device, threads, versions, and what is missing; or whether a bucket can serve as a store",
    },
    load: async () => (await import("./commands/doctor_command.ts")).registerDoctor,
  },
];

/** Names of all commands, in the order of the help. */
export const COMMAND_NAMES: readonly string[] = COMMAND_FILES.flatMap(({ commands }) =>
  Object.keys(commands)
);

/**
 * Adds all commands to a program: those of the files that hold the given names as they are, of the others name and sentence,
 * which is all that the help and advice about typos need.
 */
export async function addCommands(program: Command, names: readonly string[]): Promise<void> {
  for (const { commands, group, load } of COMMAND_FILES) {
    const stands = Object.keys(commands);
    if (names.some((name) => stands.includes(name))) (await load())(program);
    else for (const name of stands) program.command(name);
    for (const command of program.commands) {
      const sentence = commands[command.name()];
      if (sentence !== undefined) command.description(sentence).helpGroup(group);
    }
  }
}
