import { performance } from "node:perf_hooks";
import type { ModelConfig } from "../../schemas/model.ts";
import { SidecarError } from "../errors.ts";
import type { Metrics } from "../metrics.ts";
import type { Lane } from "../runtime/lanes.ts";
import type { Embedding } from "../runtime/model-spec.ts";
import type { DeploymentService } from "./deployments.ts";

/** What a text is for a model that tells the two apart by a prefix. */
export type ContentType = "query" | "passage";

export interface EmbedRequest {
	modelId: string;
	texts: readonly string[];
	lane: Lane;
	contentType: ContentType;
	signal?: AbortSignal;
}

export interface EmbeddingOptions {
	deployments: DeploymentService;
	metrics: Metrics;
}

/** Texts to vectors, by a model that is deployed; each distinct text of a request is embedded once. */
export class EmbeddingService {
	readonly #options: EmbeddingOptions;

	constructor(options: EmbeddingOptions) {
		this.#options = options;
	}

	/** The texts' embeddings in their order. @throws SidecarError */
	async embed(request: EmbedRequest): Promise<Embedding[]> {
		const { modelId, texts, lane, contentType, signal } = request;
		const { deployments, metrics } = this.#options;
		const { loaded, config } = await deployments.require(modelId);
		const prefix = prefixOf(config, contentType);
		const distinct = [...new Set(texts)];
		const labels = { model_id: modelId, lane };
		const start = performance.now();
		let embeddings: Embedding[];
		try {
			embeddings = await loaded.embed(
				distinct.map((text) => prefix + text),
				{ lane, ...(signal && { signal }) },
			);
		} catch (error) {
			metrics.failures.inc(labels);
			throw error;
		}
		metrics.embeddings.observe(labels, (performance.now() - start) / 1000);
		metrics.texts.inc(labels, distinct.length);
		metrics.tokens.inc(labels, sum(embeddings.map(({ tokens }) => tokens)));
		metrics.truncated.inc(
			labels,
			embeddings.filter(({ truncated }) => truncated).length,
		);
		const byText = new Map(
			distinct.map((text, index) => [text, embeddings[index]]),
		);
		return texts.map((text) => {
			const embedding = byText.get(text);
			if (!embedding)
				throw new SidecarError("internal", "a text came back without a vector");
			return embedding;
		});
	}
}

function prefixOf(config: ModelConfig, contentType: ContentType): string {
	const prefix =
		contentType === "query" ? config.query_prefix : config.passage_prefix;
	return prefix ?? "";
}

function sum(numbers: readonly number[]): number {
	return numbers.reduce((total, number) => total + number, 0);
}
