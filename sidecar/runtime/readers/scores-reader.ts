import { requireFinite } from "./finite.ts";
import type { OutputReader } from "./output-reader.ts";
import { rowReader } from "./row-reader.ts";

/** Reads a pair's scores as they are, one for each label that the model knows: most know one. */
export function scoresReader(): OutputReader {
	return rowReader("the scores of a pair of texts", (values) => {
		requireFinite(values, "score");
		return { kind: "vector", vector: values.slice() };
	});
}
