import type { SemanticField } from "../../../ingest/semantic/semantic-field.ts";
import { SidecarError } from "../../errors.ts";
import {
	checkNeuralQuery,
	imagesUnsupported,
	knnRenderers,
	notEnriched,
	refuseFieldType,
} from "../../search/queries/neural-query.ts";
import { isBlank } from "../../search/queries/query-options.ts";
import type { TokenWeights } from "../../search/queries/rank-features.ts";
import {
	checkSemanticQuery,
	semanticRenderers,
} from "../../search/queries/semantic-query.ts";
import {
	checkTokenization,
	refuseSparseField,
	tokenRenderers,
} from "../../search/queries/sparse-query.ts";
import type {
	QueryResult,
	RenderedQuery,
	ResolvedQuery,
	TextQuery,
} from "../../search/queries/text-query.ts";
import { secondPhase, split } from "../../search/queries/two-phase.ts";
import type { DefaultModels } from "./default-models.ts";
import type { EmbeddingSpaces } from "./embedding-spaces.ts";
import { certain, type FieldTypes, type TypesByIndex } from "./field-types.ts";
import type { KnownModels } from "./known-models.ts";
import type { QueryAnalysis } from "./query-analysis.ts";
import type { QueryContext } from "./query-context.ts";
import type { SemanticFields } from "./semantic-fields.ts";

export interface QueryResolverOptions {
	fieldTypes: FieldTypes;
	models: KnownModels;
	defaultModels: DefaultModels;
	spaces: EmbeddingSpaces;
	analysis: QueryAnalysis;
	semanticFields: SemanticFields;
}

/** A query where it stands, and how its field is mapped there. */
interface Placed {
	query: TextQuery;
	context: QueryContext;
	/** By index; nothing where it is not known. */
	types: TypesByIndex;
}

/** Finds out what OpenSearch is sent instead of a query. */
export class QueryResolver {
	readonly #options: QueryResolverOptions;

	constructor(options: QueryResolverOptions) {
		this.#options = options;
	}

