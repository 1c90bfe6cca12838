import {
	bulk,
	byDefault,
	type Call,
	cat,
	embedding,
	type IngestCase,
	type IngestTopic,
	index,
	pipeline,
	puts,
	wine,
} from "./case.ts";

const failed = { set: { field: "failed", value: true } };
const after = { set: { field: "after", value: 1 } };
const inner = (rest: object = {}) => ({
	pipeline: { name: "<id>-inner", ...rest },
});
const innermost = pipeline({ processors: [embedding()] }, "-inner");

/** A pipeline, and perhaps others, of an index that gets a good document and a bad one. */
function tried(
	name: string,
	definition: unknown,
	...before: Call[]
): IngestCase {
	return {
		name,
		calls: [
			...before,
			pipeline(definition),
			index({ settings: byDefault }),
			...puts({ text: cat }, { text: 5 }),
			bulk([
				{ index: { _id: "3" } },
				{ text: wine },
				{ index: { _id: "4" } },
				{ text: 5 },
			]),
		],
	};
}

/** Failures of pipelines that are called, or that follow one another. */
export const nestedFailures: IngestTopic = {
	name: "nested failures",
	cases: [
		tried("raised", { processors: [inner(), after] }, innermost),
		tried(
			"ignored by the caller",
			{ processors: [inner({ ignore_failure: true }), after] },
			innermost,
		),
		tried(
			"handled by the calling processor",
			{ processors: [inner({ on_failure: [failed] }), after] },
			innermost,
		),
		tried(
			"handled by the calling pipeline",
			{ processors: [inner(), after], on_failure: [failed] },
			innermost,
		),
		tried(
			"handled by the called pipeline",
			{ processors: [inner(), after] },
			pipeline({ processors: [embedding()], on_failure: [failed] }, "-inner"),
		),
		tried(
			"handled by the calling pipeline, which embeds too",
			{
				processors: [
					embedding({ field_map: { other: "other_vector" } }),
					inner(),
				],
				on_failure: [failed],
			},
			innermost,
		),
		tried("called twice", { processors: [inner(), inner()] }, innermost),
		tried(
			"called twice, failures of the first call ignored",
			{ processors: [inner({ ignore_failure: true }), inner()] },
			innermost,
		),
		tried(
			"two levels down",
			{
				processors: [
					{ pipeline: { name: "<id>-middle", on_failure: [failed] } },
				],
			},
			innermost,
			pipeline({ processors: [inner(), after] }, "-middle"),
		),
		tried(
			"of another processor behind the embedding in the called one",
			{ processors: [inner({ ignore_failure: true })] },
			pipeline(
				{ processors: [embedding(), { fail: { message: "no" } }] },
				"-inner",
			),
		),
		tried(
			"of another processor before the embedding in the called one",
			{ processors: [inner({ ignore_failure: true })] },
			pipeline(
				{ processors: [{ fail: { message: "no" } }, embedding()] },
				"-inner",
			),
		),
		tried(
			"of another processor between two embeddings in the called one",
			{ processors: [inner({ ignore_failure: true })] },
			pipeline(
				{
					processors: [
						embedding(),
						{ fail: { message: "no" } },
						embedding({ field_map: { other: "other_vector" } }),
					],
				},
				"-inner",
			),
		),
		tried(
			"of another processor behind the called one",
			{
				processors: [
					inner({ ignore_failure: true }),
					{ fail: { message: "no", ignore_failure: true } },
				],
			},
			innermost,
		),
		tried(
			"of another processor, handled by a pipeline",
			{
				processors: [inner(), { fail: { message: "no" } }],
				on_failure: [failed],
			},
			innermost,
		),
		tried(
			"in a handler",
			{
				processors: [{ fail: { message: "no", on_failure: [inner()] } }],
			},
			innermost,
		),
		{
			name: "of the final pipeline",
			calls: [
				pipeline({ processors: [embedding({ field_map: { other: "v" } })] }),
				pipeline({ processors: [embedding()], on_failure: [failed] }, "-final"),
				index({ settings: { ...byDefault, final_pipeline: "<id>-final" } }),
				...puts({ text: cat, other: wine }, { text: 5, other: wine }),
			],
		},
		{
			name: "of the default pipeline, before a final one",
			calls: [
				pipeline({
					processors: [embedding({ field_map: { other: "v" } })],
					on_failure: [failed],
				}),
				pipeline({ processors: [embedding()] }, "-final"),
				index({ settings: { ...byDefault, final_pipeline: "<id>-final" } }),
				...puts({ text: cat, other: wine }, { text: cat, other: 5 }),
			],
		},
	],
};
