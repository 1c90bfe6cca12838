import { byFields } from "./by-field.ts";
import type { SearchTopic } from "./case.ts";
import { endpoints } from "./endpoints.ts";
import { enriching } from "./enriching.ts";
import { highlighting } from "./highlighting.ts";
import { hybridBasics } from "./hybrid-basics.ts";
import { hybridErrors } from "./hybrid-errors.ts";
import { hybridFeatures } from "./hybrid-features.ts";
import { hybridTechniques } from "./hybrid-techniques.ts";
import { neurals } from "./neural.ts";
import { neuralErrors } from "./neural-errors.ts";
import { pipelines } from "./pipelines.ts";
import { places } from "./places.ts";
import { reranks } from "./rerank.ts";
import { ranks } from "./rrf.ts";
import { semanticFields } from "./semantic-fields.ts";
import { sparses } from "./sparse.ts";
import { twoPhases } from "./two-phase.ts";

/** Everything that is compared with neural-search. */
export const searchTopics: readonly SearchTopic[] = [
	neurals,
	neuralErrors,
	places,
	sparses,
	twoPhases,
	hybridBasics,
	hybridTechniques,
	hybridFeatures,
	hybridErrors,
	ranks,
	enriching,
	reranks,
	byFields,
	semanticFields,
	highlighting,
	pipelines,
	endpoints,
];
