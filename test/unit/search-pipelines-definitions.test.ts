import { describe, expect, it } from "vitest";
import { InvalidDefinition } from "../../ingest/invalid-definition.ts";
import { SidecarError } from "../../sidecar/errors.ts";
import {
	type ProcessorList,
	readSearchPipeline,
} from "../../sidecar/search/pipelines/pipeline-definition.ts";
import type { SearchPipeline } from "../../sidecar/search/pipelines/search-pipeline.ts";

const limits = { documentFields: 50 };
const illegal = "illegal_argument_exception";
const parse = "parse_exception";

function read(
	list: ProcessorList,
	...processors: readonly object[]
): SearchPipeline | undefined {
	return readSearchPipeline({ [list]: processors }, limits);
}

function refusalOf(list: ProcessorList, ...processors: readonly object[]) {
	try {
		read(list, ...processors);
	} catch (error) {
		if (error instanceof InvalidDefinition || error instanceof SidecarError)
			return { type: error.type, reason: error.message };
		throw error;
	}
	return undefined;
}

/** What neural-search 3.6 answers to definitions that are not valid. */
function refuses(
	list: ProcessorList,
	name: string,
	cases: readonly (readonly [options: unknown, type: string, reason: string])[],
): void {
	it.each(cases)("%j", (options, type, reason) => {
		expect(refusalOf(list, { [name]: options })).toEqual({ type, reason });
	});
}

const unsupported = (name: string, keys: string) =>
	`processor [${name}] doesn't support one or more provided configuration parameters: [${keys}]`;
const notA = (kind: string, name: string, type: string) =>
	`[${name}] property isn't a ${kind}, but of type [java.${type}]`;

describe("a neural_query_enricher", () => {
	const list = "request_processors";
	const name = "neural_query_enricher";

	it("names models by field, and one for the other fields", () => {
		const pipeline = read(list, {
			[name]: {
				default_model_id: "m",
				neural_field_default_id: { a: "n", b: null },
				tag: "t",
			},
		});
		expect(pipeline?.request).toEqual([
			{
				kind: "enricher",
				defaultModelId: "m",
				fieldModelIds: new Map([["a", "n"]]),
				tag: "t",
				ignoreFailure: false,
			},
		]);
	});

	describe("is refused as neural-search refuses it", () => {
		const neither =
			"model Id or neural info map either of them should be provided";
		refuses(list, name, [
			[{}, illegal, neither],
			[{ default_model_id: null }, illegal, neither],
			[
				{ default_model_id: 5 },
				parse,
				notA("string", "default_model_id", "lang.Integer"),
			],
			[
				{ neural_field_default_id: [1] },
				parse,
				notA("map", "neural_field_default_id", "util.ArrayList"),
			],
			[
				{ default_model_id: "a", foo: 1, bar: 2 },
				parse,
				unsupported(name, "bar, foo"),
			],
			[
				{ default_model_id: "a", tag: "t", if: "x" },
				parse,
				unsupported(`${name}:t`, "if"),
			],
			[
				{ default_model_id: "a", ignore_failure: "yes" },
				parse,
				notA("boolean", "ignore_failure", "lang.String"),
			],
			[
				{ default_model_id: "a", tag: 5 },
				parse,
				notA("string", "tag", "lang.Integer"),
			],
		]);
	});

	it("is refused where it names what can't be a model", () => {
		const refusal = refusalOf(list, {
			[name]: { neural_field_default_id: { a: 5 } },
		});
		expect(refusal?.reason).toContain("[a]");
	});

	it.each([null, [], "text"])("is refused with the options %j", (options) => {
		expect(refusalOf(list, { [name]: options })?.type).toBe(parse);
	});
});

