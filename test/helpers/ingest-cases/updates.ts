import {
	byDefault,
	cat,
	embeddedCat,
	embedding,
	embeddingIndex,
	type IngestTopic,
	index,
	pipeline,
	put,
	update,
	wine,
} from "./case.ts";

/** Changes of documents that are there, or may be. */
export const updates: IngestTopic = {
	name: "updates",
	cases: [
		{
			name: "another text",
			calls: [...embeddedCat, update({ doc: { text: wine } })],
		},
		{
			name: "another field",
			calls: [...embeddedCat, update({ doc: { other: 2 } })],
		},
		{
			name: "nothing new",
			calls: [
				...embeddedCat,
				update({ doc: { text: cat } }),
				update({ doc: { text: cat }, detect_noop: false }),
			],
		},
		{
			name: "a bad text",
			calls: [...embeddedCat, update({ doc: { text: 5 } })],
		},
		{ name: "null", calls: [...embeddedCat, update({ doc: { text: null } })] },
		{
			name: "a blank text",
			calls: [...embeddedCat, update({ doc: { text: "" } })],
		},
		{
			name: "a document that is not there",
			calls: [...embeddedCat, update({ doc: { text: wine } }, "2")],
		},
		{
			name: "an upsert",
			calls: [
				...embeddedCat,
				update({ doc: { text: wine }, upsert: { text: "running shoes" } }, "2"),
				update({ doc: { text: wine }, upsert: { text: "running shoes" } }, "2"),
			],
		},
		{
			name: "doc_as_upsert",
			calls: [
				...embeddedCat,
				update({ doc: { text: wine }, doc_as_upsert: true }, "2"),
				update({ doc: { text: wine }, doc_as_upsert: true }),
			],
		},
		{
			name: "a script",
			calls: [
				...embeddedCat,
				update({
					script: {
						source: "ctx._source.text = params.t",
						params: { t: wine },
					},
				}),
			],
		},
		{
			name: "a script that changes another field",
			calls: [
				...embeddedCat,
				update({ script: { source: "ctx._source.other += 1" } }),
			],
		},
		{
			name: "a script that does nothing or deletes",
			calls: [
				...embeddedCat,
				update({ script: { source: "ctx.op = 'noop'" } }),
				update({ script: { source: "ctx.op = 'delete'" } }),
			],
		},
		{
			name: "a script with an upsert",
			calls: [
				...embeddedCat,
				update(
					{
						script: {
							source: "ctx._source.text = params.t",
							params: { t: wine },
						},
						upsert: { text: "running shoes" },
					},
					"2",
				),
				update(
					{
						script: {
							source: "ctx._source.text = params.t",
							params: { t: wine },
						},
						upsert: { text: "running shoes" },
					},
					"2",
				),
			],
		},
		{
			name: "a scripted upsert",
			calls: [
				...embeddedCat,
				update(
					{
						scripted_upsert: true,
						script: {
							source: "ctx._source.text = params.t",
							params: { t: wine },
						},
						upsert: {},
					},
					"2",
				),
			],
		},
		{
			name: "the answer's source",
			calls: [
				...embeddedCat,
				update({ doc: { text: wine }, _source: true }),
				update({ doc: { other: 5 } }, "1", "?_source=other"),
			],
		},
		{
			name: "if_seq_no",
			calls: [
				...embeddedCat,
				update({ doc: { text: wine } }, "1", "?if_seq_no=0&if_primary_term=1"),
				update({ doc: { text: cat } }, "1", "?if_seq_no=0&if_primary_term=1"),
			],
		},
		{
			name: "what is wrong with the body",
			calls: [
				...embeddedCat,
				update({}),
				update({ doc: 5 }),
				update({ colour: 1 }),
				update({ doc: {}, script: "ctx.op = 'noop'" }),
			],
		},
		{
			name: "a field within an object",
			calls: [
				...embeddingIndex(embedding({ field_map: { o: { text: "vector" } } })),
				put("1", { o: { text: cat, a: 1 } }),
				update({ doc: { o: { text: wine } } }),
				update({ doc: { o: { a: 2 } } }),
			],
		},
		{
			name: "a list",
			calls: [
				...embeddingIndex(embedding({ field_map: { list: "vectors" } })),
				put("1", { list: [cat, wine] }),
				update({ doc: { list: [cat] } }),
			],
		},
		{
			name: "one of two fields",
			calls: [
				...embeddingIndex(
					embedding({ field_map: { text: "vector", other: "other_vector" } }),
				),
				put("1", { text: cat, other: wine }),
				update({ doc: { other: cat } }),
			],
		},
		{
			name: "processors before",
			calls: [
				...embeddingIndex(
					{ set: { field: "text", value: "{{{a}}} cat" } },
					embedding(),
				),
				put("1", { a: "a small" }),
				update({ doc: { a: "a large" } }),
			],
		},
		{
			name: "a final pipeline",
			calls: [
				pipeline({ processors: [embedding()] }),
				index({ settings: { final_pipeline: "<id>" } }),
				put("1", { text: cat }),
				update({ doc: { text: wine } }),
			],
		},
		{
			name: "a default pipeline of others alone",
			calls: [
				pipeline({ processors: [{ set: { field: "seen", value: true } }] }),
				index({ settings: byDefault }),
				put("1", { text: cat }),
				update({ doc: { text: wine } }),
			],
		},
	],
};
