import { bodyText } from "../../../ingest/body-text.ts";
import { DocumentEdit } from "../../../ingest/document-edit.ts";
import { elements, type Member, members } from "../../../ingest/json-tree.ts";
import { SidecarError } from "../../errors.ts";
import type { BodyLanguage } from "./body-language.ts";
import { guardedJson } from "./guarded-json.ts";
import type { HiddenNames } from "./hidden-names.ts";
import {
	expansionOf,
	missingExclusions,
	spelledOut,
} from "./index-expression.ts";
import { checkWords, readJson } from "./json-text.ts";
import {
	checkRendered,
	neverRendered,
	type RenderTemplate,
} from "./rendered-template.ts";
import { isSuspicious } from "./suspicion.ts";

/** What a request says for the headers that do not. */
export interface HeaderDefaults {
	/** The index expression of the path. */
	readonly index: string | undefined;
	/** Whether wildcards match hidden indices. */
	readonly hidden: boolean;
}

export interface SearchesGuardOptions {
	names: HiddenNames;
	defaults: HeaderDefaults;
	/** Needed for search templates. */
	render?: RenderTemplate;
}

const lineBreak = 0x0a;
const plainHeader = /^[^\\<*\0\x80-\xff]*$/;
const telling = /ml-sidecar|_all|expand_?wildcards/i;

/**
 * The body of a multi-search that does not reach the sidecar's indices through a wildcard, batch by batch; lines that
 * need no change stay to the byte.
 *
 * @param batches of lines, each with its line break, which the last one may lack
 * @throws SidecarError forbidden_index where a line names one of them
 */
export async function* guardedSearches(
	batches: AsyncIterable<readonly Buffer[]>,
	language: BodyLanguage & ("searches" | "templates"),
	{ names, defaults, render = neverRendered }: SearchesGuardOptions,
): AsyncGenerator<Buffer> {
	const one = language === "searches" ? "search" : "template";
	let isHeader = true;
	let isFirst = true;
	// A body may be one header again and again.
	let last: { header: Buffer; guarded: Buffer } | undefined;
	for await (const lines of batches) {
		const guarded: Buffer[] = [];
		for (const line of lines) {
			// OpenSearch passes over a line break at the very beginning.
			const isSkipped = isFirst && line.length === 1 && line[0] === lineBreak;
			isFirst = false;
			if (isHeader && !isSkipped) {
				if (!last?.header.equals(line))
					last = {
						header: line,
						guarded: guardedHeader(line, names, defaults),
					};
				guarded.push(last.guarded);
			} else {
				if (!isSkipped && isSuspicious(line, one, names))
					guardedJson(line, one, names);
				if (!isSkipped && one === "template")
					await checkRendered(line, names, render);
				guarded.push(line);
			}
			if (!isSkipped) isHeader = !isHeader;
		}
		yield Buffer.concat(guarded);
	}
}

function guardedHeader(
	line: Buffer,
	names: HiddenNames,
	defaults: HeaderDefaults,
): Buffer {
	const latin1 = line.toString("latin1");
	const plain =
		!defaults.hidden &&
		names.aliases.size === 0 &&
		plainHeader.test(latin1) &&
		!telling.test(latin1);
	if (plain) return line;
	const text = bodyText(line);
	const json = readJson(text.trim() === "" ? "{}" : text);
	if (json?.root.type !== "object") {
		checkWords(text, names);
		throw new SidecarError(
			"bad_json",
			"a header of the multi-search is not valid JSON",
		);
	}
	const found = members(json.root);
	const named = found.filter(
		({ name }) => name === "index" || name === "indices",
	);
	for (const member of named)
		missingExclusions(expressionOf(member), names, { hidden: false });
	const index = named.at(-1);
	const expression = index ? expressionOf(index) : (defaults.index ?? "");
	const expand =
		found.find(({ name }) => name === "expand_wildcards") ??
		found.find(({ name }) => name === "expandWildcards");
	const { any, hidden } = expand
		? expansionOf(expressionOf(expand).split(","))
		: { any: true, hidden: defaults.hidden };
	// Without a pattern an expression for all indices leaves hidden ones out, whatever aliases they have.
	if (!any || (expression === "" && !hidden)) return line;
	const missing = missingExclusions(expression, names, { hidden });
	if (missing === "") return line;
	const edit = new DocumentEdit(json.text);
	edit.set(
		json.root,
		[index?.name ?? "index"],
		JSON.stringify(
			spelledOut(expression).replace(/,+$/, "").concat(missing).split(","),
		),
	);
	return Buffer.from(`${edit.apply()}\n`);
}

/** A string, or an array of them, as one expression. */
function expressionOf({ value }: Member): string {
	return elements(value)
		.map((element) => String(element.value ?? ""))
		.join(",");
}
