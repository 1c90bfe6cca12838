import { bulkBodies } from "./bulk-bodies.ts";
import { bulkUpdates } from "./bulk-updates.ts";
import { bulks } from "./bulks.ts";
import type { IngestTopic } from "./case.ts";
import { chunkFields } from "./chunk-fields.ts";
import { chunks } from "./chunking.ts";
import { definitions } from "./definitions.ts";
import { fieldMaps } from "./field-maps.ts";
import { fieldValues } from "./field-values.ts";
import { inferences } from "./inference.ts";
import { nestedFailures } from "./nested-failures.ts";
import { nestedSimulations } from "./nested-simulations.ts";
import { otherProcessors } from "./other-processors.ts";
import { pipelineFailures } from "./pipeline-failures.ts";
import { pipelines } from "./pipelines.ts";
import { reindexing } from "./reindexing.ts";
import { simulations } from "./simulations.ts";
import { sparseVectors } from "./sparse.ts";
import { storedVectors } from "./stored-vectors.ts";
import { targetNames } from "./target-names.ts";
import { targets } from "./targets.ts";
import { updatePipelines } from "./update-pipelines.ts";
import { updates } from "./updates.ts";
import { writeOptions } from "./write-options.ts";

/** Everything that is compared with neural-search. */
export const ingestTopics: readonly IngestTopic[] = [
	fieldMaps,
	fieldValues,
	definitions,
	pipelines,
	pipelineFailures,
	nestedFailures,
	otherProcessors,
	storedVectors,
	targets,
	targetNames,
	writeOptions,
	bulks,
	bulkBodies,
	updates,
	bulkUpdates,
	updatePipelines,
	reindexing,
	sparseVectors,
	chunks,
	chunkFields,
	inferences,
	simulations,
	nestedSimulations,
];
