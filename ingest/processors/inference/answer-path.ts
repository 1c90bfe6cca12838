/** One step into an answer: a member's name, an element's number (from the end below 0), or all there is. */
export type AnswerStep = string | number;

/** A JSON path of names, numbers and wildcards. */
export interface AnswerPath {
	/** As it was written. */
	readonly text: string;
	readonly steps: readonly AnswerStep[];
}

/** The path to an answer as a whole. */
export const wholeAnswer: AnswerPath = { text: "$", steps: [] };

const all = "*";

const step =
	/\.\*|\[\*\]|\.?([A-Za-z_][A-Za-z0-9_]*)|\[(-?[0-9]{1,9})\]|\['([^']*)'\]|\["([^"]*)"\]/y;

/** What there is at each depth of an answer to a text embedding request: each has one output. */
const depths: readonly ((step: AnswerStep) => boolean)[] = [
	(name) => name === "inference_results" || name === all,
	(number) => typeof number === "number" || number === all,
	(name) => name === "output" || name === all,
	(number) => number === 0 || number === -1 || number === all,
	(name) =>
		["name", "data_type", "shape", "data", all].some((known) => known === name),
];

/** Undefined for a path that says more than names, numbers and wildcards, or leads to nothing in any answer. */
export function parseAnswerPath(text: string): AnswerPath | undefined {
	const steps: AnswerStep[] = [];
	step.lastIndex = text.startsWith("$") ? 1 : 0;
	while (step.lastIndex < text.length) {
		const match = step.exec(text);
		if (!match) return undefined;
		const [, bare, number, ...quoted] = match;
		const name = bare ?? quoted.find((one) => one !== undefined);
		steps.push(number === undefined ? (name ?? all) : Number(number));
	}
	return steps.every((one, depth) => depths[depth]?.(one))
		? { text, steps }
		: undefined;
}

/** ml-commons' answer to a text embedding request, for vectors as they are parsed from JSON. */
export function embeddingAnswer(vectors: readonly unknown[]): unknown {
	return {
		inference_results: vectors.map((data) => ({
			output: [
				{
					name: "sentence_embedding",
					data_type: "FLOAT32",
					shape: [Array.isArray(data) ? data.length : 1],
					data,
				},
			],
		})),
	};
}

/** What a path leads to: a list, if it has a wildcard; undefined where it has none and leads to nothing. */
export function readAnswer(answer: unknown, { steps }: AnswerPath): unknown {
	const found = steps.reduce<unknown[]>(
		(values, one) => values.flatMap((value) => below(value, one)),
		[answer],
	);
	return steps.includes(all) ? found : found[0];
}

function below(value: unknown, one: AnswerStep): unknown[] {
	if (typeof value !== "object" || value === null) return [];
	if (one === all) return Object.values(value);
	const key =
		typeof one === "number" && Array.isArray(value) && one < 0
			? value.length + one
			: one;
	return Object.hasOwn(value, key) ? [Reflect.get(value, key)] : [];
}
