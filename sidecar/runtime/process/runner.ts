import type { RunOutput } from "../model-result.ts";
import type { Tokens } from "../session.ts";

/** What came of a run, in the order of its inputs, and the time it took, microseconds. */
export interface TimedOutputs {
	outputs: RunOutput[];
	micros: number;
	/** The same with the way to the thread that runs and back. */
	elapsedMicros: number;
}

/** What runs tokens. */
export interface Runner {
	/** That a run takes. */
	readonly threads: number;
	/** Runs inputs together, of equal length if there are several: one run at a time. Rejects as a whole. */
	run(inputs: readonly Tokens[]): Promise<TimedOutputs>;
}
