import type { AnswerHit } from "../../../search/answers/answer-hit.ts";
import { valueAt } from "../../../search/answers/source-path.ts";
import { rawElements } from "../../../search/raw-json.ts";
import { shownText } from "./java-text.ts";

/**
 * What a hit says in some fields, one behind the other with nothing between, as neural-search puts it together. A field
 * that the hit does not show adds nothing.
 */
export function documentText(
	hit: AnswerHit,
	fields: readonly string[],
): string {
	const { fields: shown, source } = hit;
	return fields
		.map((field) => {
			const values = shown.get(field);
			// Of several values that were asked for as `fields`, the first.
			if (values !== undefined)
				return shownText(rawElements(values)[0] ?? "null");
			const value = source && valueAt(source, field);
			if (value === undefined) return "";
			return value.startsWith("[")
				? rawElements(value).map(shownText).join(" ")
				: shownText(value);
		})
		.join("");
}
