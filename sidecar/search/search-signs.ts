import { isWide } from "../../ingest/body-text.ts";

/** A letter or an underscore written as nobody has to write it in JSON. */
const escaped = String.raw`\\u00(?:5[fF]|6[1-9a-fA-F]|7[0-9aA])`;

/** Within a template that is a text, quotes and white space have a backslash before them. */
const quote = String.raw`\\*"`;
const space = String.raw`[\s\\nrt]*`;

/** Behind a name stands a colon, with a comment between maybe, or what was not read. */
const named = `"(?:neural|neural_sparse|hybrid|rerank|search_pipeline|wrapper)${quote}${space}(?:[:/]|$)`;

/** A type of highlighters. */
const highlighter = `"type${quote}${space}[:/][^"]*"semantic${quote}`;

const ofSearch = new RegExp([named, highlighter, escaped].join("|"));
const ofTemplate = new RegExp(
	`neural|hybrid|semantic|rerank|search_pipeline|wrapper|${escaped}`,
);

/**
 * Without parsing: whether the body of one or more searches, or its beginning, may hold something that is the sidecar's
 * to do. That must have its name there, in plain letters, with a JSON escape among them, or encoded within a `wrapper`;
 * a text that says such a word is nothing.
 */
export function mayConcern(body: Buffer): boolean {
	return ofSearch.test(body.toString("latin1")) || isWide(body);
}

/** The same of a template, which may put names together of what it is given. */
export function mayMakeConcerning(template: Buffer): boolean {
	return ofTemplate.test(template.toString("latin1")) || isWide(template);
}
