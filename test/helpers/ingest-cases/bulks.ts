import { indexed, own, sent, through } from "./bulk-case.ts";
import {
	bulk,
	byDefault,
	cat,
	embedding,
	embeddingIndex,
	type IngestTopic,
	index,
	pipeline,
	wine,
} from "./case.ts";

const shoes = "running shoes";

const strict = [
	pipeline({ processors: [embedding()] }),
	index({
		settings: byDefault,
		mappings: {
			dynamic: "strict",
			properties: {
				text: { type: "text" },
				n: { type: "integer" },
				vector: { type: "float" },
			},
		},
	}),
];

const knn = [
	pipeline({ processors: [embedding()] }),
	index({
		settings: { ...byDefault, "index.knn": true },
		mappings: {
			properties: {
				text: { type: "text" },
				vector: {
					type: "knn_vector",
					dimension: 384,
					method: { name: "hnsw", engine: "lucene", space_type: "l2" },
				},
			},
		},
	}),
];

/** Bulks: their actions, and items that fail. */
export const bulks: IngestTopic = {
	name: "bulks",
	cases: [
		sent("index and create", [
			{ index: { _id: "1" } },
			{ text: cat },
			{ create: { _id: "2" } },
			{ text: wine },
		]),
		sent("index, create and delete of one document", [
			{ index: { _id: "1" } },
			{ text: cat },
			{ index: { _id: "1" } },
			{ text: wine },
			{ create: { _id: "1" } },
			{ text: shoes },
			{ delete: { _id: "1" } },
			{ create: { _id: "1" } },
			{ text: shoes },
		]),
		sent("a delete of nothing", [
			{ delete: { _id: "none" } },
			{ index: { _id: "1" } },
			{ text: cat },
		]),
		sent("ids that are made", [
			{ index: {} },
			{ text: cat },
			{ create: {} },
			{ text: wine },
			{ index: { _id: "" } },
			{ text: shoes },
		]),
		indexed("without a text", { other: 1 }, {}),
		indexed("one bad text alone", { text: 5 }),
		indexed(
			"one bad text among others",
			{ text: cat },
			{ text: 5 },
			{ text: wine },
		),
		indexed(
			"two bad texts among others",
			{ text: 5 },
			{ text: [1] },
			{ text: wine },
		),
		through(
			"ignore_failure and one bad text",
			[embedding({ ignore_failure: true })],
			{ text: cat },
			{ text: 5 },
		),
		through(
			"on_failure and one bad text",
			[
				embedding({
					on_failure: [{ set: { field: "failed", value: true } }],
				}),
			],
			{ text: cat },
			{ text: 5 },
		),
		{
			name: "a bulk with an unknown model",
			calls: [
				...embeddingIndex(embedding({ model_id: "unknown" })),
				bulk([
					{ index: { _id: "1" } },
					{ text: cat },
					{ index: { _id: "2" } },
					{ other: 1 },
					{ delete: { _id: "3" } },
				]),
			],
		},
		through(
			"a bulk in which one drops out",
			[{ drop: { if: "ctx.drop == true" } }, embedding()],
			{ text: cat },
			{ text: wine, drop: true },
			{ text: shoes },
		),
		{
			name: "a bulk in which another processor fails",
			calls: [
				...embeddingIndex(
					{ rename: { field: "a", target_field: "text" } },
					embedding(),
				),
				bulk([
					{ index: { _id: "1" } },
					{ a: cat },
					{ index: { _id: "2" } },
					{ b: wine },
				]),
			],
		},
		through(
			"a bulk in which a condition holds for some",
			[embedding({ if: "ctx.yes == true" })],
			{ text: cat, yes: true },
			{ text: cat },
			{ text: wine, yes: true },
		),
		sent("a create of what is there", [
			{ create: { _id: "1" } },
			{ text: cat },
			{ create: { _id: "1" } },
			{ text: wine },
		]),
		{
			name: "if_seq_no",
			calls: [
				...own,
				bulk([{ index: { _id: "1" } }, { text: cat }]),
				bulk([
					{ index: { _id: "1", if_seq_no: 0, if_primary_term: 1 } },
					{ text: wine },
					{ index: { _id: "1", if_seq_no: 0, if_primary_term: 1 } },
					{ text: shoes },
				]),
			],
		},
		sent("versions", [
			{ index: { _id: "1", version: 7, version_type: "external" } },
			{ text: cat },
			{ index: { _id: "1", version: 6, version_type: "external" } },
			{ text: wine },
		]),
		{
			name: "routing, by the line and by the request",
			calls: [
				...own,
				bulk(
					[
						{ index: { _id: "1", routing: "a" } },
						{ text: cat },
						{ index: { _id: "2" } },
						{ text: wine },
					],
					"/<id>/_bulk?routing=b",
				),
			],
		},
		{
			name: "what the mapping refuses",
			calls: [
				...strict,
				bulk([
					{ index: { _id: "1" } },
					{ text: cat },
					{ index: { _id: "2" } },
					{ text: wine, n: "x" },
					{ index: { _id: "3" } },
					{ text: shoes, other: 1 },
				]),
			],
		},
		{
			name: "k-NN",
			calls: [
				...knn,
				bulk([
					{ index: { _id: "1" } },
					{ text: cat },
					{ index: { _id: "2" } },
					{ other: 1 },
				]),
			],
		},
		{
			name: "k-NN, a vector of another model",
			calls: [
				pipeline({ processors: [embedding({ model_id: "<tiny>" })] }),
				...knn.slice(1),
				bulk([{ index: { _id: "1" } }, { text: cat }]),
			],
		},
		sent("an index that is not there and must not be made", [
			{ index: { _index: "UPPER", _id: "1" } },
			{ text: cat },
			{ index: { _id: "2" } },
			{ text: wine },
		]),
		sent("the answer's `_source`", [
			{ index: { _id: "1" } },
			{ text: cat },
			{ update: { _id: "1", _source: true } },
			{ doc: { other: 1 } },
		]),
	],
};
