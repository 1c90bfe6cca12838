import { SidecarError } from "../../errors.ts";
import type {
	RenameField,
	SortValues,
	SplitText,
} from "../pipelines/search-pipeline.ts";
import {
	membersJson,
	parsedValue,
	type RawMembers,
	rawElements,
} from "../raw-json.ts";
import type { AnswerHit } from "./answer-hit.ts";
import type { SearchAnswer } from "./search-answer.ts";
import { splitText } from "./split-pattern.ts";

/*
 * OpenSearch's own response processors that change what hits show of a field, in `_source` and in `fields`: they are run
 * here where they stand behind one of the sidecar's. A field is a name of the top level, never a path.
 */

/** `rename_field`. @throws SidecarError for a hit without the field where none before had it either, as OpenSearch counts */
export function renameField(
	answer: SearchAnswer,
	processor: RenameField,
): void {
	const { field, targetField, ignoreMissing } = processor;
	let found = false;
	const rename = (members: RawMembers): boolean => {
		const value = members.get(field);
		if (value === undefined) return false;
		found = true;
		members.delete(field);
		// What had the name before is gone, as with a map's entry.
		members.delete(targetField);
		members.set(targetField, value);
		return true;
	};
	for (const hit of answer.hits) {
		changeFields(hit, rename);
		changeSource(hit, rename);
		if (!found && !ignoreMissing)
			throw new SidecarError(
				"bad_request",
				`Document with id ${hit.id} is missing field ${field}`,
			);
	}
}

/** `sort`: the values of a list, not the hits. @throws SidecarError for values that have no order */
export function sortValues(answer: SearchAnswer, processor: SortValues): void {
	const { field, targetField } = processor;
	const sort = (members: RawMembers): boolean => {
		const list = members.get(field);
		if (!list?.startsWith("[")) return false;
		members.set(targetField, `[${sorted(rawElements(list), processor)}]`);
		return true;
	};
	for (const hit of answer.hits) {
		changeFields(hit, sort);
		changeSource(hit, sort);
	}
}

function sorted(
	values: readonly string[],
	{ field, order }: SortValues,
): string[] {
	const read = values.map((json) => ({ json, value: parsedValue(json) }));
	for (const { value } of read) {
		if (value === null)
			throw new SidecarError(
				"bad_request",
				`field [${field}] contains a null value.]`,
			);
		if (typeof value === "object" || typeof value !== typeof read[0]?.value)
			throw new SidecarError(
				"bad_request",
				`field [${field}] has values that are not comparable with each other`,
			);
	}
	const sign = order === "asc" ? 1 : -1;
	return read
		.toSorted((a, b) => sign * compared(a.value, b.value))
		.map(({ json }) => json);
}

/** By UTF-16 units, as Java compares texts. */
function compared(a: unknown, b: unknown): number {
	if (typeof a === "number" && typeof b === "number") return a - b;
	const [left, right] = [String(a), String(b)];
	return left < right ? -1 : left > right ? 1 : 0;
}

/** `split`. @throws SidecarError for a separator that the sidecar does not run, or a field whose value is no text */
export function splitField(answer: SearchAnswer, processor: SplitText): void {
	const { field, targetField, separator, preserveTrailing } = processor;
	const split = (members: RawMembers, text: string): boolean => {
		const parts = splitText(text, separator, preserveTrailing);
		members.set(targetField, JSON.stringify(parts));
		return true;
	};
	for (const hit of answer.hits) {
		changeFields(hit, (members) => {
			const list = members.get(field);
			if (list === undefined) return false;
			const first = parsedValue(rawElements(list)[0]);
			if (typeof first === "string") return split(members, first);
			throw new SidecarError(
				"bad_request",
				`field [${field}] is not a string, cannot split`,
			);
		});
		changeSource(hit, (members) => {
			const value = members.get(field);
			return (
				value?.startsWith('"') === true &&
				split(members, String(parsedValue(value)))
			);
		});
	}
}

/** @param change says whether it changed anything */
function changeSource(
	hit: AnswerHit,
	change: (members: RawMembers) => boolean,
): void {
	const { source } = hit;
	if (source && change(source)) hit.set("_source", membersJson(source));
}

function changeFields(
	hit: AnswerHit,
	change: (members: RawMembers) => boolean,
): void {
	const { fields } = hit;
	if (change(fields)) hit.set("fields", membersJson(fields));
}
