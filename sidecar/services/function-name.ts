import { SidecarError } from "../errors.ts";

/** What models can be for, as ml-commons names it. */
const functionNames = [
	"TEXT_EMBEDDING",
	"SPARSE_ENCODING",
	"SPARSE_TOKENIZE",
	"TEXT_SIMILARITY",
	"QUESTION_ANSWERING",
	"REMOTE",
	"AGENT",
	"CONNECTOR",
	"KMEANS",
	"LINEAR_REGRESSION",
	"LOGISTIC_REGRESSION",
	"LOCAL_SAMPLE_CALCULATOR",
	"METRICS_CORRELATION",
	"ANOMALY_LOCALIZATION",
	"RCF_SUMMARIZE",
	"FIT_RCF",
	"BATCH_RCF",
	"AD_LIBSVM",
	"SAMPLE_ALGO",
];

/** A function name of ml-commons, in any case. @throws SidecarError bad_request */
export function readFunctionName(name: string): string {
	const known = functionNames.find((known) => known === name.toUpperCase());
	if (!known) throw new SidecarError("bad_request", "Wrong function name");
	return known;
}

/** @throws SidecarError bad_request for another function than the one that is implemented */
export function requireTextEmbedding(name: string): void {
	if (readFunctionName(name) !== "TEXT_EMBEDDING")
		throw new SidecarError(
			"bad_request",
			`function_name ${name} is not supported: only TEXT_EMBEDDING is`,
		);
}
