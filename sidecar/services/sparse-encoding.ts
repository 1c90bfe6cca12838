import { SidecarError } from "../errors.ts";
import type { Lane } from "../runtime/lanes.ts";
import type { InputFacts, WeightsOutput } from "../runtime/model-result.ts";
import type { InferenceService } from "./inference.ts";
import type { RunTerms } from "./run-terms.ts";

/** Tokens and their weights: numbers that are 32-bit floats in at most 9 digits. */
export type SparseVector = Record<string, number>;

/** How a token is named: as it reads, or by its id. */
export const sparseFormats = ["WORD", "TOKEN_ID"] as const;

export type SparseFormat = (typeof sparseFormats)[number];

export interface SparseRequest {
	modelId: string;
	texts: readonly string[];
	lane: Lane;
	/** WORD if left out. */
	format?: SparseFormat;
	terms?: RunTerms;
}

/** A text's sparse vector, and how the text was read. */
export interface SparseEncoding extends InputFacts {
	vector: SparseVector;
}

/** Digits that bring every 32-bit float back exactly: IEEE 754 binary32 needs 9. */
const significantDigits = 9;

/** Texts to weights of tokens, by a SPARSE_ENCODING or SPARSE_TOKENIZE model that is deployed. */
export class SparseEncodingService {
	readonly #inference: InferenceService;

	constructor(inference: InferenceService) {
		this.#inference = inference;
	}

	/** The texts' sparse vectors in their order. @throws SidecarError */
	async sparse(request: SparseRequest): Promise<SparseVector[]> {
		return (await this.encode(request)).map(({ vector }) => vector);
	}

	/** {@link sparse}, with how each text was read. */
	async encode(request: SparseRequest): Promise<SparseEncoding[]> {
		const { modelId, texts, lane, format = "WORD", terms = {} } = request;
		const ready = await this.#inference.require(modelId, terms.deadline);
		const { spec, facts } = ready.loaded;
		const { vocabulary } = facts;
		if (vocabulary === undefined)
			throw new SidecarError(
				"bad_request",
				`model ${modelId} is for ${spec.functionName}, not for SPARSE_ENCODING or SPARSE_TOKENIZE`,
			);
		const results = await this.#inference.run(ready, {
			modelId,
			inputs: texts,
			lane,
			terms,
		});
		return results.map((result) => {
			if (result.kind === "weights") {
				const { tokens, truncated } = result;
				const vector = sparseVector(result, format, vocabulary);
				return { vector, tokens, truncated };
			}
			throw new SidecarError("internal", "a text came back without weights");
		});
	}
}

/**
 * Weights by what their tokens read as, or by their ids. Special tokens read as nothing and are words of no
 * text. Where two tokens read alike the larger weight counts.
 */
export function sparseVector(
	{ ids, weights }: Pick<WeightsOutput, "ids" | "weights">,
	format: SparseFormat,
	vocabulary: readonly string[],
): SparseVector {
	const named = new Map<string, number>();
	for (const [entry, id] of ids.entries()) {
		const name = format === "WORD" ? (vocabulary[id] ?? "") : String(id);
		if (name === "") continue;
		const weight = Number((weights[entry] ?? 0).toPrecision(significantDigits));
		named.set(name, Math.max(weight, named.get(name) ?? weight));
	}
	// Not by assignment: a token may be called __proto__.
	return Object.fromEntries(named);
}
