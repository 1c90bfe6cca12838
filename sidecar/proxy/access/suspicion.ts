import { isUtf8 } from "node:buffer";
import { isWide } from "../../../ingest/body-text.ts";
import type { BodyLanguage } from "./body-language.ts";
import type { HiddenNames } from "./hidden-names.ts";

/** What a body holds that names one of the sidecar's indices: the name, an escape in it, or date math. */
const named = /ml-sidecar|\\u|"\s*<|wrapper/;
const pattern = /ml-sidecar|\\u|"\s*<|wrapper|\*/;

/** Bodies that mean all indices, or change what the sidecar's have, without a word of them. */
const always: ReadonlySet<BodyLanguage> = new Set([
	"restore",
	"index template",
	"pipeline",
	"template",
	"stored script",
]);

/** Languages in which names may be patterns. */
const withPatterns: ReadonlySet<BodyLanguage> = new Set([
	"administration",
	"reindex",
	"text",
]);

/** Bytes that begin a character of UTF-8 with more bytes than it needs. */
const overlong = /[\xc0\xc1]|\xe0[\x80-\x9f]|\xf0[\x80-\x8f]/;

/** Whether a whole body, or a line of one, has to be parsed. */
export function isSuspicious(
	body: Buffer,
	language: BodyLanguage,
	names: HiddenNames,
): boolean {
	return (
		isWide(body) ||
		!isUtf8(body) ||
		always.has(language) ||
		(withPatterns.has(language) ? pattern : named).test(
			body.toString("latin1"),
		) ||
		[...names.aliases].some((alias) => body.includes(alias))
	);
}

/** Whether a part of a body whose beginning is plain holds what would have to be parsed. */
export function isSuspiciousPart(
	part: Buffer,
	language: BodyLanguage,
	names: HiddenNames,
): boolean {
	const text = part.toString("latin1");
	return (
		always.has(language) ||
		overlong.test(text) ||
		(withPatterns.has(language) ? pattern : named).test(text) ||
		[...names.aliases].some((alias) => part.includes(alias))
	);
}

/**
 * Whether a body that is not JSON may name one of them. YAML can write any character as an escape, in pieces or as
 * base64, and CBOR can part a string: such bodies can't be told from harmless ones.
 */
export function isSuspiciousForeign(
	body: Buffer,
	language: BodyLanguage,
	names: HiddenNames,
): boolean {
	const text = body.toString("latin1");
	return (
		always.has(language) ||
		overlong.test(text) ||
		/ml-sidecar|\\|!|<|\x7f/.test(text) ||
		(withPatterns.has(language) && text.includes("*")) ||
		names.mentionedIn(body.toString("utf8"))
	);
}
