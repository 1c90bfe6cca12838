import { isRecord, valueAt } from "../../integration/conformance/json.ts";
import { at, type Change } from "../ingest-cases/difference.ts";
import { readRecording } from "./recording.ts";

type Json = Record<string, unknown>;

/** Every error of an answer, also those within an `_msearch`. */
function* errorHolders(value: unknown): Generator<Json> {
	if (Array.isArray(value)) for (const one of value) yield* errorHolders(one);
	if (!isRecord(value)) return;
	if (isRecord(value.error) && typeof value.status === "number") yield value;
	for (const [key, one] of Object.entries(value))
		if (key !== "error") yield* errorHolders(one);
}

/** Each error gives way to the cause of its causes. */
export const innermostAlone: Change = (recorded) => {
	for (const holder of errorHolders(recorded)) {
		let cause: unknown = holder.error;
		while (isRecord(cause) && isRecord(cause.caused_by))
			cause = cause.caused_by;
		holder.error = cause;
	}
};

/** Every answer refuses the request. */
export function refusal(
	reason: string,
	type = "illegal_argument_exception",
	status = 400,
): Change {
	return (recorded) => {
		for (const answer of answersOf(recorded)) {
			answer.status = status;
			answer.body = { error: { type, reason }, status };
		}
	};
}

/** Every answer has these values at these places of its body. */
function inBodies(values: Readonly<Json>): Change {
	return (recorded) => {
		for (const answer of answersOf(recorded)) {
			if (valueAt(answer, "body.hits") === undefined) continue;
			at(values)(answer.body);
		}
	};
}

/** The answers that neural-search gives to another case, which asks for the same in a way that it understands. */
export function asIn(name: string): Change {
	return (recorded) => {
		const { answers } = readRecording().cases[name] ?? {};
		if (!answers) throw new Error(`no case ${name}`);
		at({ answers })(recorded);
	};
}

/** The hits of another case, from this index. */
export function hitsAsIn(name: string, _index: string): Change {
	return (recorded) => {
		const hits = recordedHits(name).map((hit): Json => ({ ...hit, _index }));
		at({
			"answers.0.body.hits.max_score": hits[0]?._score,
			"answers.0.body.hits.hits": hits,
		})(recorded);
	};
}

/** The scores of another case's hits. */
export function scoresAsIn(name: string): Change {
	return (recorded) => {
		const scores = recordedHits(name).map(({ _score }) => _score);
		at({ "answers.0.body.hits.max_score": scores[0] })(recorded);
		const hits = hitsOf(valueAt(recorded, "answers.0"));
		for (const [place, hit] of hits.entries()) {
			const { _score } = hit;
			hit._score = scores[place];
			if (valueAt(hit, "_explanation.value") === _score)
				at({ "_explanation.value": hit._score })(hit);
		}
	};
}

/** Each hit is changed. */
export function eachHit(change: (hit: Json) => void): Change {
	return (recorded) => {
		for (const answer of answersOf(recorded)) hitsOf(answer).forEach(change);
	};
}

/** No hits have no `max_score`, as in any other search. */
export const noMaxScore = inBodies({ "hits.max_score": null });

function answersOf(recorded: unknown): Json[] {
	const answers = valueAt(recorded, "answers");
	return Array.isArray(answers) ? answers.filter(isRecord) : [];
}

function recordedHits(name: string): Json[] {
	return hitsOf(readRecording().cases[name]?.answers[0]);
}

function hitsOf(answer: unknown): Json[] {
	const hits = valueAt(answer, "body.hits.hits");
	return Array.isArray(hits) ? hits.filter(isRecord) : [];
}
