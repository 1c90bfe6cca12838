import { requireFinite } from "./finite.ts";
import type { OutputReader } from "./output-reader.ts";
import { rowReader } from "./row-reader.ts";

/** Reads the weights that are not 0, with the tokens they are for. Activation and maximum are the graph's business. */
export function weightsReader(): OutputReader {
	return rowReader("a weight for each token of the vocabulary", (values) => {
		let count = 0;
		for (const value of values) if (value !== 0) count++;
		const ids = new Int32Array(count);
		const weights = new Float32Array(count);
		let entry = 0;
		for (let id = 0; id < values.length; id++) {
			const value = values[id] ?? 0;
			if (value === 0) continue;
			ids[entry] = id;
			weights[entry++] = value;
		}
		requireFinite(weights, "row of weights");
		return { kind: "weights", ids, weights };
	});
}
