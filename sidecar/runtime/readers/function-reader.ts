import { SidecarError } from "../../errors.ts";
import type { ModelSpec } from "../model-spec.ts";
import { embeddingReader } from "./embedding-reader.ts";
import type { OutputReader } from "./output-reader.ts";
import { scoresReader } from "./scores-reader.ts";
import { spanReader } from "./span-reader.ts";
import { weightsReader } from "./weights-reader.ts";

/** The reader for a model. Throws `bad_request` for a function that runs no graph. */
export function functionReader(spec: ModelSpec): OutputReader {
	switch (spec.functionName) {
		case "TEXT_EMBEDDING":
			return embeddingReader(spec);
		case "SPARSE_ENCODING":
			return weightsReader();
		case "TEXT_SIMILARITY":
			return scoresReader();
		case "QUESTION_ANSWERING":
			return spanReader();
		case "SPARSE_TOKENIZE":
			throw new SidecarError(
				"bad_request",
				"a SPARSE_TOKENIZE model runs no graph",
			);
	}
}
