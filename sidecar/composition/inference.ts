import { Admission } from "../services/admission.ts";
import { EmbeddingService } from "../services/embedding.ts";
import { InferenceService } from "../services/inference.ts";
import { announcePipelines } from "../services/pipeline-news.ts";
import { PredictionService } from "../services/prediction.ts";
import { RateLimits } from "../services/rate-limits.ts";
import { QueryResolver } from "../services/search/query-resolver.ts";
import { SearchService } from "../services/search/search-service.ts";
import { SlowLog } from "../services/search/slow-log.ts";
import { SparseEncodingService } from "../services/sparse-encoding.ts";
import { BulkUpdates } from "../services/writes/bulk-updates.ts";
import { BulkWriter } from "../services/writes/bulk-writer.ts";
import { DocumentEmbedder } from "../services/writes/document-embedder.ts";
import { IngestService } from "../services/writes/ingest.ts";
import { PipelineService } from "../services/writes/pipelines.ts";
import { Preview } from "../services/writes/preview.ts";
import { StepResults } from "../services/writes/step-results.ts";
import { StepWork } from "../services/writes/step-work.ts";
import { TextChunkingService } from "../services/writes/text-chunking.ts";
import { UpdateService } from "../services/writes/updates.ts";
import type { Foundation } from "./foundation.ts";
import type { Models } from "./models.ts";

/** What models are asked for: by predict, by writes and by searches. */
export type Inference = ReturnType<typeof buildInference>;

export function buildInference(foundation: Foundation, parts: Models) {
	const { settings, logger, stores, registry, clusterSettings, activity, now } =
		foundation;
	const { peers } = foundation;
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
	const sparseEncoding = new SparseEncodingService(inference);
	const pipelines = new PipelineService({
		store: stores.pipelines,
		cacheMs: settings.SIDECAR_PIPELINE_CACHE_MS,
		now,
		announce: () => announcePipelines({ registry, peers, logger }),
	});
	const ingest = new IngestService({
		pipelines,
		updates: new BulkUpdates({
			pipelines,
			embedsPartial: settings.SIDECAR_EMBED_PARTIAL_UPDATES,
		}),
		embedder: new DocumentEmbedder(
			new Preview(stores.pipelines),
			new StepWork(
				new StepResults({ admission, embedding, sparseEncoding }),
				new TextChunkingService(stores.analysis),
			),
		),
		groupBytes: settings.SIDECAR_BULK_GROUP_BYTES,
		groupDocuments: settings.SIDECAR_BULK_GROUP_DOCUMENTS,
	});
	const textsLimit = settings.SIDECAR_PREDICT_TEXTS_LIMIT;
	return {
		admission,
		inference,
		pipelines,
		ingest,
		writer: new BulkWriter(ingest),
		updates: new UpdateService({
			pipelines,
			ingest,
			embedsPartial: settings.SIDECAR_EMBED_PARTIAL_UPDATES,
		}),
		search: new SearchService({
			models: { embedding, sparseEncoding },
			resolver: new QueryResolver(),
			slowLog: new SlowLog({
				logger,
				thresholdMs: settings.SIDECAR_SLOW_REWRITE_MS,
				showsQueries: settings.SIDECAR_SLOW_REWRITE_QUERIES,
			}),
			textsLimit,
			timeoutMs: settings.SIDECAR_INFERENCE_TIMEOUT_MS,
		}),
		prediction: new PredictionService({
			admission,
			activity,
			inference,
			embedding,
			sparseEncoding,
			textsLimit,
		}),
	};
}