	/** @throws SidecarError for a query that is not valid where it stands */
	async resolve(
		query: TextQuery,
		context: QueryContext,
	): Promise<ResolvedQuery> {
		const { target, pointInTime } = context;
		const isKnown = target !== undefined || !pointInTime;
		const types: TypesByIndex = isKnown
			? certain(await this.#options.fieldTypes.of(target, query.field), target)
			: new Map();
		const placed = { query, context, types };
		if (query.name === "neural_sparse") {
			if (types.size > 0 && !hasType(types, "rank_features"))
				refuseSparseField();
			return this.#byTokens(placed);
		}
		const semantic = isKnown
			? await this.#options.semanticFields.lookup(target, query.field)
			: undefined;
		if (semantic) return this.#semantic(query, semantic, context);
		if (isFeatures(types)) return this.#byTokens(placed);
		for (const type of types.values())
			if (type && type.type !== "knn_vector") refuseFieldType(query.field);
		return this.#byVector(placed);
	}

	async #semantic(
		query: TextQuery,
		field: SemanticField,
		context: QueryContext,
	): Promise<ResolvedQuery> {
		checkSemanticQuery(query, field);
		const { tokens, text = "" } = query;
		const ofTokens = (weights: TokenWeights): ResolvedQuery => ({
			query,
			wanted: undefined,
			render: () => ({
				renderers: semanticRenderers(query, field, { form: "tokens", weights }),
			}),
		});
		if (tokens) return ofTokens(tokens);
		const named = query.modelId ?? context.enriched(query.field);
		const analyzer =
			query.analyzer ?? (named === undefined ? field.analyzer : undefined);
		const { target } = context;
		if (analyzer !== undefined) {
			const types = await this.#options.fieldTypes.of(
				target,
				field.vectorField,
			);
			return ofTokens(
				await this.#analyzed({ query, types, context }, analyzer),
			);
		}
		if (isBlank(text)) throw imagesUnsupported();
		const { models, spaces, fieldTypes } = this.#options;
		const model = await models.get(named ?? field.searchModelId);
		const form = field.kind === "dense" ? "vector" : "tokens";
		const types = await fieldTypes.of(target, field.vectorField);
		return {
			query,
			wanted: { modelId: model.id, text, form },
			warnings: await spaces.check({
				target,
				field: field.vectorField,
				types,
				model,
			}),
			render(result) {
				if (!result)
					throw new SidecarError("internal", "a neural query has no result");
				return { renderers: semanticRenderers(query, field, result) };
			},
		};
	}

	async #byVector(placed: Placed): Promise<ResolvedQuery> {
		const { query, types, context } = placed;
		const modelId = await this.#modelOf(placed);
		if (modelId === undefined && context.enriches) throw notEnriched();
		checkNeuralQuery(query, modelId);
		const { text } = query;
		if (modelId === undefined || text === undefined || isBlank(text))
			throw imagesUnsupported();
		const { models, spaces } = this.#options;
		const model = await models.get(modelId);
		const { target } = context;
		const { field } = query;
		return {
			query,
			wanted: { modelId, text, form: "vector" },
			warnings: await spaces.check({ target, field, types, model }),
			render(result) {
				if (result?.form !== "vector")
					throw new SidecarError("internal", "a neural query has no vector");
				return { renderers: knnRenderers(query, result.json) };
			},
		};
	}

	async #byTokens(placed: Placed): Promise<ResolvedQuery> {
		const { query, context } = placed;
		const { tokens, text, analyzer } = query;
		const render = (weights: TokenWeights) =>
			renderTokens(query, weights, context);
		if (tokens)
			return { query, wanted: undefined, render: () => render(tokens) };
		const modelId = await this.#modelOf(placed);
		checkTokenization(query, modelId);
		if (analyzer !== undefined) {
			const weights = await this.#analyzed(placed, analyzer);
			return { query, wanted: undefined, render: () => render(weights) };
		}
		const model = await this.#options.models.get(modelId ?? "");
		return {
			query,
			wanted: { modelId: model.id, text: text ?? "", form: "tokens" },
			render: (result) => render(weightsOf(result)),
		};
	}

	#analyzed({ query, types }: Placed, analyzer: string): Promise<TokenWeights> {
		const indices = [...types].flatMap(([index, type]) =>
			type?.type === "rank_features" ? index : [],
		);
		return this.#options.analysis.weights(query.text ?? "", analyzer, indices);
	}

	/** The query's own model, else the pipeline's, else the one by which the field's vectors are made. */
	async #modelOf({
		query,
		context,
		types,
	}: Placed): Promise<string | undefined> {
		const { field, modelId, analyzer } = query;
		const named = modelId ?? context.enriched(field);
		if (named !== undefined || analyzer !== undefined) return named;
		return this.#options.defaultModels.of(field, types);
	}
}

/** Whether a `neural` query is one for tokens: neural-search refuses it there, and asks for `neural_sparse`. */
function isFeatures(types: TypesByIndex): boolean {
	const mapped = [...types.values()].filter((type) => type !== undefined);
	return (
		mapped.length > 0 && mapped.every(({ type }) => type === "rank_features")
	);
}

function hasType(types: TypesByIndex, name: string): boolean {
	return [...types.values()].some((type) => type?.type === name);
}

function weightsOf(result: QueryResult | undefined): TokenWeights {
	if (result?.form === "tokens") return result.weights;
	throw new SidecarError("internal", "a query for tokens has none");
}

/** The heavy tokens stand where the query stood, the light ones are looked at behind; all of them, without two phases. */
function renderTokens(
	query: TextQuery,
	weights: TokenWeights,
	{ twoPhase }: QueryContext,
): RenderedQuery {
	if (!twoPhase?.boosts.has(query.clause.node))
		return { renderers: tokenRenderers(query, weights) };
	const { heavy, light } = split(weights, twoPhase.prune);
	const phase = secondPhase(query, light, twoPhase);
	return {
		renderers: tokenRenderers(query, heavy),
		...(phase && { secondPhase: phase }),
	};
}
