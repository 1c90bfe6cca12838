import {
	byDefault,
	type Call,
	embeddingPipeline,
	type IngestTopic,
	index,
} from "./case.ts";

/** Three documents in an index of their own, the third of which has no text that could be embedded. */
const sources: Call[] = [
	index({
		suffix: "-a",
		mappings: { dynamic: false, properties: { n: { type: "integer" } } },
	}),
	...[{ text: "a small cat", n: 1 }, { text: "red wine", n: 2 }, { n: 3 }].map(
		(body, position): Call => ({
			method: "PUT",
			path: `/<id>-a/_doc/${position + 1}?refresh=true`,
			body,
			prepares: true,
		}),
	),
];
const bad: Call = {
	method: "PUT",
	path: "/<id>-a/_doc/4?refresh=true",
	body: { text: 5, n: 4 },
	prepares: true,
};

function reindex(body: object = {}, query = ""): Call {
	return {
		method: "POST",
		path: `/_reindex?refresh=true${query}`,
		body: { source: { index: "<id>-a" }, dest: { index: "<id>-b" }, ...body },
	};
}

function update(body: object | undefined, query = ""): Call {
	return {
		method: "POST",
		path: `/<id>-a/_update_by_query?refresh=true${query}`,
		...(body && { body }),
	};
}

const target = index({ suffix: "-b", settings: byDefault });
const byPipeline = { dest: { index: "<id>-b", pipeline: "<id>" } };

/** `_reindex` and `_update_by_query`. */
export const reindexing: IngestTopic = {
	name: "reindexing",
	cases: [
		{
			name: "into an index that embeds",
			calls: [embeddingPipeline, ...sources, target, reindex()],
		},
		{
			name: "by a pipeline",
			calls: [
				embeddingPipeline,
				...sources,
				index({ suffix: "-b" }),
				reindex(byPipeline),
			],
		},
		{
			name: "into an index that is not there",
			calls: [embeddingPipeline, ...sources, reindex(byPipeline)],
		},
		{
			name: "what a query finds",
			calls: [
				embeddingPipeline,
				...sources,
				target,
				reindex({
					source: { index: "<id>-a", query: { range: { n: { lte: 1 } } } },
				}),
			],
		},
		{
			name: "one document at most",
			calls: [
				embeddingPipeline,
				...sources,
				target,
				reindex({
					max_docs: 1,
					source: { index: "<id>-a", sort: [{ n: "desc" }] },
				}),
			],
		},
		{
			name: "with a script",
			calls: [
				embeddingPipeline,
				...sources,
				target,
				reindex({
					script: {
						source:
							"ctx._source.text = 'running shoes'; if (ctx._source.n == 2) ctx.op = 'noop'",
					},
				}),
			],
		},
		{
			name: "twice, the second time without what is there",
			calls: [
				embeddingPipeline,
				...sources,
				target,
				reindex(),
				reindex({
					conflicts: "proceed",
					dest: { index: "<id>-b", op_type: "create" },
				}),
			],
		},
		{
			name: "twice",
			calls: [embeddingPipeline, ...sources, target, reindex(), reindex()],
		},
		{
			name: "with a bad document",
			calls: [
				embeddingPipeline,
				...sources,
				bad,
				target,
				reindex({ source: { index: "<id>-a", query: { term: { n: 4 } } } }),
			],
		},
		{
			name: "in slices",
			calls: [embeddingPipeline, ...sources, target, reindex({}, "&slices=2")],
		},
		{
			name: "of nothing",
			calls: [
				embeddingPipeline,
				...sources,
				target,
				reindex({ source: { index: "<id>-a", query: { term: { n: 9 } } } }),
			],
		},
		{
			name: "from an index that is not there",
			calls: [
				embeddingPipeline,
				...sources,
				target,
				reindex({ source: { index: "<id>-none" } }),
			],
		},
		{
			name: "some fields",
			calls: [
				embeddingPipeline,
				...sources,
				target,
				reindex({ source: { index: "<id>-a", _source: ["text"] } }),
			],
		},
		{
			name: "an update by a pipeline",
			calls: [
				embeddingPipeline,
				...sources,
				update(undefined, "&pipeline=<id>"),
			],
		},
		{
			name: "an update of what a query finds",
			calls: [
				embeddingPipeline,
				...sources,
				update({ query: { term: { n: 1 } } }, "&pipeline=<id>"),
			],
		},
		{
			name: "an update by a script and a pipeline",
			calls: [
				embeddingPipeline,
				...sources,
				update(
					{ script: { source: "ctx._source.text = 'running shoes'" } },
					"&pipeline=<id>",
				),
			],
		},
		{
			name: "an update with a bad document",
			calls: [
				embeddingPipeline,
				...sources,
				bad,
				update({ query: { term: { n: 4 } } }, "&pipeline=<id>"),
			],
		},
	],
};
