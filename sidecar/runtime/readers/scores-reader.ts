import { requireFinite } from "./finite.ts";
import type { OutputReader } from "./output-reader.ts";
import { RowWidth, rowOutput } from "./row-output.ts";

const meaning = "the scores of a pair of texts";

/** Reads a pair's scores as they are, one for each label that the model knows: most know one. */
export function scoresReader(): OutputReader {
	const width = new RowWidth();
	return {
		choose: (outputs) => [rowOutput(outputs, meaning)],
		read(outputs) {
			const { values } = rowOutput(outputs, meaning);
			width.check(values.length);
			requireFinite(values, "score");
			return { kind: "vector", vector: values.slice() };
		},
	};
}