describe("a neural_sparse_two_phase_processor", () => {
	const list = "request_processors";
	const name = "neural_sparse_two_phase_processor";
	const withParameters = (two_phase_parameter: object) => ({
		[name]: { two_phase_parameter },
	});

	it("has neural-search's defaults", () => {
		expect(read(list, { [name]: {} })?.request).toEqual([
			{
				kind: "twoPhase",
				enabled: true,
				prune: { type: "max_ratio", ratio: Math.fround(0.4) },
				expansionRate: 5,
				maxWindowSize: 10_000,
				tag: undefined,
				ignoreFailure: false,
			},
		]);
	});

	it("takes every type of pruning, and fractions of a window for none", () => {
		const pipeline = read(
			list,
			withParameters({ prune_type: "top_k", prune_ratio: 3 }),
			withParameters({ prune_type: "", max_window_size: 60.7, other: 1 }),
			{ [name]: { enabled: false, two_phase_parameter: null } },
		);
		expect(pipeline?.request).toMatchObject([
			{ prune: { type: "top_k", ratio: 3 } },
			{ prune: { type: "none" }, maxWindowSize: 60 },
			{ enabled: false },
		]);
	});

	describe("is refused as neural-search refuses it", () => {
		refuses(list, name, [
			[{ enabled: "true" }, parse, notA("boolean", "enabled", "lang.String")],
			[
				{ two_phase_parameter: "x" },
				parse,
				notA("map", "two_phase_parameter", "lang.String"),
			],
			[{ foo: 1, tag: "t" }, parse, unsupported(`${name}:t`, "foo")],
			[
				{ two_phase_parameter: { prune_type: "MAX_RATIO" } },
				illegal,
				"Unknown prune type: MAX_RATIO",
			],
			[
				{ two_phase_parameter: { prune_ratio: 7.1234567 } },
				illegal,
				"Illegal prune_ratio 7.123456 for prune_type: max_ratio. prune_ratio should be in the range [0, 1).",
			],
			[
				{ two_phase_parameter: { prune_type: "top_k" } },
				illegal,
				"Illegal prune_ratio 0.400000 for prune_type: top_k. prune_ratio should be positive integer.",
			],
			[
				{ two_phase_parameter: { prune_type: "abs_value", prune_ratio: -1 } },
				illegal,
				"Illegal prune_ratio -1.000000 for prune_type: abs_value. prune_ratio should be non-negative.",
			],
			[
				{ two_phase_parameter: { expansion_rate: 0.5, max_window_size: 3 } },
				illegal,
				"The two_phase_parameter.expansion_rate must >= 1.0. Received: 0.500000",
			],
			[
				{ two_phase_parameter: { max_window_size: 49 } },
				illegal,
				"The two_phase_parameter.max_window_size must >= 50. Received: \n49",
			],
		]);
	});

	it.each(["prune_ratio", "expansion_rate", "max_window_size"])(
		"is refused with a text for %s",
		(parameter) => {
			const refusal = refusalOf(list, withParameters({ [parameter]: "3" }));
			expect(refusal?.reason).toContain(`[two_phase_parameter.${parameter}]`);
		},
	);
});

