import { Admission } from "../services/admission.ts";
import { EmbeddingService } from "../services/embedding.ts";
import { InferenceService } from "../services/inference.ts";
import { announcePipelines } from "../services/pipeline-news.ts";
import { PredictionService } from "../services/prediction.ts";
import { RateLimits } from "../services/rate-limits.ts";
import { AnswerSteps } from "../services/search/answer-steps/answer-steps.ts";
import { ModelReranker } from "../services/search/answer-steps/rerank-by-model.ts";
import { SemanticHighlighter } from "../services/search/answer-steps/semantic-highlighter.ts";
import { SentenceFinder } from "../services/search/answer-steps/sentence-finder.ts";
import { DefaultModels } from "../services/search/default-models.ts";
import { EmbeddingSpaces } from "../services/search/embedding-spaces.ts";
import { FieldTypes } from "../services/search/field-types.ts";
import { HybridService } from "../services/search/hybrid-service.ts";
import { KnownModels } from "../services/search/known-models.ts";
import { QueryAnalysis } from "../services/search/query-analysis.ts";
import { QueryResolver } from "../services/search/query-resolver.ts";
import { SearchPipelineService } from "../services/search/search-pipelines.ts";
import { SearchService } from "../services/search/search-service.ts";
import { SearchedShards } from "../services/search/searched-shards.ts";
import { SemanticFields } from "../services/search/semantic-fields.ts";
import { SlowLog } from "../services/search/slow-log.ts";
import { SemanticIndices } from "../services/semantic/semantic-indices.ts";
import { SemanticMappings } from "../services/semantic/semantic-mappings.ts";
import { SemanticPipelines } from "../services/semantic/semantic-pipelines.ts";
import { SparseEncodingService } from "../services/sparse-encoding.ts";
import { BulkUpdates } from "../services/writes/bulk-updates.ts";
import { BulkWriter } from "../services/writes/bulk-writer.ts";
import { DocumentEmbedder } from "../services/writes/document-embedder.ts";
import { IngestService } from "../services/writes/ingest.ts";
import {
	type Forgetful,
	PipelineService,
} from "../services/writes/pipelines.ts";
import { Preview } from "../services/writes/preview.ts";
import { SpaceRecords } from "../services/writes/space-records.ts";
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
	const cacheMs = settings.SIDECAR_PIPELINE_CACHE_MS;
	const searchedShards = new SearchedShards({
		ttlMs: cacheMs,
		now,
	});
	const searchPipelines = new SearchPipelineService({
		store: stores.searchPipelines,
		cacheMs,
		now,
		logger,
		documentFieldsLimit: () =>
			clusterSettings.get("plugins.neural_search.reranker_max_document_fields"),
	});
	const models = new KnownModels({ models: stores.models, cacheMs, now });
	const fieldTypes = new FieldTypes({
		store: stores.fieldTypes,
		cacheMs,
		now,
		logger,
	});
	const spaces = new EmbeddingSpaces({
		store: stores.embeddingSpaces,
		models,
		check: settings.SIDECAR_EMBEDDING_SPACE_CHECK,
		cacheMs,
		now,
		logger,
	});
	const spaceRecords = new SpaceRecords({
		store: stores.embeddingSpaces,
		models,
		logger,
	});
	const related: Forgetful[] = [
		searchPipelines,
		searchedShards,
		fieldTypes,
		spaces,
		spaceRecords,
	];
	const pipelines = new PipelineService({
		store: stores.pipelines,
		cacheMs,
		now,
		announce: () => announcePipelines({ registry, peers, logger }),
		related,
	});
	const semanticPipelines = new SemanticPipelines(stores.pipelines, pipelines);
	const semanticParts = {
		models: stores.models,
		mappings: stores.semanticMappings,
		pipelines: semanticPipelines,
	};
	const semanticFields = new SemanticFields({
		mappings: stores.semanticMappings,
		pipelines: semanticPipelines,
		cacheMs,
		now,
	});
	related.push(semanticFields);
	const ingest = new IngestService({
		pipelines,
		spaceRecords,
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
		searchPipelines,
		semantic: {
			pipelines: semanticPipelines,
			indices: new SemanticIndices(semanticParts),
			mappings: new SemanticMappings(semanticParts),
		},
		semanticFields,
		ingest,
		writer: new BulkWriter(ingest),
		updates: new UpdateService({
			pipelines,
			ingest,
			embedsPartial: settings.SIDECAR_EMBED_PARTIAL_UPDATES,
		}),
		search: new SearchService({
			models: { embedding, sparseEncoding },
			pipelines: searchPipelines,
			hybrid: new HybridService({
				shards: searchedShards,
			}),
			answerSteps: new AnswerSteps({
				reranker: new ModelReranker({ inference, admission, textsLimit }),
				highlighter: new SemanticHighlighter(
					new SentenceFinder({ inference, embedding, admission, textsLimit }),
				),
				logger,
			}),
			resolver: new QueryResolver({
				fieldTypes,
				models,
				defaultModels: new DefaultModels({
					pipelines,
					enabled: settings.SIDECAR_DEFAULT_QUERY_MODELS,
				}),
				spaces,
				analysis: new QueryAnalysis(stores.analysis),
				semanticFields,
			}),
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
