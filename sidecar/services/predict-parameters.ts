import type { ModelConfig } from "../../schemas/model.ts";
import type { PredictRequest } from "../../schemas/predict.ts";
import { SidecarError } from "../errors.ts";
import type { ContentType } from "./embedding.ts";
import { type SparseFormat, sparseFormats } from "./sparse-encoding.ts";

const contentTypes = ["QUERY", "PASSAGE"] as const;

/**
 * Which prefix a request asks for. Like ml-commons, a model with prefixes has to be told what its texts are,
 * and one without them can't be.
 *
 * @throws SidecarError bad_request
 */
export function readContentType(
	{ parameters }: PredictRequest,
	config: Pick<ModelConfig, "query_prefix" | "passage_prefix">,
): ContentType {
	const asymmetric =
		config.query_prefix !== undefined || config.passage_prefix !== undefined;
	const contentType = readName(parameters, "content_type", contentTypes);
	if (asymmetric && parameters === undefined)
		throw new SidecarError(
			"bad_request",
			"The embedding model chosen is asymmetric. To use it, you must declare whether the input is of type `QUERY` or of type `PASSAGE`.",
		);
	if (!asymmetric && contentType !== undefined)
		throw new SidecarError(
			"bad_request",
			"When passing AsymmetricTextEmbeddingParameters, the model requires to be registered with at least one of `query_prefix` or `passage_prefix`.",
		);
	return contentType === "PASSAGE" ? "passage" : "query";
}

/** How a sparse model's tokens are to be named. @throws SidecarError bad_request */
export function readSparseFormat({ parameters }: PredictRequest): SparseFormat {
	return (
		readName(parameters, "sparse_embedding_format", sparseFormats) ?? "WORD"
	);
}

/** One of some names, in any case; undefined where there is none. */
function readName<Name extends string>(
	parameters: PredictRequest["parameters"],
	field: string,
	names: readonly Name[],
): Name | undefined {
	const value = parameters?.[field];
	if (value === undefined) return undefined;
	const known = names.find((name) => name === String(value).toUpperCase());
	if (known === undefined)
		throw new SidecarError(
			"bad_request",
			`parameters.${field} is ${JSON.stringify(value)}, it can be ${names.join(" or ")}`,
		);
	return known;
}
