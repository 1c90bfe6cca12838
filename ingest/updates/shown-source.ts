import { isObject } from "../json.ts";

/*
 * What the answer to an update shows of the document is the document before its pipeline has run: with the marks
 * that the sidecar has put there, unless it is told to leave them out.
 */

/** The fields that only the guards of pipelines look at. */
const marks = "_ml_sidecar_*";

/** What a URL says of the document in an answer. */
export interface ShownParameters {
	_source: string | undefined;
	_source_includes: string | undefined;
	_source_excludes: string | undefined;
}

/**
 * The `_source` of an update's body that shows what the client asked for, and no marks; undefined where nothing was asked
 * for, or what OpenSearch refuses.
 *
 * @param own the body's, as JSON text: it counts before the URL's
 */
export function shownWithoutMarks(
	own: string | undefined,
	parameters: ShownParameters,
): string | undefined {
	const asked: unknown =
		own === undefined ? fromParameters(parameters) : JSON.parse(own);
	if (asked === undefined) return undefined;
	if (asked === true) return JSON.stringify({ excludes: [marks] });
	if (typeof asked === "string" || Array.isArray(asked))
		return JSON.stringify({ includes: asked, excludes: [marks] });
	if (!isObject(asked)) return own;
	const name = "exclude" in asked ? "exclude" : "excludes";
	const { [name]: excluded, ...others } = asked;
	const list = excluded === undefined ? [] : [excluded].flat();
	return JSON.stringify({ ...others, [name]: [...list, marks] });
}

function fromParameters(parameters: ShownParameters): unknown {
	const { _source, _source_includes, _source_excludes } = parameters;
	const named = _source_includes ?? _source;
	if (named === undefined && _source_excludes === undefined) return undefined;
	if (_source === "false") return undefined;
	const includes = named === undefined || named === "true" ? [] : listOf(named);
	return { includes, excludes: listOf(_source_excludes ?? "") };
}

function listOf(text: string): string[] {
	return text.split(",").filter((name) => name !== "");
}
