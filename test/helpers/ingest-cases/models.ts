import { join } from "node:path";
import type { FunctionName } from "../../../schemas/model.ts";
import type { ModelArtifact } from "../../../sidecar/dev/model-artifact.ts";
import { partsOf, twoOutputsGraph, zip } from "../function-models.ts";

/** A model of the cases, as it is registered. */
export interface IngestModel {
	archive: ModelArtifact;
	functionName: FunctionName;
	config: object | null;
}

export type IngestModels = Readonly<
	Record<"dense" | "tiny" | "sparse", IngestModel>
>;

/** Weights of words: what is not here weighs 1. All the same on every processor, and no two alike. */
const weights = {
	a: 0.125,
	small: 2.5,
	cat: 3.75,
	and: 0.0625,
	red: 1.5,
	wine: 4.25,
	running: 2.25,
	shoes: 3.5,
};

/**
 * The models of the cases: all-MiniLM-L6-v2, one that gives the mean of a text's token ids, and a sparse one that looks
 * its weights up.
 */
export async function makeIngestModels(
	miniLm: ModelArtifact,
	folder: string,
): Promise<IngestModels> {
	const { tokenizer } = await partsOf(miniLm.zipPath);
	const make = (name: string, files: Readonly<Record<string, Buffer>>) =>
		zip(join(folder, `${name}.zip`), { ...files, "tokenizer.json": tokenizer });
	const bert = {
		model_type: "bert",
		framework_type: "sentence_transformers",
		pooling_mode: "mean",
	};
	return {
		dense: {
			archive: miniLm,
			functionName: "TEXT_EMBEDDING",
			config: { ...bert, embedding_dimension: 384, normalize_result: true },
		},
		tiny: {
			archive: await make("tiny", { "model.onnx": twoOutputsGraph() }),
			functionName: "TEXT_EMBEDDING",
			config: { ...bert, embedding_dimension: 2 },
		},
		sparse: {
			archive: await make("sparse", {
				"idf.json": Buffer.from(JSON.stringify(weights)),
			}),
			functionName: "SPARSE_TOKENIZE",
			config: null,
		},
	};
}
