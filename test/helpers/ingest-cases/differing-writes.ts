import { anyVector } from "./compare.ts";
import {
	absent,
	at,
	type Change,
	type Difference,
	each,
	refused,
	stored,
} from "./difference.ts";

/** The first document is refused, and is not there. */
function fails(reason: string): Change {
	return (recorded) => {
		refused(reason)(recorded);
		at({ documents: [] })(recorded);
	};
}

/**
 * All documents are refused by a guard.
 *
 * @param singles documents that are written one by one
 * @param ids those of a bulk behind them
 */
function guarded(singles: number, ...ids: string[]): Change {
	const error = {
		type: "fail_processor_exception",
		reason:
			"this document needs a vector that OpenSearch can't compute: send it through the ML sidecar, as an index or create request or in a bulk",
	};
	const items = ids.map((_id) => ({
		index: { _index: "<id>", _id, status: 500, error },
	}));
	const alone = { status: 500, body: { error, status: 500 } };
	const bulk = { status: 200, body: { errors: true, items } };
	const answers = [...Array.from({ length: singles }, () => alone), bulk];
	return at({ answers, documents: [] });
}

/** Writes, and what they leave. */
export const differingWrites: readonly Difference[] = [
	{
		reason: "the guard that raises the failure is a `fail` processor",
		cases: {
			"failures / on_failure": at({ "documents.0._source.who": "fail t" }),
			"failures / on_failure of the pipeline": at({
				"documents.0._source.who": "fail t",
			}),
		},
	},
	{
		reason: "a condition that fails has no cause of its own in the answer",
		cases: {
			"pipelines / if that fails": at({
				"answers.0.body.error.caused_by": absent,
			}),
		},
	},
	{
		reason: "`ignore_failure` holds in a bulk too",
		cases: {
			"bulks / ignore_failure and one bad text": at({
				"answers.0.body.errors": false,
				"answers.0.body.items.1.index": {
					_index: "<id>",
					_id: "2",
					_version: 1,
					result: "created",
					status: 201,
				},
				"documents.1": stored({ text: 5 }, "2"),
			}),
		},
	},
	{
		reason: "a document that is no JSON fails alone",
		cases: {
			"bulk bodies / a document that is no JSON among others": at({
				"answers.0.body.items.0.index": {
					_index: "<id>",
					_id: "1",
					_version: 1,
					result: "created",
					status: 201,
				},
				"answers.0.body.items.2.index": {
					_index: "<id>",
					_id: "3",
					_version: 1,
					result: "created",
					status: 201,
				},
				documents: [
					stored({ text: "a small cat", vector: anyVector }, "1"),
					stored({ text: "red wine", vector: anyVector }, "3"),
				],
			}),
		},
	},
	{
		reason: "no vector stays of a text that is not there any more",
		cases: {
			"updates / null": at({ "documents.0._source.vector": null }),
			"updates / a blank text": at({ "documents.0._source.vector": null }),
		},
	},
	{
		reason:
			"the vector is in the document before its pipeline runs: the object that gets it has to be there",
		cases: each(
			"other processors",
			fails(
				"the object that gets the vector is made or moved by a processor before the embedding: embed the original field",
			),
			[
				"json before",
				"dot_expander before",
				"a list of objects that a script makes",
			],
		),
	},
	{
		reason: "a document is prepared for one run of each pipeline",
		cases: {
			"nested failures / called twice": (recorded) => {
				const reason =
					"the document goes through the pipeline [<id>-inner] twice, and the ML sidecar prepares it for one run: call the pipeline once";
				refused(reason)(recorded);
				at({
					"answers.2.body.items.0.index": {
						_index: "<id>",
						_id: "3",
						status: 400,
						error: { type: "illegal_argument_exception", reason },
					},
					documents: [],
				})(recorded);
			},
			"nested failures / called twice, failures of the first call ignored":
				guarded(2, "3", "4"),
		},
	},
	{
		reason:
			"pipelines that handlers call, and the final one of an index that a processor chooses, are not foreseen: their guards refuse the documents",
		cases: {
			"nested failures / in a handler": guarded(2, "3", "4"),
			"other processors / an index that a processor sets, whose final pipeline embeds":
				(recorded) => {
					guarded(1, "2")(recorded);
					at({ "answers.1.body.items.0.index._index": "<id>-b" })(recorded);
				},
		},
	},
	{
		reason: "an update that changes a text changes its vector too",
		cases: {
			"updates / the answer's source": at({
				"answers.1.body.get._source.vector": anyVector,
			}),
			...each(
				"updates in bulks",
				at({ "documents.0._source.vector": anyVector }),
				["of another text", "with a pipeline"],
			),
		},
	},
];
