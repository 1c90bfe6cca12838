import type { Difference } from "../ingest-cases/difference.ts";
import { differingErrors } from "./differing-errors.ts";
import { differingPipelines } from "./differing-pipelines.ts";
import { differingQueries } from "./differing-queries.ts";
import { differingSearches } from "./differing-searches.ts";

/** Everything that the sidecar answers in another way than neural-search. */
export const searchDifferences: readonly Difference[] = [
	...differingQueries,
	...differingErrors,
	...differingSearches,
	...differingPipelines,
];

/** Cases that are known to go wrong. One that goes right fails, so that it is taken out of here. */
export const pending: readonly string[] = [];
