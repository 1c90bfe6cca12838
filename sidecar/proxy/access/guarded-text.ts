import { Readable } from "node:stream";
import { splitLines } from "../../../ingest/bulk/bulk-lines.ts";
import type { BodyLanguage } from "./body-language.ts";
import { GuardedBulk } from "./guarded-bulk.ts";
import { guardedJson } from "./guarded-json.ts";
import {
	guardedSearches,
	type SearchesGuardOptions,
} from "./guarded-searches.ts";
import { checkRendered, neverRendered } from "./rendered-template.ts";
import { isSuspicious } from "./suspicion.ts";

/**
 * A body that is in memory already, such that it does not reach the sidecar's indices through a wildcard.
 *
 * @throws SidecarError forbidden_index where it names one of them
 */
export async function guardedText(
	text: string,
	language: BodyLanguage,
	options: SearchesGuardOptions,
): Promise<string> {
	const { names, render = neverRendered } = options;
	const body = Buffer.from(text);
	if (language === "none") return text;
	if (language === "bulk") {
		const guard = new GuardedBulk(names);
		guard.next(body);
		guard.end();
		return text;
	}
	if (language === "searches" || language === "templates") {
		const lines = splitLines(Readable.from([body]), body.length);
		const guarded: Buffer[] = [];
		for await (const part of guardedSearches(lines, language, options))
			guarded.push(part);
		return Buffer.concat(guarded).toString();
	}
	if (language === "template") await checkRendered(body, names, render);
	return isSuspicious(body, language, names)
		? (guardedJson(body, language, names) ?? text)
		: text;
}
