import { truncatedTextsHeaders } from "./truncated-texts.ts";

/** Says on an answer how long the models took for the texts of a search, milliseconds. */
export const embedMsHeader = "X-Sidecar-Embed-Ms";

/** What is said of a search that was rewritten, beside its answer. */
export interface SearchNotes {
	/** Undefined where it is not to be said. */
	embedMs: number | undefined;
	truncatedTexts: number;
	/** In OpenSearch's own form of a `Warning` header: see RFC 7234, section 5.5. */
	warnings: readonly string[];
}

/** The headers of an answer. */
export function searchHeaders({
	embedMs,
	truncatedTexts,
	warnings,
}: SearchNotes): Record<string, string> {
	return {
		...truncatedTextsHeaders(truncatedTexts),
		...(embedMs !== undefined && { [embedMsHeader]: embedMs.toFixed(3) }),
		...(warnings.length > 0 && {
			Warning: warnings.map(warningValue).join(", "),
		}),
	};
}

/** 299 is the code of a warning that stays, `-` an agent without a name. */
function warningValue(text: string): string {
	return `299 - ${JSON.stringify(text.replaceAll(/[^\x20-\x7e]/g, "?"))}`;
}
