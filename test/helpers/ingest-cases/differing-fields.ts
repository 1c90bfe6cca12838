import { anyVector } from "./compare.ts";
import {
	absent,
	at,
	type Difference,
	each,
	refused,
	stored,
} from "./difference.ts";

const created = {
	status: 201,
	body: { _index: "<id>", _id: "1", _version: 1, result: "created" },
};

/** What is made of fields. */
export const differingFields: readonly Difference[] = [
	{
		reason:
			"names with dots stay as the client wrote them: to OpenSearch they are the same fields",
		cases: {
			"field maps / a dotted source": at({
				"documents.1._source": { "a.b": "a small cat", "a.v": anyVector },
			}),
			"field maps / a dotted source, its document half dotted": at({
				"documents.0._source": {
					"a.b": { c: "a small cat", v: anyVector },
				},
				"documents.1._source": {
					a: { "b.c": "a small cat", "b.v": anyVector },
				},
			}),
			"field maps / a dotted source and a dotted target through a list of objects":
				at({
					"documents.0._source.n.1": {
						"deep.text": "red wine",
						"deep.c.vector": anyVector,
					},
				}),
			"field maps / a document whose other fields have dots": at({
				"documents.0._source": {
					text: "a small cat",
					vector: anyVector,
					"x.y": 1,
					"x.z": { "u.v": 2 },
				},
			}),
			"field maps / a document whose other lists have dots": at({
				"documents.0._source.list.0": { "x.y": 1 },
			}),
		},
	},
	{
		reason: "of several sources under one parent none is lost",
		cases: each("field maps", at({ "documents.0._source.a.v": anyVector }), [
			"two dotted sources under one parent",
			"a dotted and a nested source under one parent",
		]),
	},
	{
		reason:
			"a vector is written over the one that was there, not added to its numbers",
		cases: {
			"field maps / the target within an object that is there already": at({
				"documents.0._source.o.vector": anyVector,
			}),
			"updates / a field within an object": at({
				"documents.0._source.o.vector": anyVector,
			}),
		},
	},
	{
		reason: "it works, where neural-search fails with an error of its own",
		cases: {
			"field maps / a list of objects with lists": at({
				"answers.0": created,
				documents: [
					stored({
						n: [
							{
								list: ["a small cat", "red wine"],
								vectors: [{ knn: anyVector }, { knn: anyVector }],
							},
							{ list: ["running shoes"], vectors: [{ knn: anyVector }] },
						],
					}),
				],
			}),
			"field maps / a list of objects in a list of objects": at({
				"answers.0": created,
				documents: [
					stored({
						n: [
							{
								m: [
									{ text: "a small cat", vector: anyVector },
									{ text: "red wine", vector: anyVector },
								],
							},
							{ m: [{ text: "running shoes", vector: anyVector }] },
						],
					}),
				],
			}),
		},
	},
	{
		reason:
			"400 with the reason, where neural-search fails with an error of its own",
		cases: {
			...each(
				"field values",
				refused(
					"list type field [o] has a string where an object is mapped, cannot process it",
				),
				[
					"a list of texts for an object",
					"a list of texts and objects for an object",
				],
			),
			...each(
				"field values",
				refused(
					"model <sparse> is for SPARSE_TOKENIZE, not for TEXT_EMBEDDING",
				),
				["a model that is for sparse vectors"],
			),
			...each(
				"sparse vectors",
				refused(
					"model <dense> is for TEXT_EMBEDDING, not for SPARSE_ENCODING or SPARSE_TOKENIZE",
				),
				["a dense model"],
			),
		},
	},
	{
		reason: "400, not 500: the document is too long for the index",
		cases: each(
			"chunked fields",
			refused(
				"analyzer standard throws exception: The number of tokens produced by calling _analyze has exceeded the allowed maximum of [8]. This limit can be set by changing the [index.analyze.max_token_count] index level setting.",
				{ answer: 1 },
			),
			["more tokens than the index lets be analysed"],
		),
	},
	{
		reason:
			"`ml_inference` embeds no text that is not there: neural-search embeds `null` and the name of a placeholder",
		cases: {
			"ml_inference / a text": (recorded) => {
				refused("Cannot find field name defined from input map: text", {
					answer: 4,
				})(recorded);
				at({ "documents.3": absent })(recorded);
			},
			"ml_inference / ignore_missing": at({
				"documents.0._source.vector": absent,
			}),
		},
	},
	{
		reason: "`ml_inference` takes a text with quotes",
		cases: {
			"ml_inference / a text with a quote": at({
				"answers.0": created,
				documents: [stored({ text: 'a "small" cat', vector: anyVector })],
			}),
		},
	},
	{
		reason: "a model that is not there has one reason for all processors",
		cases: {
			"ml_inference / an unknown model": at({
				"answers.0.body.error.reason":
					"Failed to find model with the provided model id: unknown",
			}),
		},
	},
];
