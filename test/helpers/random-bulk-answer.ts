import fc from "fast-check";

/** Items of a bulk, and what OpenSearch answers to them. */
export interface RandomBulkAnswer {
	targets: readonly Target[];
	/** The result of each item as it should be told; those that look alike are one to a client. */
	expected: readonly string[];
	json: string;
}

interface Target {
	operation: "index" | "create" | "update" | "delete";
	index: string;
	/** Undefined where OpenSearch is to find one. */
	id: string | undefined;
}

interface Item extends Target {
	/** `unsent` did not come out of its pipelines; `refused` did, and could not be written. */
	outcome: "written" | "refused" | "unsent";
}

const name = fc.constantFrom("1", "2");
const index = fc.constantFrom("a", "b");

const item: fc.Arbitrary<Item> = fc.oneof(
	fc.record({
		operation: fc.constantFrom("index", "create"),
		index,
		id: fc.option(name, { nil: undefined }),
		outcome: fc.constantFrom("written", "refused", "unsent"),
	}),
	fc.record({
		operation: fc.constant("update"),
		index,
		id: name,
		outcome: fc.constantFrom("written", "refused", "unsent"),
	}),
	fc.record({
		operation: fc.constant("delete"),
		index,
		id: name,
		outcome: fc.constantFrom("written", "refused"),
	}),
);

export const randomBulkAnswer: fc.Arbitrary<RandomBulkAnswer> = fc
	.array(item, { maxLength: 12 })
	.chain((items) =>
		fc
			.shuffledSubarray([...items.keys()], { minLength: items.length })
			.map((order) => answerOf(items, order)),
	);

/** @param order in which those failed that were not sent, among all */
function answerOf(
	items: readonly Item[],
	order: readonly number[],
): RandomBulkAnswer {
	const expected = items.map(resultOf);
	const unsent = order.filter((at) => items[at]?.outcome === "unsent");
	// What was sent is in its place; the others fill the places between, in the order in which they failed.
	const answered = items.map(({ outcome }, at) =>
		outcome === "unsent" ? expected[unsent.shift() ?? at] : expected[at],
	);
	return {
		targets: items.map(({ operation, index, id }) => ({
			operation,
			index,
			id,
		})),
		expected,
		json: `{"took":3,"ingest_took":1,"errors":true,"items":[${answered.join(",")}]}`,
	};
}

function resultOf(
	{ operation, index, id, outcome }: Item,
	number: number,
): string {
	const _index = index;
	if (outcome === "unsent") {
		const error = { type: "illegal_argument_exception", reason: 'no "{"' };
		// What an update inserts has become an index request without an id by then.
		return operation === "update"
			? JSON.stringify({ index: { _index, _id: null, status: 400, error } })
			: JSON.stringify({
					[operation]: { _index, _id: id ?? null, status: 400, error },
				});
	}
	const _id = id ?? `made-${number}`;
	if (outcome === "refused") {
		const reason = `[${_id}]: version conflict ${number}`;
		const error = { type: "version_conflict_engine_exception", reason };
		return JSON.stringify({ [operation]: { _index, _id, status: 409, error } });
	}
	return JSON.stringify({
		[operation]: { _index, _id, _version: 1, _seq_no: number, status: 200 },
	});
}
