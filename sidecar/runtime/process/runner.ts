import type { RunOutput } from "../model-result.ts";
import type { Tokens } from "../session.ts";

/** What came of a run, and the time it took. */
export interface TimedOutput {
	output: RunOutput;
	micros: number;
}

/** What runs tokens, one input at a time. */
export interface Runner {
	readonly idle: boolean;
	/** Only while it is idle. */
	run(tokens: Tokens): Promise<TimedOutput>;
}