describe("a normalization-processor", () => {
	const list = "phase_results_processors";
	const name = "normalization-processor";
	const bounds = (lower_bounds: unknown) => ({
		normalization: { parameters: { lower_bounds } },
	});
	const weights = (values: unknown) => ({
		combination: { parameters: { weights: values } },
	});
	const combinationOf = (options: object) =>
		read(list, { [name]: options })?.combination;

	it("has neural-search's defaults", () => {
		expect(combinationOf({})).toEqual({
			kind: "normalization",
			normalization: "min_max",
			lowerBounds: undefined,
			upperBounds: undefined,
			combination: "arithmetic_mean",
			weights: [],
		});
	});

	it("takes bounds, each with its defaults", () => {
		const parameters = {
			lower_bounds: [{ mode: "CLIP", min_score: "0.5" }, {}],
			upper_bounds: [{ mode: "ignore", max_score: null }],
		};
		expect(combinationOf({ normalization: { parameters } })).toMatchObject({
			lowerBounds: [
				{ mode: "clip", score: 0.5 },
				{ mode: "apply", score: 0 },
			],
			upperBounds: [{ mode: "ignore", score: 1 }],
		});
	});

	it.each([[[0.3, 0.7]], [[0.5, 0.51]], [[0.33, 0.33, 0.33]], [[0, 1]], [[1]]])(
		"takes the weights %j as 32-bit floats",
		(values) => {
			expect(combinationOf(weights(values))).toMatchObject({
				weights: values.map(Math.fround),
			});
		},
	);

	it("takes the ranks for scores, as neural-search does by that technique", () => {
		const normalization = {
			technique: "rrf",
			parameters: { rank_constant: 5 },
		};
		expect(combinationOf({ normalization })).toEqual({
			kind: "rrf",
			rankConstant: 5,
			combination: "arithmetic_mean",
			weights: [],
		});
	});

	it("is the one that counts where it is the first of two", () => {
		const pipeline = read(
			list,
			{ [name]: { normalization: { technique: "l2" } } },
			{ "score-ranker-processor": {} },
		);
		expect(pipeline?.combination).toMatchObject({ normalization: "l2" });
	});

	describe("is refused as neural-search refuses it", () => {
		const unknown = "unrecognized parameters in normalization technique";
		const other =
			"provided parameter for combination technique is not supported. supported parameters are [weights]";
		const noNumbers = "parameter [weights] must be a collection of numbers";
		const sum = (submitted: string) =>
			`sum of weights for combination must be equal to 1.0, submitted weights: ${submitted}`;
		const clip = { mode: "clip" };
		refuses(list, name, [
			[
				{ normalization: { technique: "x" }, combination: "y" },
				illegal,
				"provided normalization technique is not supported",
			],
			[
				{ normalization: { technique: 5 } },
				parse,
				notA("string", "technique", "lang.Integer"),
			],
			[
				{ normalization: "l2" },
				parse,
				notA("map", "normalization", "lang.String"),
			],
			[
				{
					normalization: { technique: "l2", parameters: { lower_bounds: [] } },
				},
				illegal,
				unknown,
			],
			[{ normalization: { parameters: { x: 1 } } }, illegal, unknown],
			[bounds(["x"]), illegal, unknown],
			[bounds(null), illegal, unknown],
			[bounds([{ mode: "clip", max_score: 1 }]), illegal, unknown],
			[bounds(clip), illegal, "lower_bounds must be a List"],
			[
				bounds([clip, clip, clip, clip, clip, clip]),
				illegal,
				"lower_bounds size 6 should be less than or equal to 5",
			],
			[
				bounds([{ mode: "foo", min_score: "x" }]),
				illegal,
				"invalid mode: foo, valid values are: apply, clip, ignore",
			],
			[
				bounds([{ mode: "clip", min_score: true }]),
				illegal,
				"invalid format for min_score: must be a valid float value",
			],
			[
				bounds([{ mode: "clip", min_score: -10_001 }]),
				illegal,
				"min_score must be a valid finite number between -10000.000000 and 10000.000000",
			],
			[
				{ combination: { technique: "x" } },
				illegal,
				"provided combination technique is not supported",
			],
			[
				{ combination: { technique: "rrf" } },
				illegal,
				"provided combination technique rrf is not supported for normalization technique min_max. Supported techniques are: geometric_mean, arithmetic_mean, harmonic_mean",
			],
			[
				{
					normalization: { technique: "z_score" },
					combination: { technique: "harmonic_mean" },
				},
				illegal,
				"provided combination technique harmonic_mean is not supported for normalization technique z_score. Supported techniques are: arithmetic_mean",
			],
			[{ combination: { parameters: { a: 1 } } }, illegal, other],
			[weights(0.5), illegal, noNumbers],
			[weights(["0.5", "0.5"]), illegal, noNumbers],
			[weights([]), illegal, sum("[]")],
			[weights([0.5, 0.511]), illegal, sum("[0.5, 0.511]")],
			[weights([0, 0]), illegal, sum("[0.0, 0.0]")],
			[
				weights([1.5, -0.5]),
				illegal,
				"all weights must be in range [0.0 ... 1.0], submitted weights: [1.5, -0.5]",
			],
			[
				{ x: 1, b: 1, aa: 1, zebra: 2, hello: 3 },
				parse,
				unsupported(name, "aa, zebra, b, x, hello"),
			],
		]);
	});
});

