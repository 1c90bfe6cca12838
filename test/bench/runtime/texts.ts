import { readNouns } from "../../../sidecar/dev/wordnet.ts";
import { seededRandom } from "./statistics.ts";

/** Words of a short text. */
const shortWords = 8;

/** More than WordNet has. */
const allNouns = 200_000;

/** What is embedded: WordNet's glosses, and texts made of them; the same ones in every run. */
export class BenchTexts {
	/** In an order of no meaning. */
	readonly #glosses: readonly string[];
	/** All different, all of eight words; taken from the end. */
	readonly #short: string[];

	private constructor(glosses: readonly string[]) {
		this.#glosses = glosses;
		this.#short = shortTexts(glosses);
	}

	static async read(): Promise<BenchTexts> {
		const nouns = await readNouns(allNouns);
		const glosses = nouns.map(({ lemma, gloss }) => `${lemma}: ${gloss}`);
		return new BenchTexts(shuffled([...new Set(glosses)]));
	}

	/** Texts of eight words that nobody has had before. @throws where there are not so many left */
	short(count: number): string[] {
		if (count > this.#short.length)
			throw new Error(
				`${count} short texts wanted, ${this.#short.length} left`,
			);
		return this.#short.splice(-count);
	}

	/** The first glosses, which have 2 to 40 words, most of them about ten. */
	glosses(count: number): string[] {
		return this.#glosses.slice(0, count);
	}

	/** Texts of 50 to 250 words, every length as likely, out of glosses that `glosses` gives last. */
	paragraphs(count: number): string[] {
		const random = seededRandom(count);
		const words = this.#glosses.toReversed().join(" ; ").split(/\s+/);
		let first = 0;
		return Array.from({ length: count }, () => {
			const length = 50 + Math.floor(random() * 201);
			first += length;
			return words.slice(first - length, first).join(" ");
		});
	}
}

function shortTexts(glosses: readonly string[]): string[] {
	const words = glosses.join(" ").split(/\s+/);
	const texts = Array.from(
		{ length: Math.floor(words.length / shortWords) },
		(_, i) => words.slice(i * shortWords, (i + 1) * shortWords).join(" "),
	);
	return [...new Set(texts)];
}

function shuffled<T>(values: readonly T[]): T[] {
	const random = seededRandom(values.length);
	return values
		.map((value) => ({ value, place: random() }))
		.sort((a, b) => a.place - b.place)
		.map(({ value }) => value);
}
