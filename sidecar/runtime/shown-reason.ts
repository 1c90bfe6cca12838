import { dirname, sep } from "node:path";
import type { ModelSpec } from "./model-spec.ts";

/** A reason with the names of a model's files in it, and without the folder that they are in on this machine. */
export function shownReason(reason: string, spec: ModelSpec): string {
	return [dirname(spec.modelPath), dirname(spec.tokenizerPath)].reduce(
		(shown, folder) =>
			shown.replaceAll(folder + sep, "").replaceAll(folder, "."),
		reason,
	);
}
