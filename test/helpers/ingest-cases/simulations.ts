import {
	type Call,
	embedding,
	type IngestCase,
	type IngestTopic,
	pipeline,
} from "./case.ts";

const cat = "a small cat";
const wine = "red wine";

function docs(...sources: unknown[]): unknown[] {
	return sources.map((_source, position) => ({
		_index: "<id>",
		_id: `${position + 1}`,
		_source,
	}));
}

/** Simulates a definition, inline and stored, as it is and verbose. */
function simulated(
	name: string,
	definition: Readonly<Record<string, unknown>>,
	...sources: unknown[]
): IngestCase {
	const stored = { docs: docs(...sources) };
	const inline = { pipeline: definition, ...stored };
	const post = (path: string, body: unknown): Call => ({
		method: "POST",
		path: `/_ingest/pipeline${path}`,
		body,
	});
	return {
		name,
		calls: [
			post("/_simulate", inline),
			post("/_simulate?verbose=true", inline),
			pipeline(definition),
			post("/<id>/_simulate", stored),
			post("/<id>/_simulate?verbose", stored),
		],
	};
}

const bad = { fail: { message: "no", if: "ctx.bad == true" } };
const set = (field: string, value: unknown) => ({ set: { field, value } });

/** What `_simulate` says. */
export const simulations: IngestTopic = {
	name: "simulations",
	cases: [
		simulated(
			"one processor",
			{ processors: [embedding()] },
			{ text: cat },
			{ other: 1 },
		),
		simulated(
			"processors around it",
			{
				processors: [
					set("text", cat),
					embedding({ tag: "t", description: "d" }),
					set("after", 1),
				],
			},
			{},
		),
		simulated(
			"a bad text",
			{ processors: [embedding({ tag: "t" }), set("after", 1)] },
			{ text: 5 },
			{ text: cat },
		),
		simulated(
			"if",
			{ processors: [embedding({ if: "ctx.yes == true" }), set("after", 1)] },
			{ text: cat },
			{ text: wine, yes: true },
		),
		simulated(
			"ignore_failure",
			{ processors: [embedding({ ignore_failure: true }), set("after", 1)] },
			{ text: 5 },
		),
		simulated(
			"on_failure",
			{
				processors: [
					embedding({ on_failure: [set("failed", true)] }),
					set("after", 1),
				],
			},
			{ text: 5 },
		),
		simulated(
			"on_failure of the pipeline",
			{ processors: [embedding()], on_failure: [set("failed", true)] },
			{ text: 5 },
		),
		simulated(
			"another processor that fails",
			{ processors: [bad, embedding()] },
			{ text: cat, bad: true },
			{ text: cat },
		),
		simulated(
			"a document that is dropped",
			{ processors: [{ drop: { if: "ctx.bad == true" } }, embedding()] },
			{ text: cat, bad: true },
			{ text: cat },
		),
		simulated(
			"two processors",
			{
				processors: [
					embedding(),
					embedding({ model_id: "<tiny>", field_map: { text: "small" } }),
				],
			},
			{ text: cat },
		),
		simulated(
			"an unknown model",
			{ processors: [embedding({ model_id: "unknown" })] },
			{ text: cat },
		),
		simulated(
			"chunks and their vectors",
			{
				processors: [
					{
						text_chunking: {
							algorithm: { delimiter: { delimiter: "," } },
							field_map: { text: "chunks" },
						},
					},
					embedding({ field_map: { chunks: "vectors" } }),
				],
			},
			{ text: `${cat},${wine}` },
		),
		{
			name: "what is wrong with the request",
			calls: [
				pipeline({ processors: [embedding()] }),
				{ method: "POST", path: "/_ingest/pipeline/<id>/_simulate", body: {} },
				{
					method: "POST",
					path: "/_ingest/pipeline/<id>/_simulate",
					body: { docs: [] },
				},
				{
					method: "POST",
					path: "/_ingest/pipeline/<id>/_simulate",
					body: { docs: [{}] },
				},
				{
					method: "POST",
					path: "/_ingest/pipeline/<id>-none/_simulate",
					body: { docs: docs({ text: cat }) },
				},
				{
					method: "POST",
					path: "/_ingest/pipeline/_simulate",
					body: { docs: docs({ text: cat }) },
				},
				{
					method: "POST",
					path: "/_ingest/pipeline/_simulate",
					body: {
						pipeline: { processors: [{ text_embedding: {} }] },
						docs: docs({ text: cat }),
					},
				},
			],
		},
		{
			name: "by GET",
			calls: [
				pipeline({ processors: [embedding()] }),
				{
					method: "GET",
					path: "/_ingest/pipeline/<id>/_simulate",
					body: { docs: docs({ text: cat }) },
				},
				{
					method: "GET",
					path: "/_ingest/pipeline/_simulate",
					body: {
						pipeline: { processors: [embedding()] },
						docs: docs({ text: wine }),
					},
				},
			],
		},
	],
};
