import {
	cat,
	embedding,
	type IngestTopic,
	pipeline,
	set,
	wine,
} from "./case.ts";
import { docs, simulated } from "./simulated-case.ts";

const bad = { fail: { message: "no", if: "ctx.bad == true" } };

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