describe("a score-ranker-processor", () => {
	const list = "phase_results_processors";
	const name = "score-ranker-processor";

	it.each([
		[{}, { rankConstant: 60, combination: "rrf" }],
		[{ rank_constant: "40" }, { rankConstant: 40, combination: "rrf" }],
		[
			{ technique: "geometric_mean", parameters: { weights: [0.5, 0.5] } },
			{ combination: "geometric_mean", weights: [0.5, 0.5] },
		],
	])("is read with the combination %j", (combination, expected) => {
		const pipeline = read(list, { [name]: { combination } });
		expect(pipeline?.combination).toMatchObject({ kind: "rrf", ...expected });
	});

	describe("is refused as neural-search refuses it", () => {
		const range = (constant: number) =>
			`rank constant must be in the interval between 1 and 10000, submitted rank constant: ${constant}`;
		const noInteger = "parameter [rank_constant] must be an integer";
		refuses(list, name, [
			[
				{ combination: { rank_constant: 0, technique: "x" } },
				illegal,
				range(0),
			],
			[{ combination: { rank_constant: 10_001 } }, illegal, range(10_001)],
			[{ combination: { rank_constant: 1.5 } }, illegal, noInteger],
			[{ combination: { rank_constant: null } }, illegal, noInteger],
			[
				{ combination: { technique: "x" } },
				illegal,
				"provided combination technique is not supported",
			],
			[{ normalization: {} }, parse, unsupported(name, "normalization")],
		]);
	});
});

describe("a rerank processor", () => {
	const list = "response_processors";
	const name = "rerank";
	const byModel = (context: unknown) => ({
		ml_opensearch: { model_id: "m" },
		context,
	});

	it("is read with its rules", () => {
		const pipeline = read(
			list,
			{ [name]: { ...byModel({ document_fields: ["a"] }), tag: "t" } },
			{ [name]: byModel({}) },
			{
				[name]: {
					by_field: { target_field: "a.b", remove_target_field: true },
					ignore_failure: true,
				},
			},
		);
		expect(pipeline?.response).toEqual([
			{
				kind: "rerank",
				by: { type: "ml_opensearch", modelId: "m", documentFields: ["a"] },
				tag: "t",
				ignoreFailure: false,
			},
			{
				kind: "rerank",
				by: {
					type: "ml_opensearch",
					modelId: "m",
					documentFields: undefined,
				},
				tag: undefined,
				ignoreFailure: false,
			},
			{
				kind: "rerank",
				by: {
					type: "by_field",
					targetField: "a.b",
					removeTargetField: true,
					keepPreviousScore: false,
				},
				tag: undefined,
				ignoreFailure: true,
			},
		]);
	});

	describe("is refused as neural-search refuses it", () => {
		const noType =
			"No rerank type found. Possible rerank types are: [ml_opensearch, by_field]";
		const missing = (property: string) =>
			`[${property}] required property is missing`;
		const fields = Array.from({ length: 51 }, (_, index) => `${index}`);
		refuses(list, name, [
			[{}, illegal, noType],
			[{ foo: {} }, illegal, noType],
			[
				{ ml_opensearch: {}, by_field: {} },
				illegal,
				"Multiple rerank types found: [by_field, ml_opensearch]. Only one is permitted.",
			],
			[{ ml_opensearch: {} }, parse, missing("context")],
			[{ ml_opensearch: null, context: {} }, parse, missing("ml_opensearch")],
			[{ ml_opensearch: {}, context: {} }, parse, missing("model_id")],
			[byModel({ foo: 1, bar: 2 }), illegal, "unrecognized context field: bar"],
			[
				byModel({ document_fields: "a" }),
				illegal,
				"document_fields must be a list of field names",
			],
			[
				byModel({ document_fields: [] }),
				illegal,
				"document_fields must be nonempty",
			],
			[
				byModel({ document_fields: fields }),
				illegal,
				"document_fields must not contain more than 50 fields. Configure by setting plugins.neural_search.reranker_max_document_fields",
			],
			[{ by_field: {} }, parse, missing("target_field")],
			[
				{ by_field: { target_field: "a" }, context: {} },
				parse,
				unsupported(name, "context"),
			],
		]);
	});
});

