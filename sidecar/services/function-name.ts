import { type FunctionName, functionNames } from "../../schemas/model.ts";
import { SidecarError } from "../errors.ts";

/** What else models can be for in ml-commons, as it names it. */
const foreignNames = [
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
	const known = [...functionNames, ...foreignNames].find(
		(known) => known === name.toUpperCase(),
	);
	if (!known) throw new SidecarError("bad_request", "Wrong function name");
	return known;
}

/** The function of a model that is to be registered, in any case. @throws SidecarError bad_request */
export function readModelFunction(name: string): FunctionName {
	const known = readFunctionName(name);
	const supported = functionNames.find((supported) => supported === known);
	if (!supported)
		throw new SidecarError(
			"bad_request",
			`function_name ${name} is not supported: ${functionNames.join(", ")} are`,
		);
	return supported;
}
