/** Where a part of a text begins, and where it ends; UTF-16 units. */
export interface Span {
	readonly start: number;
	readonly end: number;
}

const segmenter = new Intl.Segmenter(undefined, { granularity: "sentence" });

/** What ends with a point that ends no sentence. */
const abbreviation =
	/(?:^|[\s(])(?:Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|vs|cf|No|Fig|approx|e\.g|i\.e|\p{Lu})\.\s*$/u;

/** The sentences of a text, by Unicode's rules, without the white space around them; read as far as they are asked for. */
export function* sentencesOf(text: string): Generator<Span> {
	let open: number | undefined;
	for (const { segment, index } of segmenter.segment(text)) {
		const start = open ?? index;
		// A name or a number that is abbreviated goes on in the next piece.
		if (abbreviation.test(segment)) {
			open = start;
			continue;
		}
		open = undefined;
		yield* trimmed(text, { start, end: index + segment.length });
	}
	if (open !== undefined)
		yield* trimmed(text, { start: open, end: text.length });
}

/** Nothing for white space alone. */
function trimmed(text: string, { start, end }: Span): Span[] {
	const piece = text.slice(start, end);
	const first = start + piece.length - piece.trimStart().length;
	const last = first + piece.trim().length;
	return last > first ? [{ start: first, end: last }] : [];
}

/** A text with some parts of it between tags. @param spans in their order, none over another */
export function markedText(
	text: string,
	spans: readonly Span[],
	{ preTag, postTag }: { preTag: string; postTag: string },
): string {
	let result = "";
	let position = 0;
	for (const { start, end } of spans) {
		result += text.slice(position, start) + preTag;
		result += text.slice(start, end) + postTag;
		position = end;
	}
	return result + text.slice(position);
}

/**
 * Where an answer stands in the text that it was taken from; undefined where it does not. A model's words come back as
 * its tokens read, so that case, accents, spaces and punctuation do not count.
 */
export function findAnswer(text: string, answer: string): Span | undefined {
	const wanted = bare(answer).letters;
	if (wanted === "") return undefined;
	const { letters, places } = bare(text);
	const found = letters.indexOf(wanted);
	if (found < 0) return undefined;
	const start = places[found];
	const last = places[found + wanted.length - 1];
	return start === undefined || last === undefined
		? undefined
		: { start, end: last + 1 };
}

/** The letters and digits of a text, and where each stands in it. */
function bare(text: string): { letters: string; places: number[] } {
	const places: number[] = [];
	let letters = "";
	let position = 0;
	for (const character of text) {
		const plain = character
			.normalize("NFD")
			.toLowerCase()
			.replace(/[^\p{L}\p{N}]/gu, "");
		letters += plain;
		for (let i = 0; i < plain.length; i++) places.push(position);
		position += character.length;
	}
	return { letters, places };
}
