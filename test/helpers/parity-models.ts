import type {
	Precision,
	PublishedModel,
} from "../../sidecar/dev/model-artifact.ts";
import type { TextEmbeddingSpec } from "../../sidecar/runtime/model-spec.ts";

/** How a model is registered whose vectors are compared with those that ml-commons makes of the same file. */
export interface ParityModel {
	model: PublishedModel;
	precision: Precision;
	/** A text is embedded as each of these; one that tells them apart gets its prefix. */
	prefixes: readonly ParityPrefix[];
	poolingMode: TextEmbeddingSpec["poolingMode"];
}

export interface ParityPrefix {
	contentType: "query" | "passage" | "none";
	prefix: string;
}

const none = [{ contentType: "none", prefix: "" }] as const;

/** As its authors say that e5 wants its texts. */
const asymmetric = [
	{ contentType: "query", prefix: "query: " },
	{ contentType: "passage", prefix: "passage: " },
] as const;

const precisions = ["fp32", "int8"] as const;

export const parityModels: readonly ParityModel[] = precisions.flatMap(
	(precision) => [
		{
			model: "all-MiniLM-L6-v2",
			precision,
			prefixes: none,
			poolingMode: "MEAN",
		},
		{
			model: "bge-small-en-v1.5",
			precision,
			prefixes: none,
			poolingMode: "CLS",
		},
		{
			model: "e5-small-v2",
			precision,
			prefixes: asymmetric,
			poolingMode: "MEAN",
		},
	],
);

/** The `model_config` of one of them. */
export function parityConfig({ prefixes, poolingMode }: ParityModel) {
	const declared = prefixes.filter(({ contentType }) => contentType !== "none");
	return {
		model_type: "bert",
		embedding_dimension: 384,
		framework_type: "sentence_transformers",
		pooling_mode: poolingMode,
		normalize_result: true,
		...Object.fromEntries(
			declared.map(({ contentType, prefix }) => [
				`${contentType}_prefix`,
				prefix,
			]),
		),
	};
}
