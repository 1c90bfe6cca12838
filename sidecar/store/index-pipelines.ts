import { isObject } from "../../ingest/json.ts";

/** Ids of pipelines; absent where nothing is said of them. An index may say that it has none, too: `_none`. */
export interface IndexPipelines {
	default?: string;
	final?: string;
}

/** What OpenSearch takes for no pipeline at all. */
export const noPipeline = "_none";

/** The pipelines in an index's or a template's settings, which are flat. */
export function readSettings(settings: unknown): IndexPipelines {
	if (!isObject(settings)) return {};
	return {
		...asPipeline("default", settings["index.default_pipeline"]),
		...asPipeline("final", settings["index.final_pipeline"]),
	};
}

function asPipeline(kind: keyof IndexPipelines, id: unknown): IndexPipelines {
	return typeof id === "string" ? { [kind]: id } : {};
}
