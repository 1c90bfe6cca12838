import {
	bulk,
	embeddingIndex,
	type IngestTopic,
	put,
	written,
} from "./case.ts";

const cat = "a small cat and red wine in running shoes";
const wine = "red wine";

function sparse(options: Readonly<Record<string, unknown>> = {}): unknown {
	return {
		sparse_encoding: {
			model_id: "<sparse>",
			field_map: { text: "weights" },
			...options,
		},
	};
}

const pruned = (prune_type: string, prune_ratio: number) =>
	sparse({ prune_type, prune_ratio });

/** Sparse vectors. */
export const sparseVectors: IngestTopic = {
	name: "sparse vectors",
	cases: [
		written("flat", sparse(), { text: cat }, { other: 1 }),
		written("a list", sparse({ field_map: { list: "weights" } }), {
			list: [cat, wine],
		}),
		written("an object", sparse({ field_map: { o: { text: "weights" } } }), {
			o: { text: cat },
		}),
		written(
			"a list of objects",
			sparse({ field_map: { n: { text: "weights" } } }),
			{ n: [{ text: cat }, { text: wine }] },
		),
		written("blank and null", sparse(), { text: "" }, { text: null }),
		written("a bad text", sparse(), { text: 5 }),
		written("a target that is there", sparse(), {
			text: cat,
			weights: { old: 1 },
		}),
		written("a dense model", sparse({ model_id: "<dense>" }), { text: cat }),
		written("an unknown model", sparse({ model_id: "unknown" }), { text: cat }),
		written("prune_type none", sparse({ prune_type: "none" }), { text: cat }),
		written("the five heaviest", pruned("top_k", 5), { text: cat }),
		written("more than there are", pruned("top_k", 5000), { text: cat }),
		written("half of the mass", pruned("alpha_mass", 0.5), { text: cat }),
		written("relative to the heaviest", pruned("max_ratio", 0.5), {
			text: cat,
		}),
		written("an absolute bound", pruned("abs_value", 0.3), { text: cat }),
		written("a bound that nothing reaches", pruned("abs_value", 100), {
			text: cat,
		}),
		written(
			"pruned in a list",
			sparse({
				field_map: { list: "weights" },
				prune_type: "top_k",
				prune_ratio: 2,
			}),
			{ list: [cat, wine] },
		),
		{
			name: "a bulk",
			calls: [
				...embeddingIndex(sparse()),
				bulk([
					{ index: { _id: "1" } },
					{ text: cat },
					{ index: { _id: "2" } },
					{ text: wine },
				]),
			],
		},
		{
			name: "skip_existing",
			calls: [
				...embeddingIndex(sparse({ skip_existing: true })),
				put("1", { text: cat, weights: { old: 1 } }, "?pipeline=_none"),
				put("1", { text: cat }),
			],
		},
		written(
			"dense and sparse",
			[
				{
					text_embedding: {
						model_id: "<dense>",
						field_map: { text: "vector" },
					},
				},
				sparse(),
			],
			{ text: cat },
		),
	],
};
