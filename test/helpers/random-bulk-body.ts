import fc from "fast-check";

/** A body as it is sent, and the items that are in it. */
export interface RandomBulkBody {
	body: Buffer;
	items: readonly ExpectedItem[];
}

interface ExpectedItem {
	action: {
		operation: string;
		index: string | undefined;
		id: string | undefined;
		pipeline: string | undefined;
	};
	/** With what stands before it: blank lines, or a byte order mark. */
	actionLine: string;
	source: string | undefined;
}

/** Members of an action line that mean nothing to the sidecar; `retry_on_conflict` twice is OpenSearch's to refuse. */
const otherOptions = fc.constantFrom(
	`"routing" : "a\\u0062"`,
	`"version":12345678901234567890123`,
	`"if_seq_no":1.0`,
	`"retry_on_conflict":1,"retry_on_conflict":2`,
	`"require_alias":\tfalse`,
);

const name = fc.oneof(
	fc.constantFrom(undefined, "a", "über", "7", "true", "😀", `with "quotes"`),
	fc.string({ minLength: 1, maxLength: 5 }),
);

const source = fc.oneof(
	{ weight: 6, arbitrary: fc.json({ maxDepth: 2 }) },
	{
		weight: 4,
		arbitrary: fc.constantFrom(
			`{"t":"a","t":"b","t":"c"}`,
			`{"n":12345678901234567890123,"m":1E400,"k":-0}`,
			`{ "t" : "\\ud83d\\ude00 é" }`,
			`{"t":`,
			"garbage",
			"7",
			"",
			" ",
			`{"index":{}}`,
			"\ufeff{}",
		),
	},
);

const blanks = fc.oneof(
	{ weight: 6, arbitrary: fc.constant("") },
	{
		weight: 1,
		arbitrary: fc.constantFrom("\n", "\r\n", " \n", "\n\n \t\r\n"),
	},
);

const lineBreak = fc.constantFrom("\n", "\n", "\r\n");

const item = fc
	.record({
		operation: fc.constantFrom("index", "create", "update", "delete"),
		index: name,
		id: name,
		pipeline: name,
		others: fc.array(otherOptions, { maxLength: 2 }),
		source,
		blanks,
		breaks: fc.tuple(lineBreak, lineBreak),
	})
	.map((made): ExpectedItem => {
		const { operation, index, id, pipeline, breaks } = made;
		const options = [
			...named("_index", index),
			...made.others,
			...named("_id", id),
			...named("pipeline", pipeline),
		];
		return {
			action: { operation, index, id, pipeline },
			actionLine: `${made.blanks}{ "${operation}":{${options.join(" , ")}}}${breaks[0]}`,
			source: operation === "delete" ? undefined : made.source + breaks[1],
		};
	});

function named(option: string, value: string | undefined): string[] {
	return value === undefined ? [] : [`"${option}":${JSON.stringify(value)}`];
}

/** What may stand behind the last item. Of all but blank lines OpenSearch says that they are no action. */
const end = fc.oneof(
	{ weight: 6, arbitrary: fc.constant("") },
	{
		weight: 1,
		arbitrary: fc.constantFrom(
			"\n",
			" \r\n\n",
			"garbage\n",
			`{"put":{}}\n{}\n`,
		),
	},
);

export const randomBulkBody: fc.Arbitrary<RandomBulkBody> = fc
	.record({
		items: fc.array(item, { maxLength: 12 }),
		mark: fc.constantFrom("", "", "", "\ufeff"),
		end,
		cutsLast: fc.boolean(),
	})
	.map(({ items, mark, end, cutsLast }) => {
		const expected = items.map((made) => ({ ...made }));
		const [first] = expected;
		// Before a blank line it would make that one something else.
		if (first?.actionLine.startsWith("{"))
			first.actionLine = mark + first.actionLine;
		const last = expected.at(-1);
		if (last && cutsLast && end === "") {
			if (last.source === undefined)
				last.actionLine = last.actionLine.trimEnd();
			else if (last.source.trim() !== "")
				last.source = last.source.replace(/\r?\n$/, "");
		}
		const text = expected.map(
			({ actionLine, source = "" }) => actionLine + source,
		);
		return { body: Buffer.from(text.join("") + end), items: expected };
	});
