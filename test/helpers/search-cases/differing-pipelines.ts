import { type Difference, refused } from "../ingest-cases/difference.ts";

/** What is answered to search pipelines. */
export const differingPipelines: readonly Difference[] = [
	{
		reason:
			"a model id that is no text is refused with the pipeline, and not with every search that runs through it",
		cases: {
			"pipelines / enricher: a field's model a number": refused(
				"[neural_field_default_id] holds no model id for the field [a]",
			),
		},
	},
];