describe("response processors of OpenSearch's own", () => {
	const list = "response_processors";
	const rerank = { rerank: { by_field: { target_field: "a" } } };

	it("are the sidecar's behind one of its own, and OpenSearch's before", () => {
		const pipeline = read(
			list,
			{ rename_field: { field: "a", target_field: "b" } },
			{ hybrid_score_explanation: { tag: "e" } },
			{ truncate_hits: { context_prefix: "" } },
			{ rename_field: { field: "a", target_field: "b" } },
			{ sort: { field: "s", order: "desc" } },
			{ split: { field: "s", separator: ",", target_field: "u" } },
			{ collapse: { field: "c" } },
		);
		const rules = { tag: undefined, ignoreFailure: false };
		expect(pipeline?.response).toEqual([
			{ kind: "explanation", tag: "e", ignoreFailure: false },
			{
				kind: "truncate_hits",
				targetSize: undefined,
				contextPrefix: undefined,
				...rules,
			},
			{
				kind: "rename_field",
				field: "a",
				targetField: "b",
				ignoreMissing: false,
				...rules,
			},
			{ kind: "sort", field: "s", order: "desc", targetField: "s", ...rules },
			{
				kind: "split",
				field: "s",
				separator: ",",
				preserveTrailing: false,
				targetField: "u",
				...rules,
			},
			{ kind: "collapse", field: "c", ...rules },
		]);
	});

	it("know under which names an oversample remembers the size", () => {
		const pipeline = readSearchPipeline(
			{
				request_processors: [
					{ oversample: { sample_factor: 2 } },
					{ oversample: { sample_factor: "2.5", context_prefix: "p" } },
				],
				response_processors: [rerank],
			},
			limits,
		);
		expect([...(pipeline?.oversampled ?? [])]).toEqual([undefined, "p"]);
		expect(pipeline?.sampleFactor).toBe(5);
	});

	it.each([
		[
			{ truncate_hits: { target_size: -1 } },
			"[target_size] Value must be >= 0",
		],
		[
			{ truncate_hits: { target_size: 2.5 } },
			"[target_size] property cannot be converted to an int [2.5]",
		],
		[
			{ rename_field: { field: "a" } },
			"[target_field] required property is missing",
		],
		[
			{ sort: { field: "a", order: "DESC" } },
			"[order] Sort direction [DESC] not recognized. Valid values are: [asc, desc]",
		],
		[{ split: { field: "a" } }, "[separator] required property is missing"],
		[
			{ collapse: { field: "a", tag: "t", foo: 5 } },
			unsupported("collapse:t", "foo"),
		],
	])("are refused as OpenSearch refuses them: %j", (processor, reason) => {
		expect(refusalOf(list, rerank, processor)).toEqual({ type: parse, reason });
	});

	it("are refused by name where the sidecar can't run them", () => {
		const refusal = refusalOf(list, rerank, { personalize: {} });
		expect(refusal?.type).toBe(illegal);
		expect(refusal?.reason).toContain("[personalize]");
		expect(refusal?.reason).toContain("truncate_hits");
	});
});

describe("a pipeline", () => {
	it.each([
		undefined,
		"text",
		{},
		{ request_processors: { neural_query_enricher: {} } },
		{ request_processors: [null, "x", {}, { rerank: {} }] },
		{ response_processors: [{ truncate_hits: { target_size: 3 } }] },
	])("has nothing for the sidecar: %j", (definition) => {
		expect(readSearchPipeline(definition, limits)).toBeUndefined();
	});

	it("has each of the sidecar's processors in an object of its own", () => {
		const refusal = refusalOf("request_processors", {
			neural_query_enricher: { default_model_id: "m" },
			oversample: { sample_factor: 2 },
		});
		expect(refusal?.reason).toContain("[oversample]");
	});
});
