import type { Processor } from "../../../ingest/processors/processor.ts";
import { prune } from "../../../ingest/processors/prune.ts";
import type { TextChunking } from "../../../ingest/processors/text-chunking.ts";
import { vectorJson } from "../../../ingest/vector-json.ts";
import { SidecarError } from "../../errors.ts";
import type { Admission } from "../admission.ts";
import { Deadline } from "../deadline.ts";
import type { EmbeddingService } from "../embedding.ts";
import type { RunTerms } from "../run-terms.ts";
import type { SparseEncodingService } from "../sparse-encoding.ts";
import type { TruncatedTexts } from "../truncated-texts.ts";
import type { ClientCall } from "./client-call.ts";

export interface StepTerms {
	signal: AbortSignal;
	/** Time for each call to a model, milliseconds; no bound without it. */
	timeoutMs?: number;
	truncated: TruncatedTexts;
	/** Asks OpenSearch in the client's name. */
	call: ClientCall;
	/** What the next call to a model does where its queue is full. */
	whenFull(modelId: string): "refuse" | "wait";
}

/** A processor that has a model. */
export type ModelProcessor = Exclude<Processor, TextChunking>;

/** Texts that a model is given at once. */
interface ModelCall {
	processor: ModelProcessor;
	texts: readonly string[];
	whenFull: "refuse" | "wait";
}

/** Texts of one call to a model, so that the largest document does not fill its queue alone. */
const textsAtOnce = 256;

/**
 * Results of one model for documents that are embedded together, bytes of their JSON: a small list of small texts has
 * large vectors. OpenSearch takes 100 MB in one request unless it is told to take more.
 */
export const mostResultBytes = 256 * 1024 * 1024;

export interface StepResultsOptions {
	admission: Admission;
	embedding: EmbeddingService;
	sparseEncoding: SparseEncodingService;
}

/** What the models of processors make of texts, as JSON. */
export class StepResults {
	readonly #options: StepResultsOptions;

	constructor(options: StepResultsOptions) {
		this.#options = options;
	}

	/**
	 * JSON texts, one for each text in order; fewer where they would take more memory than they may.
	 *
	 * @throws SidecarError
	 */
	async of(
		processor: ModelProcessor,
		texts: readonly string[],
		terms: StepTerms,
	): Promise<string[]> {
		const results: string[] = [];
		let bytes = 0;
		for (let start = 0; start < texts.length; start += textsAtOnce) {
			if (bytes > mostResultBytes) break;
			const call = {
				processor,
				texts: texts.slice(start, start + textsAtOnce),
				whenFull: terms.whenFull(processor.modelId),
			};
			for (const result of await this.#call(call, terms)) {
				results.push(result);
				bytes += result.length;
			}
		}
		return results;
	}

	/** What never fits into the model's queue is given to it in halves. */
	async #call(
		{ processor, texts, whenFull }: ModelCall,
		terms: StepTerms,
	): Promise<string[]> {
		const { signal, timeoutMs, truncated } = terms;
		try {
			return await this.#run(processor, texts, {
				signal,
				truncated,
				whenFull,
				...(timeoutMs !== undefined && { deadline: Deadline.after(timeoutMs) }),
			});
		} catch (error) {
			if (!isTooLarge(error) || texts.length === 1) throw error;
		}
		const half = Math.ceil(texts.length / 2);
		const first = { processor, texts: texts.slice(0, half), whenFull };
		const results = await this.#call(first, terms);
		const second = {
			processor,
			texts: texts.slice(half),
			whenFull: terms.whenFull(processor.modelId),
		};
		return [...results, ...(await this.#call(second, terms))];
	}

	async #run(
		processor: ModelProcessor,
		texts: readonly string[],
		terms: RunTerms,
	): Promise<string[]> {
		const { modelId } = processor;
		const { admission, embedding, sparseEncoding } = this.#options;
		const lane = "ingest";
		const pruning = "prune" in processor ? processor.prune : undefined;
		if (pruning) {
			await admission.check(modelId, undefined);
			const request = { modelId, texts, lane, terms } as const;
			const vectors = await sparseEncoding.sparse(request);
			return vectors.map((vector) => JSON.stringify(prune(vector, pruning)));
		}
		const embeddings = await embedding.embed({
			modelId,
			texts,
			lane,
			contentType: "passage",
			terms,
		});
		// Equal texts share a vector.
		const written = new Map<Float32Array, string>();
		return embeddings.map(({ vector }) => {
			const json = written.get(vector) ?? vectorJson(vector);
			written.set(vector, json);
			return json;
		});
	}
}

function isTooLarge(error: unknown): boolean {
	return error instanceof SidecarError && error.code === "too_large";
}
