import { Admission } from "../services/admission.ts";
import { DocumentEmbedder } from "../services/document-embedder.ts";
import { EmbeddingService } from "../services/embedding.ts";
import { InferenceService } from "../services/inference.ts";
import { IngestService } from "../services/ingest.ts";
import { PipelineService } from "../services/pipelines.ts";
import { PredictionService } from "../services/prediction.ts";
import { Preview } from "../services/preview.ts";
import { RateLimits } from "../services/rate-limits.ts";
import { SearchService } from "../services/search.ts";
import { SparseEncodingService } from "../services/sparse-encoding.ts";
import type { Foundation } from "./foundation.ts";
import type { Models } from "./models.ts";

/** What models are asked for: by predict, by writes and by searches. */
export type Inference = ReturnType<typeof buildInference>;

export function buildInference(foundation: Foundation, parts: Models) {
	const { settings, logger, stores, registry, clusterSettings, activity, now } =
		foundation;
	const { deployments } = parts;
	const admission = new Admission({
		models: stores.models,
		controllers: stores.controllers,
		limits: new RateLimits(),
		liveNodes: () => registry.alive().length,
		controllersEnabled: () =>
			clusterSettings.get("plugins.ml_commons.controller_enabled"),
		now,
		logger,
	});
	const inference = new InferenceService({ deployments, activity });
	const embedding = new EmbeddingService(inference, admission);
	const pipelines = new PipelineService({
		store: stores.pipelines,
		cacheMs: settings.SIDECAR_PIPELINE_CACHE_MS,
		now,
	});
	const textsLimit = settings.SIDECAR_PREDICT_TEXTS_LIMIT;
	return {
		admission,
		inference,
		pipelines,
		ingest: new IngestService({
			pipelines,
			embedder: new DocumentEmbedder(new Preview(stores.pipelines), embedding),
			groupBytes: settings.SIDECAR_BULK_GROUP_BYTES,
			groupDocuments: settings.SIDECAR_BULK_GROUP_DOCUMENTS,
		}),
		search: new SearchService({
			embedding,
			textsLimit,
			timeoutMs: settings.SIDECAR_INFERENCE_TIMEOUT_MS,
		}),
		prediction: new PredictionService({
			admission,
			activity,
			inference,
			embedding,
			sparseEncoding: new SparseEncodingService(inference),
			textsLimit,
		}),
	};
}
