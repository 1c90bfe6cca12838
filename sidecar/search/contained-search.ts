import { isObject, type JsonObject } from "../../ingest/json.ts";
import { SidecarError } from "../errors.ts";

/** As deep as OpenSearch reads JSON. */
const maxDepth = 1_000;

/** Keys of a search's top level that make OpenSearch do something else than search one index, and what. */
const otherThanSearch: ReadonlyMap<string, string> = new Map([
	["pit", "it would search in other indices"],
	["indices_boost", "it names indices"],
	["search_pipeline", "it runs a pipeline"],
	["verbose_pipeline", "it runs a pipeline"],
	["ext", "it is for plugins and pipelines"],
	["derived", "its fields are scripts"],
]);

/** Keys below which the search reads what it must not, wherever they stand, and why. */
const reaching: ReadonlyMap<string, string> = new Map([
	["indexed_shape", "it reads documents of other indices"],
	["percolate", "it reads documents of other indices"],
	["wrapper", "its query is encoded: write the query itself"],
	["collate", "its query is a script"],
	["source_fields", "it reads what is stored and not shown"],
]);

/** Painless reads all of a document, also what is not shown, and can hide in which words. */
const script = /^(?:_?scripts?|script_\w+|scripted_\w+|\w+_script)$/;

/** Keys whose children have names of the client's own choice. */
const naming: ReadonlySet<string> = new Set([
	"aggs",
	"aggregations",
	"suggest",
]);

/**
 * Checks that a search, sent with the sidecar's own rights to one index, shows nothing but documents of that index as
 * the API shows them: whatever reads elsewhere, runs code, or looks behind what is shown is refused by name.
 *
 * @param hides whether the search is narrowed to what is shown: then nothing in it may leave that aside
 * @throws SidecarError bad_request
 */
export function checkContained(
	body: JsonObject,
	{ hides }: { hides: boolean },
): void {
	for (const key of Object.keys(body)) {
		const reason = otherThanSearch.get(key);
		if (reason !== undefined) refuse(key, reason);
	}
	check(body, { depth: 0, named: false, like: false, hides });
}

interface Place {
	depth: number;
	/** The keys are names. */
	named: boolean;
	/** Below a `more_like_this`. */
	like: boolean;
	hides: boolean;
}

function check(value: unknown, place: Place): void {
	if (typeof value !== "object" || value === null) return;
	if (place.depth > maxDepth)
		throw new SidecarError(
			"bad_query",
			`the search is nested deeper than ${maxDepth} levels`,
		);
	const inner = { ...place, depth: place.depth + 1, named: false };
	if (Array.isArray(value)) {
		for (const item of value) check(item, inner);
		return;
	}
	for (const [key, item] of Object.entries(value)) {
		if (!place.named) checkKey(key, item, place);
		check(item, {
			...inner,
			named: !place.named && naming.has(key) && isObject(item),
			like: place.like || key === "more_like_this",
		});
	}
}

function checkKey(key: string, value: unknown, { like, hides }: Place): void {
	const reason = reaching.get(key);
	if (reason !== undefined) refuse(key, reason);
	if (script.test(key)) refuse(key, "scripts read all of a document");
	const scalar = typeof value !== "object" || value === null;
	if (scalar && (key === "index" || (like && key === "_index")))
		refuse(key, "it reads documents of another index");
	if (hides && key === "global" && isObject(value))
		refuse(key, "it passes over what the search is narrowed to");
}

function refuse(key: string, reason: string): never {
	throw new SidecarError(
		"bad_request",
		`[${key}] is not supported in a search of the model API: ${reason}`,
	);
}
