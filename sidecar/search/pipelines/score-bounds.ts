import { illegal } from "../../../ingest/invalid-definition.ts";
import { isObject, type JsonObject } from "../../../ingest/json.ts";
import { javaDouble } from "../../../ingest/processors/definition-options.ts";
import { SidecarError } from "../../errors.ts";
import { maxSubQueries } from "../hybrid/hybrid-query.ts";
import type { Bound } from "./search-pipeline.ts";

/** How far from 0 a bound may be. */
const farthest = 10_000;

const modes = ["apply", "clip", "ignore"] as const;

/** The two lists of bounds that `min_max` takes: the key of their scores, and the score of a bound without one. */
const lists = {
	lower_bounds: { score: "min_score", otherwise: 0 },
	upper_bounds: { score: "max_score", otherwise: 1 },
} as const;

type ListName = keyof typeof lists;

/** What the normalization techniques say of parameters that they don't know, or of bounds that are none. */
export function unrecognized() {
	return illegal("unrecognized parameters in normalization technique");
}

/**
 * The bounds of the scores of each sub-query; undefined where there are none.
 *
 * @throws InvalidDefinition, and SidecarError for a score that is no number
 */
export function parseBounds(parameters: JsonObject): {
	lowerBounds: readonly Bound[] | undefined;
	upperBounds: readonly Bound[] | undefined;
} {
	for (const [name, value] of Object.entries(parameters))
		if (!isListName(name) || !isRecognized(name, value)) throw unrecognized();
	return {
		lowerBounds: boundsIn(parameters, "lower_bounds"),
		upperBounds: boundsIn(parameters, "upper_bounds"),
	};
}

function isListName(name: string): name is ListName {
	return Object.hasOwn(lists, name);
}

/** Whether a value may be bounds: a bound or a list of them, each without anything that no bound has. */
function isRecognized(name: ListName, value: unknown): boolean {
	const known: readonly string[] = ["mode", lists[name].score];
	const isBound = (one: unknown) =>
		isObject(one) && Object.keys(one).every((key) => known.includes(key));
	return Array.isArray(value) ? value.every(isBound) : isBound(value);
}

function boundsIn(
	parameters: JsonObject,
	name: ListName,
): readonly Bound[] | undefined {
	if (!Object.hasOwn(parameters, name)) return undefined;
	const list = parameters[name];
	if (!Array.isArray(list)) throw illegal(`${name} must be a List`);
	if (list.length > maxSubQueries)
		throw illegal(
			`${name} size ${list.length} should be less than or equal to ${maxSubQueries}`,
		);
	return list.map((bound) => readBound(isObject(bound) ? bound : {}, name));
}

function readBound(bound: JsonObject, list: ListName): Bound {
	return { mode: readMode(bound.mode), score: readScore(bound, list) };
}

function readMode(value: unknown): Bound["mode"] {
	const text = typeof value === "object" ? JSON.stringify(value) : `${value}`;
	if (value === undefined || value === null || text === "") return "apply";
	const mode = modes.find((known) => known === text.toLowerCase());
	if (mode !== undefined) return mode;
	throw illegal(`invalid mode: ${text}, valid values are: ${modes.join(", ")}`);
}

function readScore(bound: JsonObject, list: ListName): number {
	const { score: name, otherwise } = lists[list];
	const value = bound[name] ?? otherwise;
	const score = javaDouble(value);
	if (score === undefined)
		throw new SidecarError(
			"bad_request",
			`invalid format for ${name}: must be a valid float value`,
			{
				causedBy: {
					type: "number_format_exception",
					reason: `For input string: "${value}"`,
				},
			},
		);
	if (Math.abs(score) > farthest)
		throw illegal(
			`${name} must be a valid finite number between ${(-farthest).toFixed(6)} and ${farthest.toFixed(6)}`,
		);
	return Math.fround(score);
}
