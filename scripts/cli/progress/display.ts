/**
 * Shows long work: a few live lines on a terminal, plain lines otherwise.
 * @module
 */
import process from "node:process";

/** One report of a running job. `label` is what a person calls the job. */
export interface JobProgress {
  jobId: string;
  label: string;
  step: number;
  steps: number;
  loss?: number;
}

/** Where progress goes. */
export interface ProgressDisplay {
  progress(report: JobProgress): void;
  /** A job is done: its line goes. `seconds` since its first message. */
  finished(jobId: string, label: string, seconds: number | undefined): void;
  /** A job has been given up: its line goes, `text` says why. */
  failed(jobId: string, text: string): void;
  /** The job is no longer needed: its line goes. */
  dropped(jobId: string): void;
  /** An event with a line of its own. */
  note(text: string): void;
  close(): void;
}

/** Where the display writes, and how it knows the time. */
export interface DisplayOptions {
  write: (text: string) => void;
  isTerminal: boolean;
  width: () => number;
  now: () => number;
}

interface Running extends JobProgress {
  firstStep: number;
  firstAt: number;
  lastPrinted: number;
}

const PLAIN_EVERY_MS = 15_000;
const REDRAW_MS = 100;
const BAR = 18;

/**
 * A display on a command's stderr.
 *
 * @returns the display, to be closed by the caller
 */
export function displayOnStderr(): ProgressDisplay {
  return createDisplay({
    write: (text) => void process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true,
    width: () => process.stderr.columns ?? 100,
    now: () => performance.now(),
  });
}

/** Creates a display. Call `close` to leave the terminal as it was. */
export function createDisplay(options: DisplayOptions): ProgressDisplay {
  const { write, isTerminal, now } = options;
  const running = new Map<string, Running>();
  const screen = createScreen(options, running);
  const end = (jobId: string, text: string) => {
    running.delete(jobId);
    screen.print(text);
  };
  return {
    progress(report) {
      const known = running.get(report.jobId);
      const job = known
        ? Object.assign(known, report)
        : { ...report, firstStep: report.step, firstAt: now(), lastPrinted: now() };
      running.set(report.jobId, job);
      if (isTerminal) return void screen.redraw();
      if (now() - job.lastPrinted < PLAIN_EVERY_MS) return;
      job.lastPrinted = now();
      write(`${plainLine(job, now())}\n`);
    },
    finished: (jobId, label, seconds) =>
      end(jobId, `${label}: done${seconds === undefined ? "" : ` in ${seconds.toFixed(1)} s`}`),
    failed: end,
    dropped: (jobId) => void (running.delete(jobId) && screen.redraw()),
    note: screen.print,
    close: screen.erase,
  };
}

/** The live lines at the end of a terminal; without one, only what is printed. */
function createScreen({ write, isTerminal, width, now }: DisplayOptions, running: Map<string, Running>) {
  let drawn = 0;
  let drawnAt = -Infinity;
  const erase = () => {
    // A terminal shows Ctrl-C where the cursor is, which is then no longer at the start of its line.
    if (drawn > 0) write(`\r\x1b[${drawn}A\x1b[0J`);
    drawn = 0;
  };
  const draw = () => {
    if (!isTerminal) return;
    erase();
    const lines = [...running.values()].map((job) => liveLine(job, now()).slice(0, width() - 1));
    write(lines.map((line) => `${line}\n`).join(""));
    drawn = lines.length;
    drawnAt = now();
  };
  return {
    erase,
    /** At most ten times a second. */
    redraw: () => now() - drawnAt >= REDRAW_MS && draw(),
    print(text: string) {
      erase();
      write(`${text}\n`);
      draw();
    },
  };
}

function rateOf(job: Running, now: number): number {
  const elapsed = (now - job.firstAt) / 1000;
  return elapsed > 0.2 ? (job.step - job.firstStep) / elapsed : 0;
}

function tail(job: Running, now: number): string {
  const rate = rateOf(job, now);
  const left = rate > 0 ? ` ${clock((job.steps - job.step) / rate)} left` : "";
  const loss = job.loss === undefined ? "" : `  loss ${job.loss.toPrecision(4)}`;
  return `${job.step}/${job.steps}  ${rate.toFixed(rate < 10 ? 1 : 0)}/s${left}${loss}`;
}

function liveLine(job: Running, now: number): string {
  const filled = Math.round(BAR * Math.min(1, job.step / Math.max(1, job.steps)));
  return `${job.label.padEnd(26)} ${"█".repeat(filled)}${"░".repeat(BAR - filled)} ${tail(job, now)}`;
}

function plainLine(job: Running, now: number): string {
  return `${job.label}: ${tail(job, now)}`;
}

function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
