import type { AnswerHit } from "../../../search/answers/answer-hit.ts";
import type { SearchAnswer } from "../../../search/answers/search-answer.ts";
import type {
	MarkedField,
	SemanticHighlight,
} from "../../../search/answers/semantic-highlight.ts";
import { markedText, type Span } from "../../../search/answers/sentences.ts";
import {
	membersJson,
	parsedValue,
	rawElements,
	rawMembers,
} from "../../../search/raw-json.ts";
import type { RunTerms } from "../../run-terms.ts";
import { readHighlightOptions } from "./highlight-options.ts";
import { plainText } from "./html-text.ts";
import type { SentenceFinder } from "./sentence-finder.ts";

/** A field of a hit whose text is to be marked. */
interface Place {
	readonly hit: AnswerHit;
	readonly name: string;
	readonly text: string;
	readonly field: MarkedField;
}

/** Marks the sentences of hits that fit what was looked for. */
export class SemanticHighlighter {
	readonly #finder: SentenceFinder;

	constructor(finder: SentenceFinder) {
		this.#finder = finder;
	}

	/** @throws SidecarError for options that are not valid; as the models do */
	async highlight(
		answer: SearchAnswer,
		highlight: SemanticHighlight,
		terms: RunTerms,
	): Promise<void> {
		const places = answer.hits.flatMap((hit) => placesOf(hit, highlight));
		const groups = groupsOf(places);
		const found = await Promise.all(
			[...groups.values()].map(async (group) => {
				const [first] = group;
				if (!first) return [];
				const { text, options } = first.field;
				const texts = group.map((place) => place.text);
				const spans = await this.#finder.find(texts, {
					...readHighlightOptions(options),
					query: text,
					terms,
				});
				return group.map((place, index) => ({
					place,
					spans: spans[index] ?? [],
				}));
			}),
		);
		for (const { place, spans } of found.flat()) mark(place, spans);
	}
}

/** By what they are compared with, and how. */
function groupsOf(places: readonly Place[]): Map<string, Place[]> {
	const groups = new Map<string, Place[]>();
	for (const place of places) {
		const key = JSON.stringify([place.field.text, place.field.options]);
		const group = groups.get(key);
		if (group) group.push(place);
		else groups.set(key, [place]);
	}
	return groups;
}

/** Where the query looks for nothing in words, a field shows nothing: it is taken out. */
function placesOf(hit: AnswerHit, highlight: SemanticHighlight): Place[] {
	const shown = hit.raw("highlight");
	if (shown === undefined) return [];
	const places: Place[] = [];
	for (const [name, list] of rawMembers(shown)) {
		const field = highlight.markedField(name);
		if (!field) continue;
		const { text: asked } = field;
		const text = String(parsedValue(rawElements(list)[0]) ?? "");
		if (asked === "" || text === "") setHighlight(hit, name, undefined);
		else
			places.push({
				hit,
				name,
				text: highlight.isHtml ? plainText(text) : text,
				field,
			});
	}
	return places;
}

function mark({ hit, name, text, field }: Place, spans: readonly Span[]): void {
	const marked = markedText(text, spans, field);
	setHighlight(hit, name, JSON.stringify([marked]));
}

function setHighlight(
	hit: AnswerHit,
	name: string,
	json: string | undefined,
): void {
	const shown = rawMembers(hit.raw("highlight") ?? "{}");
	if (json === undefined) shown.delete(name);
	else shown.set(name, json);
	if (shown.size > 0) hit.set("highlight", membersJson(shown));
	else hit.delete("highlight");
}
