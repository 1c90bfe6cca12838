import type { SeenOutput } from "../model-graph.ts";
import type { RunOutput } from "../model-result.ts";

/** An output with what is in it: row-major, one input in the batch. */
export interface FilledOutput extends SeenOutput {
	values: Float32Array;
}

/** What a function makes of a graph's outputs. */
export interface OutputReader {
	/**
	 * Those that are read, of all that a first run gave. Throws `bad_request` where the graph does not fit the
	 * function.
	 */
	choose(outputs: readonly SeenOutput[]): readonly SeenOutput[];
	/**
	 * What came of a run of so many tokens; the outputs are those chosen, in their order. Throws `bad_request`
	 * where they do not fit, `inference_failed` for a value that is no number.
	 */
	read(outputs: readonly FilledOutput[], tokens: number): RunOutput;
}
